"""What mapping may know of AWS, and what it asks to know.

`FactsRequest` is derived by pure `wants(...)` functions next to the rules that use the answers; `albc.aws.facts`
answers it, from AWS or from a file, as one frozen `Facts`. Facts hold whole answers (all subnets of the VPC, all
issued certificates), so that choosing among them is a pure rule of `albc.mapping` and costs no further call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class VPC:
    id: str
    ipv4_cidrs: tuple[str, ...] = ()
    ipv6_cidrs: tuple[str, ...] = ()
    """Associated blocks only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    id: str
    vpc_id: str
    availability_zone: str
    availability_zone_id: str
    cidr: str
    ipv6_cidrs: tuple[str, ...] = ()
    """Associated blocks only."""
    available_ip_address_count: int = 0
    outpost_arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityZone:
    id: str
    name: str
    zone_type: str
    """`availability-zone`, `local-zone` or `wavelength-zone`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    main: bool
    subnet_ids: tuple[str, ...]
    """Explicitly associated subnets."""
    has_internet_gateway: bool
    """Some route's gateway id starts with `igw`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupFact:
    id: str
    vpc_id: str
    name_tag: str = ""
    """Value of its tag `Name`: what users call it by."""
    group_name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFact:
    """An issued ACM certificate."""

    arn: str
    domains: tuple[str, ...]
    """Its subject alternative names, which include the domain name."""
    certificate_authority_arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupFact:
    """A target group that a user names; not necessarily ours."""

    arn: str
    name: str
    target_type: str
    protocol: str
    protocol_version: str = ""
    vpc_id: str = ""
    ip_address_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingLoadBalancer:
    """A load balancer that already bears the stack's tags: a placed one keeps its subnets (spec/ingress.md §11.3)."""

    arn: str
    kind: str
    scheme: str
    subnet_ids: tuple[str, ...]
    security_groups: tuple[str, ...] | None = None
    """Ids; empty on a Network Load Balancer that was made without groups, which can never get any (spec/service.md
    A9). None where nobody looked.
    """
    name: str = ""
    """Empty where nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsRequest:
    """What a group of objects needs to know. Requests add up with `|`."""

    certificates: bool = False
    """All issued certificates, for discovery by host."""
    route_tables: bool = False
    """For subnet discovery by reachability, when no subnet bears the role tag."""
    security_groups: frozenset[str] = frozenset()
    """Ids or Name tags."""
    web_acl_names: frozenset[str] = frozenset()
    trust_store_names: frozenset[str] = frozenset()
    target_group_names: frozenset[str] = frozenset()
    target_group_arns: frozenset[str] = frozenset()
    subnet_ids: frozenset[str] = frozenset()
    """Ids given by a user; those outside the VPC are looked up too, so that the message can say so."""
    backend_security_group: bool = False
    """The shared backend security group must exist (spec/targets.md §12)."""

    def __or__(self, other: "FactsRequest") -> "FactsRequest":
        return FactsRequest(
            certificates=self.certificates or other.certificates,
            route_tables=self.route_tables or other.route_tables,
            security_groups=self.security_groups | other.security_groups,
            web_acl_names=self.web_acl_names | other.web_acl_names,
            trust_store_names=self.trust_store_names | other.trust_store_names,
            target_group_names=self.target_group_names | other.target_group_names,
            target_group_arns=self.target_group_arns | other.target_group_arns,
            subnet_ids=self.subnet_ids | other.subnet_ids,
            backend_security_group=self.backend_security_group or other.backend_security_group,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The answers. Always present: VPC, subnets and zones; the rest as requested."""

    vpc: VPC
    subnets: tuple[Subnet, ...] = ()
    """All of the VPC, by id."""
    availability_zones: Mapping[str, AvailabilityZone] = field(default_factory=dict)
    """By zone id."""
    route_tables: tuple[RouteTable, ...] = ()
    security_groups: tuple[SecurityGroupFact, ...] = ()
    """Those that the request named, by id or Name tag."""
    certificates: tuple[CertificateFact, ...] = ()
    web_acl_arns: Mapping[str, str] = field(default_factory=dict)
    """By name; a name that AWS does not know is absent."""
    trust_store_arns: Mapping[str, str] = field(default_factory=dict)
    """By name."""
    target_groups: tuple[TargetGroupFact, ...] = ()
    backend_security_group: str = ""
    """Id of the shared backend security group, when requested."""
    imported_certificates: Mapping[str, str] = field(default_factory=dict)
    """ARNs of what the stack has imported into ACM, by Secret (`namespace/name`)."""
    existing: ExistingLoadBalancer | None = None
    """The stack's own load balancer of the wanted type, when there is one."""

"""What a stack has in AWS, and which TargetGroupBindings in the cluster, as a value: what a plan starts from.

`aws` fields hold AWS's own description in botocore's shape. Tags, attributes and what hangs below a resource, which AWS
tells in calls of their own, stand beside it. Made by `albc.aws.inventory`, or literally in tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from albc.model.facts import ExistingLoadBalancer
from albc.model.names import digest
from albc.model.quotas import NOTHING_TOLD, VpcQuotas
from albc.model.stack import StackID


def secret_digest(secret: str) -> str:
    """By which an OIDC client secret is recognised without being kept."""
    return digest("oidc", secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualSecurityGroup:
    id: str
    aws: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualTargetGroup:
    arn: str
    aws: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    written_attributes: frozenset[str] = frozenset()
    """Keys that this process has set."""
    targets: tuple[str, ...] = ()
    """Ids of its targets; known for target groups of type `alb` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualRule:
    arn: str
    aws: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    """Digest of the OIDC client secret that this process wrote last; AWS does not tell it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualListener:
    arn: str
    aws: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    written_attributes: frozenset[str] = frozenset()
    certificates: tuple[str, ...] = ()
    """ARNs of the certificates for SNI, which the default one is not among by itself."""
    rules: tuple[ActualRule, ...] = ()
    """Without the default rule."""
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualProtection:
    """A protection by Shield Advanced."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualLoadBalancer:
    """The fields after `listeners` are None when nobody has asked for them."""

    arn: str
    aws: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    written_attributes: frozenset[str] = frozenset()
    listeners: tuple[ActualListener, ...] = ()
    capacity_units: int | None = None
    """Reserved units; 0 for none."""
    web_acl_arn: str | None = None
    """Of WAFv2; "" for none."""
    classic_web_acl_id: str | None = None
    protections: tuple[ActualProtection, ...] | None = None

    @property
    def state(self) -> str:
        """`provisioning`, `active`, `active_impaired` or `failed`."""
        return str(self.aws.get("State", {}).get("Code", ""))

    @property
    def deletion_protected(self) -> bool:
        return self.attributes.get("deletion_protection.enabled") == "true"


def is_anothers(tags: Mapping[str, str], cluster_name: str) -> bool:
    """Whether tags of the cloud provider's form give something to other clusters, and not to this one, too."""
    prefix = "kubernetes.io/cluster/"
    return prefix + cluster_name not in tags and any(key.startswith(prefix) for key in tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualClassicLoadBalancer:
    """`aws` as the classic DescribeLoadBalancers has it, `attributes` as its LoadBalancerAttributes."""

    name: str
    aws: Mapping[str, Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def security_groups(self) -> tuple[str, ...]:
        return tuple(self.aws.get("SecurityGroups") or ())

    @property
    def instances(self) -> frozenset[str]:
        """Ids."""
        return frozenset(one["InstanceId"] for one in self.aws.get("Instances") or ())

    @property
    def existing(self) -> ExistingLoadBalancer:
        """For `Facts.existing`; it has a name in place of an ARN."""
        return ExistingLoadBalancer(
            arn="",
            kind="classic",
            scheme=self.aws.get("Scheme", ""),
            subnet_ids=tuple(self.aws.get("Subnets") or ()),
            security_groups=self.security_groups,
            name=self.name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualCertificate:
    arn: str
    aws: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActualBinding:
    """A TargetGroupBinding of the stack, in the JSON form of the API."""

    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)
    deleting: bool = False
    """It has a deletion timestamp: its finalizer is at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """A load balancer or a target group of the stack is being replaced by another one."""

    seconds: float = 0.0
    """How long it has been known of the newest load balancer that shares its resource with another one."""
    waited: Mapping[str, float] = field(default_factory=dict)
    """The same of target groups, in seconds by ARN."""
    healthy_targets: Mapping[str, int] = field(default_factory=dict)
    """By ARN, of target groups that share a resource of the stack with another one."""
    settling: frozenset[str] = frozenset()
    """ARNs of those with targets that are still being looked at for the first time."""

    def can_serve(self, target_group_arn: str) -> bool:
        """Whether it has healthy targets, and no more to come for now."""
        return bool(self.healthy_targets.get(target_group_arn)) and target_group_arn not in self.settling


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryView:
    """All that bears one stack's tags."""

    stack: StackID
    tag_prefix: str
    """`ingress.k8s.aws`, `service.k8s.aws`, `gateway.k8s.aws.alb` or `gateway.k8s.aws.nlb`."""
    security_groups: tuple[ActualSecurityGroup, ...] = ()
    target_groups: tuple[ActualTargetGroup, ...] = ()
    load_balancers: tuple[ActualLoadBalancer, ...] = ()
    certificates: tuple[ActualCertificate, ...] = ()
    bindings: tuple[ActualBinding, ...] = ()
    shield_subscribed: bool = False
    succession: Succession | None = None
    quotas: VpcQuotas = NOTHING_TOLD
    classic: ActualClassicLoadBalancer | None = None
    """The one that bears the name of the stack's Service."""

    def with_bindings(self, bindings: tuple[ActualBinding, ...]) -> "InventoryView":
        """The same view with the cluster's part."""
        return replace(self, bindings=bindings)

    def resource_id(self, tags: Mapping[str, str]) -> str:
        """Which resource of the stack something is, by its tag; "" when the tag is missing."""
        return tags.get(f"{self.tag_prefix}/resource", "")

    def existing_load_balancer(self, kind: str, id: str = "LoadBalancer") -> ExistingLoadBalancer | None:
        """The stack's load balancer of this type, for `Facts.existing`."""
        for load_balancer in self.load_balancers:
            if self.resource_id(load_balancer.tags) == id and load_balancer.aws.get("Type") == kind:
                zones = load_balancer.aws.get("AvailabilityZones") or ()
                return ExistingLoadBalancer(
                    arn=load_balancer.arn,
                    kind=kind,
                    scheme=load_balancer.aws.get("Scheme", ""),
                    subnet_ids=tuple(zone["SubnetId"] for zone in zones),
                    security_groups=tuple(load_balancer.aws.get("SecurityGroups") or ()),
                    name=load_balancer.aws.get("LoadBalancerName", ""),
                )
        return None

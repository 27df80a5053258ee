"""What a local account is like: who owns it, how fast it is, what it allows."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Quotas:
    """Limits of an account, AWS's defaults (Elastic Load Balancing and VPC user guides, "Quotas")."""

    application_load_balancers: int = 50
    network_load_balancers: int = 50
    classic_load_balancers: int = 20
    target_groups: int = 3000
    listeners_per_load_balancer: int = 50
    rules_per_application_load_balancer: int = 100
    """Default rules are not counted."""
    certificates_per_load_balancer: int = 25
    """Default certificates are not counted."""
    targets_per_target_group: int = 1000
    target_groups_per_application_load_balancer: int = 100
    target_groups_per_action: int = 5
    condition_values_per_rule: int = 5
    wildcards_per_rule: int = 6
    tags_per_resource: int = 50
    tags_per_classic_load_balancer: int = 10
    security_groups_per_region: int = 2500
    rules_per_security_group: int = 60
    """Inbound; those for IPv4 and those for IPv6 are counted apart."""
    security_groups_per_load_balancer: int = 5
    certificates: int = 2500
    names_per_certificate: int = 10


PARTITIONS = (
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("", "aws", "amazonaws.com"),
)
"""How the Regions of a partition begin, its name in ARNs, and the end of its DNS names."""


@dataclass(frozen=True, slots=True)
class AccountOptions:
    """Times are seconds of the account's clock."""

    account_id: str = "123456789012"
    region: str = "us-west-2"
    cluster_name: str = "local"
    """Whose tag (`kubernetes.io/cluster/NAME`) the nodes' security group bears."""

    latency_seconds: float = 0.0
    """How long each call takes (the server waits, not the account)."""
    throttling: bool = False
    """Refuse calls above AWS's published rates."""
    health_seconds: float = 1.0
    """How long a target in use is `initial` when no data plane probes it."""
    active_seconds: float = 0.5
    """How long a new load balancer is `provisioning`."""
    consistency_seconds: float = 0.0
    """How long a new resource is not found by reading calls, a new listener by any call, and how long listings go on to
    show a load balancer or target group that is deleted."""
    issue_seconds: float = 0.0
    """How long a requested certificate waits for its validation."""
    release_seconds: float = 0.0
    """How long a deleted load balancer holds on to its network interfaces, and with them its security groups."""

    quotas: Quotas = field(default_factory=Quotas)
    web_acls: tuple[str, ...] = ("demo",)
    """Names of regional web ACLs (WAFv2 and WAF Classic) that exist from the start."""
    shield_subscribed: bool = False
    hosted_zones: tuple[str, ...] = ()
    """Names of public Route 53 hosted zones that exist."""
    external_ids: tuple[tuple[str, str], ...] = ()
    """Roles that can be assumed only with an external id: (role ARN, external id). Any other role needs none."""
    user_pool_clients: tuple[tuple[str, str], ...] = ()
    """Cognito user pool clients that exist: (user pool id, client id)."""

    @property
    def partition(self) -> str:
        """What ARNs begin with after `arn:`."""
        return next(name for prefix, name, _ in PARTITIONS if self.region.startswith(prefix))

    @property
    def dns_suffix(self) -> str:
        """What DNS names of AWS end with."""
        return next(suffix for prefix, _, suffix in PARTITIONS if self.region.startswith(prefix))

    def arn(self, service: str, resource: str, *, global_: bool = False) -> str:
        """An ARN of this account; those of global services name no Region."""
        return f"arn:{self.partition}:{service}:{'' if global_ else self.region}:{self.account_id}:{resource}"

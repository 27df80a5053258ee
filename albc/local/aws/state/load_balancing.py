"""What the account holds for Elastic Load Balancing v2. Values inside are replaced, never changed in place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ZoneMapping:
    """A load balancer's place in one zone: its subnet, its network interface and its addresses there."""

    zone: str
    subnet_id: str
    interface_id: str
    private_ip: str
    allocation_id: str | None = None
    public_ip: str | None = None
    fixed_private_ip: bool = False
    """Whether the caller chose the private address (internal Network Load Balancers)."""
    ipv6_address: str | None = None
    source_nat_prefix: str | None = None


@dataclass(slots=True)
class LoadBalancer:
    """A load balancer with everything that is its own."""

    arn: str
    name: str
    type: str
    scheme: str
    dns_name: str
    vpc_id: str
    ip_address_type: str
    created_at: float
    active_at: float
    address: str
    """The loopback address that its DNS name stands for."""
    zones: tuple[ZoneMapping, ...]
    security_groups: tuple[str, ...]
    attributes: dict[str, str]
    tags: dict[str, str]
    canonical_hosted_zone_id: str
    customer_owned_pool: str | None = None
    ipam_pool: str | None = None
    enforce_inbound_rules_on_private_link: str | None = None
    enable_prefix_for_source_nat: str | None = None
    capacity_units: int | None = None
    capacity_changed_at: float | None = None


@dataclass(slots=True)
class Listener:
    """A listener; its default actions are also its default rule's."""

    arn: str
    load_balancer_arn: str
    port: int
    protocol: str
    default_actions: tuple[Item, ...]
    created_at: float
    attributes: dict[str, str]
    tags: dict[str, str]
    default_rule_arn: str
    default_rule_tags: dict[str, str] = field(default_factory=dict)
    certificate: str | None = None
    extra_certificates: tuple[str, ...] = ()
    ssl_policy: str | None = None
    alpn_policy: tuple[str, ...] = ()
    mutual_authentication: Item | None = None


@dataclass(slots=True)
class Rule:
    """A rule that is not the default one."""

    arn: str
    listener_arn: str
    priority: int
    conditions: tuple[Item, ...]
    actions: tuple[Item, ...]
    transforms: tuple[Item, ...]
    tags: dict[str, str]
    created_at: float


@dataclass(frozen=True, slots=True)
class TargetKey:
    """What tells one target from another: the same address may stand there with several ports."""

    target_id: str
    port: int | None
    zone: str | None
    """Only what the caller named: `all`, a zone, or nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a data plane's probe said last."""

    healthy: bool
    reason: str


@dataclass(slots=True)
class Target:
    """A registered target. `zone` is where it is, `address` where traffic to it goes."""

    key: TargetKey
    address: str
    zone: str | None
    registered_at: float
    quic_server_id: str | None = None
    draining_until: float | None = None
    report: Report | None = None


@dataclass(slots=True)
class TargetGroup:
    """A target group, its targets in the order of registration."""

    arn: str
    name: str
    vpc_id: str
    created_at: float
    settings: dict[str, Any]
    """Members of DescribeTargetGroups: protocol, port, health check and the like."""
    attributes: dict[str, str]
    tags: dict[str, str]
    targets: dict[TargetKey, Target] = field(default_factory=dict)
    in_use_since: float | None = None
    """When a load balancer began to use it; None when none does."""

    @property
    def target_type(self) -> str:
        return str(self.settings["TargetType"])


@dataclass(slots=True)
class TrustStore:
    """Certificate authorities for mutual TLS."""

    arn: str
    name: str
    bundle: Item
    tags: dict[str, str]


class LoadBalancing:
    """Everything of Elastic Load Balancing v2, by ARN, and who uses what."""

    def __init__(self) -> None:
        self.load_balancers: dict[str, LoadBalancer] = {}
        self.listeners: dict[str, Listener] = {}
        self.rules: dict[str, Rule] = {}
        self.target_groups: dict[str, TargetGroup] = {}
        self.trust_stores: dict[str, TrustStore] = {}
        self.departed: list[tuple[float, LoadBalancer | TargetGroup]] = []
        """What was deleted, and when: listings may show it a little longer (`consistency_seconds`)."""
        self._users: dict[str, frozenset[str]] = {}

    def listeners_of(self, load_balancer_arn: str) -> list[Listener]:
        return [each for each in self.listeners.values() if each.load_balancer_arn == load_balancer_arn]

    def rules_of(self, listener_arn: str) -> list[Rule]:
        """The rules of a listener in the order of their priorities, without the default one."""
        found = [rule for rule in self.rules.values() if rule.listener_arn == listener_arn]
        return sorted(found, key=lambda rule: rule.priority)

    def users_of(self, target_group_arn: str) -> frozenset[str]:
        """ARNs of the load balancers that some action of a listener or rule sends to this target group."""
        return self._users.get(target_group_arn, frozenset())

    def used_by(self, load_balancer_arn: str, *, besides: Sequence[Item]) -> frozenset[str]:
        """ARNs of the target groups that the load balancer sends to by other actions than these."""
        return frozenset(
            arn
            for owner, actions in self._all_actions()
            if owner == load_balancer_arn and actions is not besides
            for arn in target_groups_of(actions)
        )

    def is_target(self, load_balancer_arn: str, port: int | None = None) -> bool:
        """Whether a load balancer (at this port, if one is given) is registered as a target and not draining."""
        return any(
            target.key.target_id == load_balancer_arn
            and target.draining_until is None
            and port in (None, target.key.port)
            for group in self.target_groups.values()
            for target in group.targets.values()
        )

    def refresh_users(self, now: float) -> None:
        """Find out anew who uses what; to be called after each change of listeners and rules."""
        users: dict[str, set[str]] = {}
        for load_balancer_arn, actions in self._all_actions():
            for arn in target_groups_of(actions):
                users.setdefault(arn, set()).add(load_balancer_arn)
        self._users = {arn: frozenset(using) for arn, using in users.items()}
        for arn, group in self.target_groups.items():
            if arn not in users:
                group.in_use_since = None
            elif group.in_use_since is None:
                group.in_use_since = now

    def _all_actions(self) -> Iterator[tuple[str, Sequence[Item]]]:
        for listener in self.listeners.values():
            yield listener.load_balancer_arn, listener.default_actions
        for rule in self.rules.values():
            yield self.listeners[rule.listener_arn].load_balancer_arn, rule.actions


def target_groups_of(actions: Sequence[Item]) -> list[str]:
    """ARNs of the target groups that actions forward to, each once, in order."""
    found: dict[str, None] = {}
    for action in actions:
        for entry in (action.get("ForwardConfig") or {}).get("TargetGroups") or ():
            found[entry["TargetGroupArn"]] = None
    return list(found)

"""What is known of each resource. None means: not asked yet. Mutable, and private to this package.

A record counts our own `writes`, so that an answer that was on its way meanwhile is recognised as old.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from albc.aws.inventory.shelf import Shelf
from albc.model.inventory import (
    ActualCertificate,
    ActualListener,
    ActualLoadBalancer,
    ActualProtection,
    ActualRule,
    ActualSecurityGroup,
    ActualTargetGroup,
)

Shape = dict[str, Any]

NEVER: Final = float("-inf")
"""`made_at` of what somebody else made, or of what AWS has listed since."""


@dataclass(slots=True)
class RuleRecord:
    aws: Shape
    tags: dict[str, str]
    secret: str = ""

    def actual(self) -> ActualRule:
        return ActualRule(arn=self.aws["RuleArn"], aws=dict(self.aws), tags=dict(self.tags), secret=self.secret)


@dataclass(slots=True)
class ListenerRecord:
    aws: Shape
    tags: dict[str, str]
    attributes: dict[str, str] | None = None
    certificates: set[str] | None = None
    rules: dict[str, RuleRecord] | None = None
    written: set[str] = field(default_factory=set)
    secret: str = ""

    @property
    def takes_attributes(self) -> bool:
        return bool(self.aws.get("Protocol") != "TLS")

    def actual(self) -> ActualListener:
        return ActualListener(
            arn=self.aws["ListenerArn"],
            aws=dict(self.aws),
            tags=dict(self.tags),
            attributes=dict(self.attributes or {}),
            written_attributes=frozenset(self.written),
            certificates=tuple(sorted(self.certificates or ())),
            rules=tuple(rule.actual() for rule in (self.rules or {}).values()),
            secret=self.secret,
        )


@dataclass(slots=True)
class LoadBalancerRecord:
    aws: Shape
    tags: dict[str, str]
    made_at: float = NEVER
    attributes: dict[str, str] | None = None
    listeners: dict[str, ListenerRecord] | None = None
    capacity_units: int | None = None
    web_acl_arn: str | None = None
    classic_web_acl_id: str | None = None
    protections: tuple[ActualProtection, ...] | None = None
    written: set[str] = field(default_factory=set)
    writes: int = 0
    checked_at: float = 0.0
    """When everything below it was read last."""

    def actual(self) -> ActualLoadBalancer:
        return ActualLoadBalancer(
            arn=self.aws["LoadBalancerArn"],
            aws=dict(self.aws),
            tags=dict(self.tags),
            attributes=dict(self.attributes or {}),
            written_attributes=frozenset(self.written),
            listeners=tuple(listener.actual() for listener in (self.listeners or {}).values()),
            capacity_units=self.capacity_units,
            web_acl_arn=self.web_acl_arn,
            classic_web_acl_id=self.classic_web_acl_id,
            protections=self.protections,
        )


@dataclass(slots=True)
class TargetGroupRecord:
    aws: Shape
    tags: dict[str, str]
    made_at: float = NEVER
    attributes: dict[str, str] | None = None
    targets: tuple[str, ...] | None = None
    written: set[str] = field(default_factory=set)
    writes: int = 0
    checked_at: float = 0.0

    def actual(self) -> ActualTargetGroup:
        return ActualTargetGroup(
            arn=self.aws["TargetGroupArn"],
            aws=dict(self.aws),
            tags=dict(self.tags),
            attributes=dict(self.attributes or {}),
            written_attributes=frozenset(self.written),
            targets=self.targets or (),
        )


@dataclass(slots=True)
class SecurityGroupRecord:
    aws: Shape
    tags: dict[str, str]
    made_at: float = NEVER
    writes: int = 0

    def actual(self) -> ActualSecurityGroup:
        return ActualSecurityGroup(id=self.aws["GroupId"], aws=dict(self.aws), tags=dict(self.tags))


@dataclass(slots=True)
class CertificateRecord:
    aws: Shape
    tags: dict[str, str]
    made_at: float = NEVER

    def actual(self) -> ActualCertificate:
        return ActualCertificate(arn=self.aws["CertificateArn"], aws=dict(self.aws), tags=dict(self.tags))


Owned: TypeAlias = LoadBalancerRecord | TargetGroupRecord | SecurityGroupRecord | CertificateRecord


@dataclass(slots=True)
class Records:
    """All of one cluster, by ARN (security groups by id)."""

    load_balancers: Shelf[LoadBalancerRecord] = field(default_factory=Shelf)
    target_groups: Shelf[TargetGroupRecord] = field(default_factory=Shelf)
    security_groups: Shelf[SecurityGroupRecord] = field(default_factory=Shelf)
    certificates: Shelf[CertificateRecord] = field(default_factory=Shelf)

    def listener(self, arn: str) -> ListenerRecord | None:
        balancer = self.load_balancers.get(load_balancer_of_listener(arn))
        return (balancer.listeners or {}).get(arn) if balancer else None

    def rule(self, arn: str) -> RuleRecord | None:
        listener = self.listener(listener_of_rule(arn))
        return (listener.rules or {}).get(arn) if listener else None


def load_balancer_of_listener(arn: str) -> str:
    """A listener's ARN holds its load balancer's."""
    return arn.replace(":listener/", ":loadbalancer/", 1).rpartition("/")[0]


def listener_of_rule(arn: str) -> str:
    """A rule's ARN holds its listener's."""
    return arn.replace(":listener-rule/", ":listener/", 1).rpartition("/")[0]


def attribute_map(attributes: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """`[{"Key": …, "Value": …}]` as a map."""
    return {attribute["Key"]: attribute.get("Value", "") for attribute in attributes}

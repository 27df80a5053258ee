"""What one member says of the Network Load Balancer in front of the group's ALB (spec/ingress.md §21).

Read by `declaration`; `frontend_nlb` finds what holds for the group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from albc.mapping import nearest
from albc.mapping.go import parse_int
from albc.mapping.ingress.load_balancer import SCHEMES
from albc.mapping.ingress.member import Member
from albc.mapping.ingress.target_groups import INTERVAL_SECONDS, PROTOCOLS, THRESHOLD, TIMEOUT_SECONDS, bounded
from albc.mapping.invalid import Invalid

ROUTING_POLICY = "dns_record.client_routing_policy"
ROUTING_POLICIES = (
    "any_availability_zone",
    "partial_availability_zone_affinity",
    "availability_zone_affinity",
)

_PREFIX = "frontend-nlb-"
_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthWishes:
    """What one member says of the health checks of its ports; None says nothing."""

    interval_seconds: int | None
    timeout_seconds: int | None
    healthy_threshold_count: int | None
    unhealthy_threshold_count: int | None
    protocol: str | None
    path: str | None
    success_codes: str | None
    port: int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontendSettings:
    """What one member says of the Network Load Balancer; None says nothing."""

    scheme: str | None
    subnets: tuple[str, ...] | None
    eip_allocations: tuple[str, ...] | None
    security_groups: tuple[str, ...] | None
    attributes: Mapping[str, str] | None
    tags: Mapping[str, str] | None
    ports: Mapping[int, int]
    """The ALB port behind each port."""
    health: HealthWishes


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontendWishes:
    enabled: bool | None
    settings: FrontendSettings | Invalid
    """Only read where some member of the group enables it."""


def read(member: Member, alb_ports: Sequence[int]) -> FrontendWishes:
    """`alb_ports`: those on which the member listens."""
    enabled = member.annotations.bool("enable-frontend-nlb")
    try:
        settings: FrontendSettings | Invalid = _read_settings(member, alb_ports)
    except Invalid as fault:
        settings = fault
    return FrontendWishes(enabled=enabled, settings=settings)


def _read_settings(member: Member, alb_ports: Sequence[int]) -> FrontendSettings:
    annotations = member.annotations
    return FrontendSettings(
        scheme=annotations.one_of(f"{_PREFIX}scheme", SCHEMES),
        subnets=annotations.string_list(f"{_PREFIX}subnets") or None,
        eip_allocations=annotations.string_list(f"{_PREFIX}eip-allocations") or None,
        security_groups=annotations.string_list(f"{_PREFIX}security-groups") or None,
        attributes=_attributes(member),
        tags=annotations.string_map(f"{_PREFIX}tags"),
        ports=_ports(member, alb_ports),
        health=_health(member),
    )


def _attributes(member: Member) -> Mapping[str, str] | None:
    suffix = f"{_PREFIX}attributes"
    attributes = member.annotations.string_map(suffix)
    policy = (attributes or {}).get(ROUTING_POLICY)
    if policy is not None and policy not in ROUTING_POLICIES:
        rule = f"is no {ROUTING_POLICY}: it must be one of {', '.join(ROUTING_POLICIES)}"
        raise member.annotations.invalid(suffix, rule + nearest.word(policy, ROUTING_POLICIES), value=policy)
    return attributes


def _ports(member: Member, alb_ports: Sequence[int]) -> Mapping[int, int]:
    """The member's own ports under the same numbers, or the mapped ones among them."""
    suffix = f"{_PREFIX}listener-port-mapping"
    mapping = member.annotations.string_map(suffix)
    if not mapping:
        return {port: port for port in alb_ports}

    def port(text: str, side: str) -> int:
        number = parse_int(text, 64)
        if number is None or number not in _PORTS:
            rule = f"is no {side} listener port: write a number from 1 to {_PORTS.stop - 1}"
            raise member.annotations.invalid(suffix, rule, value=text)
        return number

    pairs = sorted((port(nlb, "NLB"), port(alb, "ALB")) for nlb, alb in mapping.items())
    return {nlb: alb for nlb, alb in pairs if alb in alb_ports}


def _health(member: Member) -> HealthWishes:
    annotations, prefix = member.annotations, f"{_PREFIX}healthcheck-"
    protocol, port = annotations.one_of(f"{prefix}protocol", PROTOCOLS), annotations.string(f"{prefix}port")
    number = parse_int(port, 32) if port is not None else None
    if port not in (None, "traffic-port") and (number is None or number not in _PORTS):
        raise annotations.invalid(f"{prefix}port", f"must be a number from 1 to {_PORTS.stop - 1}, or traffic-port")
    return HealthWishes(
        interval_seconds=bounded(annotations, f"{prefix}interval-seconds", INTERVAL_SECONDS),
        timeout_seconds=bounded(annotations, f"{prefix}timeout-seconds", TIMEOUT_SECONDS),
        healthy_threshold_count=bounded(annotations, f"{prefix}healthy-threshold-count", THRESHOLD),
        unhealthy_threshold_count=bounded(annotations, f"{prefix}unhealthy-threshold-count", THRESHOLD),
        protocol=protocol,
        path=annotations.string(f"{prefix}path"),
        success_codes=annotations.string(f"{prefix}success-codes"),
        port=port if number is None else number,
    )

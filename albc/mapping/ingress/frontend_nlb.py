"""The Network Load Balancer in front of the group's ALB, for fixed addresses and the like (spec/ingress.md §21).

`build` makes of what its members say (`frontend_nlb_wishes`) a load balancer, listeners and target groups, which hold
the ALB as their only target.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from albc.mapping import security_groups as shared_groups
from albc.mapping import subnets as shared_subnets
from albc.mapping.ingress.agreement import MemberInvalid, Said, agree, agreed, insist, settled
from albc.mapping.ingress.frontend_nlb_wishes import FrontendSettings, FrontendWishes, HealthWishes
from albc.mapping.ingress.groups import GroupID
from albc.mapping.ingress.load_balancer import as_attributes, group_name, sorted_entries
from albc.mapping.ingress.member import PREFIX
from albc.mapping.ingress.target_groups import INTERVAL_SECONDS, PROTOCOLS, THRESHOLD, TIMEOUT_SECONDS
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.model.actions import Forward, TargetGroupTuple
from albc.model.facts import Facts, FactsRequest
from albc.model.listener import Listener
from albc.model.load_balancer import LoadBalancer, SubnetMapping
from albc.model.names import alphanumeric, digest
from albc.model.problem import Problem
from albc.model.reference import Token
from albc.model.target_group import HealthCheck, HealthCheckMatcher, TargetGroup
from albc.model.target_group_binding import FrontendNLBTarget

ID = "FrontendNlb"

T = TypeVar("T")

_PREFIX = "frontend-nlb-"
_EIPS = f"{PREFIX}{_PREFIX}eip-allocations"


def is_enabled(said: Sequence[Said[FrontendWishes]], problems: list[Problem]) -> bool:
    return bool(agreed(said, lambda wishes: wishes.enabled, "enable-frontend-nlb", problems))


def wants(wishes: Sequence[FrontendWishes], settings: MappingSettings) -> FactsRequest:
    """What the Network Load Balancer asks of AWS, where it is enabled."""
    said = [wish.settings for wish in wishes if not isinstance(wish.settings, Invalid)]
    subnets = [name for own in said for name in own.subnets or ()]
    groups = frozenset(name for own in said for name in own.security_groups or ())
    found = shared_subnets.wants_named(subnets) if subnets else shared_subnets.wants_discovery(settings)
    return found | FactsRequest(security_groups=groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontendNLB:
    load_balancer: LoadBalancer
    listeners: tuple[Listener, ...]
    target_groups: tuple[TargetGroup, ...]
    targets: tuple[FrontendNLBTarget, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The group and its ALB, as far as the Network Load Balancer depends on them."""

    group: GroupID
    load_balancer: LoadBalancer
    facts: Facts
    settings: MappingSettings


def build(wishes: Sequence[Said[FrontendWishes]], behind: Behind, problems: list[Problem]) -> FrontendNLB:
    said = [(who, settled(who, wish.settings)) for who, wish in wishes]
    given = agree([(who, settings.tags) for who, settings in said], "frontend-nlb-tags", problems, _map_key)
    tags = given[1] if given else behind.load_balancer.tags
    load_balancer = LoadBalancer(
        id=ID,
        name=_name(behind),
        kind="network",
        scheme=_scheme(said, behind.settings),
        ip_address_type=behind.load_balancer.ip_address_type,
        subnet_mapping=_subnet_mapping(said, behind, problems),
        security_groups=_security_groups(said, behind),
        load_balancer_attributes=as_attributes(_merged_attributes(said, problems)),
        tags=tags,
    )
    listeners, target_groups, targets = [], [], []
    for port, alb_port, health_check in _merged_ports(said, problems):
        target_group = _target_group(port, health_check, tags, behind)
        forward = Forward(target_groups=(TargetGroupTuple(target_group_arn=target_group.arn),))
        listeners.append(
            Listener(
                id=f"{ID}-ls-TCP-{port}",
                load_balancer_arn=load_balancer.arn,
                port=port,
                protocol="TCP",
                default_actions=(forward,),
                tags=tags,
            )
        )
        target_groups.append(target_group)
        targets.append(
            FrontendNLBTarget(
                name=target_group.name,
                arn=target_group.arn,
                port=port,
                target_arn=behind.load_balancer.arn,
                target_port=alb_port,
            )
        )
    return FrontendNLB(
        load_balancer=load_balancer,
        listeners=tuple(listeners),
        target_groups=tuple(target_groups),
        targets=tuple(targets),
    )


def _name(behind: Behind) -> str:
    """After the ALB's. A user may name the ALB with an empty text; the hash then tells groups apart."""
    if behind.load_balancer.name:
        return f"{behind.load_balancer.name[:28]}-nlb"
    group = behind.group
    unique = digest(behind.settings.cluster_name, str(group), behind.load_balancer.scheme)
    if group.explicit:
        return f"k8s-{alphanumeric(group.name, 16)}-{unique[:8]}-nlb"
    return f"k8s-{alphanumeric(group.namespace, 8)}-{alphanumeric(group.name, 8)}-{unique[:6]}-nlb"


def _scheme(said: Sequence[Said[FrontendSettings]], settings: MappingSettings) -> str:
    given = insist([(who, own.scheme) for who, own in said], "frontend-nlb-scheme")
    return given[1] if given else settings.default_load_balancer_scheme


def _security_groups(said: Sequence[Said[FrontendSettings]], behind: Behind) -> tuple[Token, ...]:
    named = insist([(who, own.security_groups) for who, own in said], "frontend-nlb-security-groups")
    if named is None:
        return behind.load_balancer.security_groups
    try:
        return shared_groups.resolve(named[1], behind.facts)
    except Invalid as fault:
        raise MemberInvalid(named[0], f"{PREFIX}{_PREFIX}security-groups: {fault.message}") from None


def _subnet_mapping(
    said: Sequence[Said[FrontendSettings]], behind: Behind, problems: list[Problem]
) -> tuple[SubnetMapping, ...]:
    scheme = _scheme(said, behind.settings)
    placement = shared_subnets.Placement(
        load_balancer_type="network", scheme=scheme, ip_address_type=behind.load_balancer.ip_address_type
    )
    named = agree([(who, own.subnets) for who, own in said], "frontend-nlb-subnets", problems, sorted_entries)
    if named:
        try:
            subnets = shared_subnets.resolve_names_or_ids(named[1], placement, behind.facts, behind.settings)
        except Invalid as fault:
            raise MemberInvalid(named[0], f"{PREFIX}{_PREFIX}subnets: {fault.message}") from None
    else:
        subnets = shared_subnets.discover(placement, behind.facts, behind.settings)
    eips = agree(
        [(who, own.eip_allocations) for who, own in said], "frontend-nlb-eip-allocations", problems, sorted_entries
    )
    if eips is None:
        return tuple(SubnetMapping(subnet_id=subnet.id) for subnet in subnets)
    owner, allocations = eips
    if scheme != "internet-facing":
        raise MemberInvalid(
            owner,
            f"{_EIPS}: EIP allocations [{', '.join(allocations)}] can only be set for internet facing load balancers, "
            f"this one is {scheme}; "
            "set frontend-nlb-scheme to internet-facing",
        )
    if len(allocations) != len(subnets):
        raise MemberInvalid(
            owner, f"{_EIPS}: count of EIP allocations ({len(allocations)}) and subnets ({len(subnets)}) must match"
        )
    return tuple(
        SubnetMapping(subnet_id=subnet.id, allocation_id=allocation)
        for subnet, allocation in zip(subnets, allocations, strict=True)
    )


def _merged_attributes(said: Sequence[Said[FrontendSettings]], problems: list[Problem]) -> Mapping[str, str]:
    """Those of the first member that has any. The reference refuses a later member without, which is told so."""
    attributes = [(who, own.attributes) for who, own in said]
    first = agree(attributes, "frontend-nlb-attributes", problems, _map_key)
    if first is None:
        return {}
    order = [who for who, _ in said]
    for who, own in attributes[order.index(first[0]) :]:
        if own is None and first[1]:
            message = f"frontend-nlb-attributes are those of {first[0]}; give the same here, or only on the last member"
            problems.append(Problem(who, "FailedBuildModel", message, "warning"))
    return first[1]


def _map_key(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(values.items()))


def _merged_ports(
    said: Sequence[Said[FrontendSettings]], problems: list[Problem]
) -> Iterator[tuple[int, int, HealthCheck]]:
    """Each port with the ALB's port behind it, ascending."""
    for port in sorted({port for _, own in said for port in own.ports}):
        on_port = [(who, own) for who, own in said if port in own.ports]
        health = {
            field.name: _agreed([(who, getattr(own.health, field.name)) for who, own in on_port], field.name, problems)
            for field in fields(HealthWishes)
        }
        alb_port = _agreed([(who, own.ports[port]) for who, own in on_port], "ALB port", problems)
        yield port, alb_port, _health_check(HealthWishes(**health))


def _agreed(said: Sequence[Said[Any]], what: str, problems: list[Problem]) -> Any:
    given = agree(said, f"{what.replace('_', ' ')} of a frontend NLB port", problems)
    return given[1] if given else None


def _or(value: T | None, default: T) -> T:
    return default if value is None else value


def _health_check(given: HealthWishes) -> HealthCheck:
    return HealthCheck(
        port="traffic-port" if given.port is None else given.port,
        protocol=_or(given.protocol, PROTOCOLS[0]),
        path=_or(given.path, "/"),
        matcher=HealthCheckMatcher(http_code=_or(given.success_codes, "200")),
        interval_seconds=_or(given.interval_seconds, INTERVAL_SECONDS.default),
        timeout_seconds=_or(given.timeout_seconds, TIMEOUT_SECONDS.default),
        healthy_threshold_count=_or(given.healthy_threshold_count, THRESHOLD.default),
        unhealthy_threshold_count=_or(given.unhealthy_threshold_count, THRESHOLD.default),
    )


def _target_group(port: int, health_check: HealthCheck, tags: Mapping[str, str], behind: Behind) -> TargetGroup:
    health = (str(health_check.port), health_check.protocol)
    identity = (behind.settings.cluster_name, str(behind.group), str(port), "alb", "TCP", *health)
    return TargetGroup(
        id=f"{ID}-tg-TCP-{port}",
        name=group_name(behind.group, *identity),
        target_type="alb",
        port=port,
        protocol="TCP",
        ip_address_type="ipv4",
        health_check=health_check,
        tags=tags,
    )

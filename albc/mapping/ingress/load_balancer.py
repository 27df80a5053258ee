"""The load balancer itself: name, scheme, addresses, subnets, attributes, capacity (spec/ingress.md §11).

`read` takes what one member says; the other functions find what holds for the group. Security groups, tags and
listeners have modules of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from albc.crds.ingress_class_params import SubnetSelector
from albc.mapping import subnets as shared_subnets
from albc.mapping.capacity import minimum_capacity
from albc.mapping.ingress.agreement import MemberInvalid, Said, agree, agree_by_key, agreed, insist, settled
from albc.mapping.ingress.groups import GroupID
from albc.mapping.ingress.member import PREFIX, Member
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.model.facts import Facts, FactsRequest, Subnet
from albc.model.load_balancer import Attribute, MinimumLoadBalancerCapacity
from albc.model.names import alphanumeric, digest
from albc.model.problem import Problem

SCHEMES = ("internal", "internet-facing")
IP_ADDRESS_TYPES = ("ipv4", "dualstack", "dualstack-without-public-ipv4")
LONGEST_NAME = 32
_CAPACITY = "minimum-load-balancer-capacity"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerWishes:
    """What one member says of the load balancer; None and empty say nothing."""

    name: str | None
    scheme: str | None
    ip_address_type: str | None
    subnets: tuple[str, ...] | None
    """Ids or Name tags, of the annotation."""
    subnet_selector: SubnetSelector | None
    """Of the class; it silences the annotation."""
    customer_owned_ipv4_pool: str | None
    ipam_pool: str | None
    attributes: Mapping[str, str]
    capacity: Mapping[str, str] | Invalid
    """Only read if the class of the group's first member has none."""
    class_ipam_pool: str | None
    """This and the following count for the group's first member only."""
    class_attributes: Mapping[str, str]
    class_capacity: int | None


def read(member: Member) -> LoadBalancerWishes:
    annotations, params = member.annotations, member.params
    try:
        capacity: Mapping[str, str] | Invalid = annotations.string_map(_CAPACITY) or {}
    except Invalid as fault:
        capacity = fault
    if params.subnets and not (params.subnets.ids or params.subnets.tags):
        raise Invalid(f"subnets of IngressClassParams {member.params_name} must have either ids or tags")
    ipam, units = params.ipam_configuration, params.minimum_load_balancer_capacity
    return LoadBalancerWishes(
        name=_name(member),
        scheme=params.scheme or annotations.one_of("scheme", SCHEMES),
        ip_address_type=params.ip_address_type or annotations.one_of("ip-address-type", IP_ADDRESS_TYPES),
        subnets=None if params.subnets else annotations.string_list("subnets"),
        subnet_selector=params.subnets,
        customer_owned_ipv4_pool=_customer_owned_ipv4_pool(member),
        ipam_pool=annotations.string("ipam-ipv4-pool-id") or None,
        attributes=annotations.string_map("load-balancer-attributes") or {},
        capacity=capacity,
        class_ipam_pool=ipam.ipv4_ipam_pool_id if ipam else None,
        class_attributes={attribute.key: attribute.value for attribute in params.load_balancer_attributes},
        class_capacity=units.capacity_units if units else None,
    )


def _name(member: Member) -> str | None:
    name = member.params.load_balancer_name or member.annotations.string("load-balancer-name")
    if name is None or len(name.encode()) <= LONGEST_NAME:
        return name
    rule = f"cannot be longer than {LONGEST_NAME} characters"
    if member.params.load_balancer_name:
        raise Invalid(f'loadBalancerName of IngressClassParams {member.params_name}: "{name[:80]}" {rule}')
    raise member.annotations.invalid("load-balancer-name", rule)


def _customer_owned_ipv4_pool(member: Member) -> str | None:
    pool = member.annotations.string("customer-owned-ipv4-pool")
    if pool == "":
        raise member.annotations.invalid("customer-owned-ipv4-pool", "must not be empty; name a pool, or remove it")
    return pool


def wants(wishes: Sequence[LoadBalancerWishes], settings: MappingSettings) -> FactsRequest:
    """What finding the group's subnets asks of AWS."""
    ids = [id_ for wish in wishes if wish.subnet_selector for id_ in wish.subnet_selector.ids or ()]
    named = [name for wish in wishes for name in wish.subnets or ()]
    if not any(wish.subnet_selector or wish.subnets is not None for wish in wishes):
        return shared_subnets.wants_discovery(settings)
    return shared_subnets.wants_named([*ids, *named])


def name(
    group: GroupID,
    said: Sequence[Said[LoadBalancerWishes]],
    scheme: str,
    settings: MappingSettings,
    problems: list[Problem],
) -> str:
    given = agreed(said, lambda wishes: wishes.name, "load balancer name", problems)
    return group_name(group, settings.cluster_name, str(group), scheme) if given is None else given


def name_without_effect(said: Sequence[Said[LoadBalancerWishes]], scheme: str, facts: Facts) -> Problem | None:
    """A warning for who gives another name to a load balancer that is there and stays."""
    existing = facts.existing
    given = next(((who, wishes.name) for who, wishes in said if wishes.name), None)
    if given is None or existing is None or (existing.kind, existing.scheme) != ("application", scheme):
        return None
    who, wanted = given
    if existing.name in ("", wanted):
        return None
    message = (
        f'{PREFIX}load-balancer-name: "{wanted}" does nothing, because the load balancer exists as {existing.name} and '
        "AWS cannot change a name; leave it, or delete the group's Ingresses first"
    )
    return Problem(who, "IgnoredSetting", message, "warning")


def group_name(group: GroupID, *identity: str) -> str:
    """Name of a resource of the group, made unlike others by the hash over `identity`: at most 32 characters."""
    if group.explicit:
        return f"k8s-{alphanumeric(group.name, 17)}-{digest(*identity)[:10]}"
    return f"k8s-{alphanumeric(group.namespace, 8)}-{alphanumeric(group.name, 8)}-{digest(*identity)[:10]}"


def scheme(said: Sequence[Said[LoadBalancerWishes]], settings: MappingSettings) -> str:
    given = insist([(who, wishes.scheme) for who, wishes in said], "scheme")
    return given[1] if given else settings.default_load_balancer_scheme


def ip_address_type(said: Sequence[Said[LoadBalancerWishes]], problems: list[Problem]) -> str:
    return agreed(said, lambda wishes: wishes.ip_address_type, "ip-address-type", problems) or "ipv4"


def subnets(
    said: Sequence[Said[LoadBalancerWishes]],
    placement: shared_subnets.Placement,
    facts: Facts,
    settings: MappingSettings,
    problems: list[Problem],
) -> tuple[str, ...]:
    """Ids. Where nobody names subnets, a load balancer that exists keeps its own."""
    lists = agree([(who, wishes.subnets) for who, wishes in said], "subnets", problems, same=sorted_entries)
    selectors = agree([(who, wishes.subnet_selector) for who, wishes in said], "subnets", problems, same=_selector_key)
    if lists and selectors:
        order = [who for who, _ in said]
        by_list, by_class = lists[0], selectors[0]
        loser, winner = sorted((by_list, by_class), key=order.index, reverse=True)
        message = f"subnets of IngressClassParams and of annotations exclude one another in a group: {winner} decides"
        problems.append(Problem(loser, "FailedBuildModel", f"{message}; give them in one way"))
        lists, selectors = (lists, None) if winner == by_list else (None, selectors)
    try:
        found = _find_subnets(lists, selectors, placement, facts, settings)
    except Invalid as fault:
        if lists:
            raise MemberInvalid(lists[0], f"{PREFIX}subnets: {fault.message}") from None
        if selectors:
            raise MemberInvalid(selectors[0], f"subnets of IngressClassParams: {fault.message}") from None
        raise
    return tuple(subnet.id for subnet in found) if found is not None else _kept_subnets(facts)


def _find_subnets(
    lists: Said[tuple[str, ...]] | None,
    selectors: Said[SubnetSelector] | None,
    placement: shared_subnets.Placement,
    facts: Facts,
    settings: MappingSettings,
) -> tuple[Subnet, ...] | None:
    """None: the existing load balancer's."""
    if lists:
        return shared_subnets.resolve_names_or_ids(lists[1], placement, facts, settings)
    if selectors:
        selector = selectors[1]
        return shared_subnets.resolve_selector(selector.ids or (), selector.tags or {}, placement, facts, settings)
    existing = facts.existing
    if existing and existing.kind == "application" and existing.scheme == placement.scheme:
        return None
    return shared_subnets.discover(placement, facts, settings)


def _kept_subnets(facts: Facts) -> tuple[str, ...]:
    return facts.existing.subnet_ids if facts.existing else ()


def sorted_entries(entries: tuple[str, ...]) -> tuple[str, ...]:
    """Equal for lists that differ in order only."""
    return tuple(sorted(entries))


def _selector_key(selector: SubnetSelector) -> str:
    return selector.model_dump_json()


def attributes(said: Sequence[Said[LoadBalancerWishes]], problems: list[Problem]) -> tuple[Attribute, ...]:
    of_class = said[0][1].class_attributes
    annotated = [(who, wishes.attributes) for who, wishes in said]
    return as_attributes({**agree_by_key(annotated, "load balancer attribute", problems, of_class), **of_class})


def as_attributes(values: Mapping[str, str]) -> tuple[Attribute, ...]:
    return tuple(Attribute(key=key, value=values[key]) for key in sorted(values))


def customer_owned_ipv4_pool(said: Sequence[Said[LoadBalancerWishes]], problems: list[Problem]) -> str | None:
    return agreed(said, lambda wishes: wishes.customer_owned_ipv4_pool, "customer-owned-ipv4-pool", problems)


def ipam_pool(said: Sequence[Said[LoadBalancerWishes]], problems: list[Problem]) -> str | None:
    if said[0][1].class_ipam_pool:
        return said[0][1].class_ipam_pool
    return agreed(said, lambda wishes: wishes.ipam_pool, "ipam-ipv4-pool-id", problems)


def capacity(
    said: Sequence[Said[LoadBalancerWishes]], settings: MappingSettings, problems: list[Problem]
) -> MinimumLoadBalancerCapacity | None:
    """None leaves the reservation alone, 0 gives it back."""
    if not settings.lb_capacity_reservation:
        return None
    first, units = said[0][0], said[0][1].class_capacity
    if units is not None:
        annotated = [(first, {"CapacityUnits": str(units)})]
    else:
        annotated = [(who, dict(settled(who, wishes.capacity))) for who, wishes in said]
    for who, values in annotated:
        try:
            minimum_capacity(values)
        except Invalid as fault:
            where = "minimumLoadBalancerCapacity of IngressClassParams" if units is not None else f"{PREFIX}{_CAPACITY}"
            raise MemberInvalid(who, f"{where}: {fault.message}") from None
    return minimum_capacity(agree_by_key(annotated, _CAPACITY, problems))

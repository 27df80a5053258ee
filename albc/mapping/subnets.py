"""Which subnets a load balancer stands in (spec/targets.md §13).

Three ways in: `discover` by role tag or reachability, `resolve_names_or_ids` for what a user (or the existing load
balancer) names, `resolve_selector` for the ids or tags of class parameters and Gateway configurations. Each gives at
least one subnet, no two of one zone, or raises `Invalid`. Called by the families' subnet rules; all subnets of the VPC
are in the facts, so nothing here leads to another AWS call. `wants_discovery` and `wants_named` say what else is asked.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.model.facts import Facts, FactsRequest, Subnet
from albc.model.load_balancer import LoadBalancerType

MINIMUM_FREE_ADDRESSES = 8
"""Elastic Load Balancing refuses a subnet with fewer."""

_ROLES = {"internal": ("kubernetes.io/role/internal-elb", False), "internet-facing": ("kubernetes.io/role/elb", True)}
"""By scheme: the role tag, and whether such subnets have a route to an internet gateway."""

_ID = re.compile(r"subnet-[0-9a-f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What a load balancer asks of its subnets."""

    load_balancer_type: LoadBalancerType
    scheme: str
    """`internal` or `internet-facing`."""
    ip_address_type: str
    """`ipv4`, `dualstack` or `dualstack-without-public-ipv4`."""

    @property
    def needs_ipv6(self) -> bool:
        return self.ip_address_type.startswith("dualstack")


def wants_discovery(settings: MappingSettings) -> FactsRequest:
    """What `discover` reads beyond the subnets themselves."""
    return FactsRequest(route_tables=settings.subnet_discovery_by_reachability)


def wants_named(names_or_ids: Iterable[str]) -> FactsRequest:
    """What `resolve_names_or_ids` and `resolve_selector` read beyond the VPC's subnets."""
    return FactsRequest(subnet_ids=frozenset(entry for entry in names_or_ids if _ID.fullmatch(entry)))


def discover(placement: Placement, facts: Facts, settings: MappingSettings) -> tuple[Subnet, ...]:
    """One subnet for each zone, by id: those with the scheme's role tag (value empty or `1`), and if there are none
    and `SubnetDiscoveryByReachability` is on, those that the internet reaches or does not reach, as the scheme says.
    """
    if placement.scheme not in _ROLES:
        raise Invalid(f"unknown load balancer scheme {placement.scheme}: must be one of {', '.join(sorted(_ROLES))}")
    role, public = _ROLES[placement.scheme]
    ours = _of_the_vpc(facts)
    candidates = [subnet for subnet in ours if subnet.tags.get(role) in ("", "1")]
    if not candidates and settings.subnet_discovery_by_reachability:
        candidates = [subnet for subnet in ours if is_public(subnet, facts) == public]
    return _choose(candidates, placement, facts, settings, f"tag subnets with {role}=1, or name them")


def resolve_names_or_ids(
    names_or_ids: Sequence[str], placement: Placement, facts: Facts, settings: MappingSettings
) -> tuple[Subnet, ...]:
    """The subnets named, in the order given. What is no id of a known subnet counts as a value of the tag `Name`; the
    k-th use of a name takes the k-th subnet, by id, of that name.
    """
    by_id = {subnet.id: subnet for subnet in facts.subnets}
    by_name: dict[str, list[Subnet]] = {}
    for subnet in _of_the_vpc(facts):
        by_name.setdefault(subnet.tags.get("Name", ""), []).append(subnet)
    by_name.pop("", None)

    if missing := [entry for entry in dict.fromkeys(names_or_ids) if entry not in by_id and entry not in by_name]:
        raise Invalid(
            f"couldn't find all subnets: none has the id or the Name tag {_list(missing)} in {facts.vpc.id}; "
            "correct the name or create the subnet"
        )
    found: list[Subnet] = []
    used: dict[str, int] = {}
    for entry in names_or_ids:
        namesakes = [by_id[entry]] if entry in by_id else by_name[entry]
        count = used[entry] = used.get(entry, 0) + 1
        if count > len(namesakes):
            raise Invalid(
                f"subnet {entry} is requested {names_or_ids.count(entry)} times, "
                f"but {len(namesakes)} subnet(s) have that id or Name tag"
            )
        found.append(namesakes[count - 1])
    return _validate(found, placement, facts, settings)


def resolve_selector(
    ids: Sequence[str],
    tags: Mapping[str, Sequence[str]],
    placement: Placement,
    facts: Facts,
    settings: MappingSettings,
) -> tuple[Subnet, ...]:
    """The subnets with these ids, by id; without ids, one for each zone of those that have, for every key of `tags`,
    one of its values.
    """
    if ids:
        return resolve_names_or_ids(sorted(ids), placement, facts, settings)
    candidates = [
        subnet
        for subnet in _of_the_vpc(facts)
        if all(subnet.tags.get(key) in accepted for key, accepted in tags.items())
    ]
    wanted = ", ".join(f"{key}={'|'.join(accepted)}" for key, accepted in sorted(tags.items()))
    return _choose(candidates, placement, facts, settings, f"give suitable subnets the tags {wanted}")


def _of_the_vpc(facts: Facts) -> list[Subnet]:
    """By id. Facts may hold subnets of other VPCs, when a user named them."""
    return sorted((subnet for subnet in facts.subnets if subnet.vpc_id == facts.vpc.id), key=lambda subnet: subnet.id)


def is_public(subnet: Subnet, facts: Facts) -> bool:
    """Whether the route table that is associated with the subnet, else the main one, leads to an internet gateway."""
    for table in facts.route_tables:
        if subnet.id in table.subnet_ids:
            return table.has_internet_gateway
    for table in facts.route_tables:
        if table.main:
            return table.has_internet_gateway
    raise Invalid(f"{facts.vpc.id} has no main route table, so subnets cannot be told public from private")


def _choose(
    candidates: Sequence[Subnet], placement: Placement, facts: Facts, settings: MappingSettings, remedy: str
) -> tuple[Subnet, ...]:
    """Spec/targets.md §13.2. A subnet that fails several rules is counted under the first."""
    own_tag = f"kubernetes.io/cluster/{settings.cluster_name}"
    other_clusters = full = without_ipv6 = 0
    by_zone: dict[str, list[Subnet]] = {}
    for subnet in candidates:
        if settings.subnets_cluster_tag_check and _belongs_to_others(subnet, own_tag):
            other_clusters += 1
        elif subnet.available_ip_address_count < MINIMUM_FREE_ADDRESSES:
            full += 1
        elif placement.needs_ipv6 and not subnet.ipv6_cidrs:
            without_ipv6 += 1
        else:
            by_zone.setdefault(subnet.availability_zone, []).append(subnet)

    chosen = [min(subnets, key=lambda subnet: (own_tag not in subnet.tags, subnet.id)) for subnets in by_zone.values()]
    if not chosen:
        reasons = [
            f"{other_clusters} are tagged for other clusters",
            f"{full} have insufficient available IP addresses",
        ]
        if placement.needs_ipv6:
            reasons.append(f"{without_ipv6} have no associated IPv6 CIDR block")
        raise Invalid(
            f"unable to resolve at least one subnet for a {placement.scheme} load balancer: of {len(candidates)} "
            f"evaluated, {', '.join(reasons)}; {remedy}"
        )
    chosen.sort(key=lambda subnet: subnet.id)
    _check_locale(chosen, placement, facts, settings)
    return tuple(chosen)


def _belongs_to_others(subnet: Subnet, own_tag: str) -> bool:
    return own_tag not in subnet.tags and any(key.startswith("kubernetes.io/cluster") for key in subnet.tags)


def _validate(
    subnets: Sequence[Subnet], placement: Placement, facts: Facts, settings: MappingSettings
) -> tuple[Subnet, ...]:
    """Spec/targets.md §13.3: what a user names is not asked for cluster tags or free addresses."""
    if not subnets:
        raise Invalid("unable to resolve at least one subnet: the list is empty; name one for each zone")
    if foreign := [subnet for subnet in subnets if subnet.vpc_id != facts.vpc.id]:
        raise Invalid(
            f"subnet {foreign[0].id} is in {foreign[0].vpc_id}, but the cluster's targets are in {facts.vpc.id}; "
            "name subnets of that VPC"
        )
    by_zone: dict[str, list[str]] = {}
    for subnet in subnets:
        by_zone.setdefault(subnet.availability_zone, []).append(subnet.id)
    for zone, ids in sorted(by_zone.items()):
        if len(ids) > 1:
            raise Invalid(f"multiple subnets in same Availability Zone {zone}: {_list(sorted(ids))}; keep one of them")
    _check_locale(subnets, placement, facts, settings)
    if placement.needs_ipv6 and (without := [subnet.id for subnet in subnets if not subnet.ipv6_cidrs]):
        raise Invalid(
            f"subnets {_list(without)} do not have an associated IPv6 CIDR block, "
            f"which is required for {placement.ip_address_type} load balancers"
        )
    return tuple(subnets)


def _check_locale(subnets: Sequence[Subnet], placement: Placement, facts: Facts, settings: MappingSettings) -> None:
    """All subnets are of one kind of place, and there are enough of them (spec/targets.md §13.4)."""
    locales = sorted({_locale(subnet, facts) for subnet in subnets})
    if len(locales) > 1:
        raise Invalid(f"subnets in multiple locales {_list(locales)}: a load balancer stands in one kind of zone")
    spread = placement.load_balancer_type == "application" and locales == ["availability-zone"]
    minimum = 2 if spread and not settings.alb_single_subnet else 1
    if len(subnets) < minimum:
        raise Invalid(
            f"subnets count less than minimal required count: {len(subnets)} < {minimum}; "
            "add a subnet in another Availability Zone"
        )


def _locale(subnet: Subnet, facts: Facts) -> str:
    if subnet.outpost_arn:
        return "outpost"
    zone = facts.availability_zones.get(subnet.availability_zone_id)
    if zone is None:
        raise Invalid(f"AWS does not say what kind of zone {subnet.availability_zone_id} of subnet {subnet.id} is")
    if zone.zone_type not in ("availability-zone", "local-zone", "wavelength-zone"):
        raise Invalid(f"unknown zone type for subnet {subnet.id}: {zone.zone_type}")
    return zone.zone_type


def _list(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"

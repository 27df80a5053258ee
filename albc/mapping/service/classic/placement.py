"""Scheme and subnets of a Classic Load Balancer (spec/service.md B2, B5). Called by `build`.

A scheme cannot change, so a load balancer that exists is placed by the one that it has. Its subnets are discovered
anew every time.
"""

from collections.abc import Sequence

from albc.mapping import subnets
from albc.mapping.invalid import Invalid
from albc.mapping.service.classic.parsed import INTERNAL, SCHEME, SUBNETS
from albc.mapping.service.parsed import ServiceAnnotations, full_name
from albc.mapping.settings import MappingSettings
from albc.model.facts import Facts, FactsRequest, Subnet

_SCHEMES = ("internal", "internet-facing")
_ROLES = {"internal": "kubernetes.io/role/internal-elb", "internet-facing": "kubernetes.io/role/elb"}
_CLUSTER_TAGS = "kubernetes.io/cluster/"


def wants(annotations: ServiceAnnotations) -> FactsRequest:
    if (named := annotations[SUBNETS]) is not None:
        return subnets.wants_named(named)
    return FactsRequest(route_tables=True)


def wanted_scheme(annotations: ServiceAnnotations) -> str:
    """The annotation of Network Load Balancers wins; of the older one every text but `false` means internal."""
    if (scheme := annotations[SCHEME]) is not None:
        if scheme not in _SCHEMES:
            raise Invalid(f"unknown scheme: {scheme}; {full_name(SCHEME)} must be {' or '.join(_SCHEMES)}")
        return scheme
    return "internet-facing" if annotations[INTERNAL] in (None, "false") else "internal"


def place(annotations: ServiceAnnotations, scheme: str, facts: Facts, settings: MappingSettings) -> tuple[str, ...]:
    """Ids of the subnets, one for each zone. `scheme` is the one that the load balancer has or gets."""
    ours = sorted((one for one in facts.subnets if one.vpc_id == facts.vpc.id), key=lambda subnet: subnet.id)
    if (named := annotations[SUBNETS]) is not None:
        return _named(named, ours)
    return _discovered(ours, scheme, facts, settings)


def _named(named: Sequence[str], ours: Sequence[Subnet]) -> tuple[str, ...]:
    """Those by id first, then those by the tag Name."""
    if not named:
        raise Invalid(f"unable to resolve empty subnet slice; {full_name(SUBNETS)} must name at least one")
    by_id = [subnet for subnet in ours if subnet.id in named]
    names = [entry for entry in named if not entry.startswith("subnet-")]
    by_name = [subnet for subnet in ours if subnet.tags.get("Name") in names]
    found = [*by_id, *by_name]
    if len(found) != len(named):
        raise Invalid(
            f"expected to find {len(named)}, but found {len(found)} subnets; {full_name(SUBNETS)} must hold ids or "
            "Name tags of subnets of the VPC, each of them one"
        )
    zones: dict[str, str] = {}
    for subnet in found:
        if (other := zones.setdefault(subnet.availability_zone, subnet.id)) != subnet.id:
            raise Invalid(
                f"multiple subnets in same Availability Zone {subnet.availability_zone}: [{other}, {subnet.id}]; "
                f"keep one of them in {full_name(SUBNETS)}"
            )
    return tuple(subnet.id for subnet in found)


def _discovered(ours: Sequence[Subnet], scheme: str, facts: Facts, settings: MappingSettings) -> tuple[str, ...]:
    role = _ROLES[scheme]
    best: dict[str, tuple[bool, bool, str]] = {}
    for subnet in ours:
        is_tagged = _has_cluster_tag(subnet, settings)
        if not is_tagged and any(key.startswith(_CLUSTER_TAGS) for key in subnet.tags):
            continue
        if not _is_in_the_region(subnet, facts):
            continue
        if scheme == "internet-facing" and not subnets.is_public(subnet, facts):
            continue
        rank = (role not in subnet.tags, not is_tagged, subnet.id)
        best[subnet.availability_zone] = min(rank, best.get(subnet.availability_zone, rank))
    if not best:
        raise Invalid(
            f"could not find any suitable subnets for creating the ELB; {_remedy(scheme)}, or name them in "
            f"{full_name(SUBNETS)}"
        )
    return tuple(best[zone][2] for zone in sorted(best))


def _remedy(scheme: str) -> str:
    return "give the VPC subnets " + ("with a route to an internet gateway" if scheme != "internal" else "of its own")


def _has_cluster_tag(subnet: Subnet, settings: MappingSettings) -> bool:
    cluster = settings.cluster_name
    return f"{_CLUSTER_TAGS}{cluster}" in subnet.tags or subnet.tags.get("KubernetesCluster") == cluster


def _is_in_the_region(subnet: Subnet, facts: Facts) -> bool:
    """Not in a local or wavelength zone, as far as AWS tells."""
    zone = facts.availability_zones.get(subnet.availability_zone_id)
    return zone is None or zone.zone_type == "availability-zone"

"""Subnets of a Gateway's load balancer, and the addresses that an NLB has in each (spec/gateway.md §14.1).

A named list wins over the selector, both over the subnets in which the load balancer stands already, and those over
discovery. Called by `load_balancer`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from albc.crds.gateway import LoadBalancerConfigurationSpec, SubnetConfiguration
from albc.mapping import source_nat, subnet_addresses, subnets
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.subnets import Placement
from albc.model.facts import Facts, FactsRequest, Subnet
from albc.model.load_balancer import SubnetMapping

_FIELDS: Mapping[str, tuple[str, str]] = {
    "identifier": ("identifier", "subnet identifiers"),
    "eip_allocation": ("eipAllocation", "eip allocations"),
    "ipv6_allocation": ("ipv6Allocation", "ipv6 allocations"),
    "private_ipv4_allocation": ("privateIPv4Allocation", "private ipv4 allocations"),
    "source_nat_ipv6_prefix": ("sourceNatIPv6Prefix", "source nat prefixes"),
}
"""Attribute: field of a subnet configuration, and what several of them are called."""


def wants(spec: LoadBalancerConfigurationSpec, settings: MappingSettings) -> FactsRequest:
    named = _column(spec, "identifier")
    if named:
        return subnets.wants_named(named)
    return FactsRequest() if spec.load_balancer_subnets_selector else subnets.wants_discovery(settings)


def choose(
    spec: LoadBalancerConfigurationSpec, placement: Placement, facts: Facts, settings: MappingSettings
) -> tuple[Subnet, ...]:
    """The subnets, in the order in which they were named."""
    if spec.load_balancer_subnets:
        _check(spec.load_balancer_subnets, placement)
    if named := _column(spec, "identifier"):
        return subnets.resolve_names_or_ids(named, placement, facts, settings)
    if selector := spec.load_balancer_subnets_selector:
        return subnets.resolve_selector((), selector, placement, facts, settings)
    existing = facts.existing
    if existing is not None and existing.scheme == placement.scheme:
        return subnets.resolve_names_or_ids(existing.subnet_ids, placement, facts, settings)
    return subnets.discover(placement, facts, settings)


def mappings(
    spec: LoadBalancerConfigurationSpec, chosen: Sequence[Subnet], placement: Placement
) -> tuple[SubnetMapping, ...]:
    """One for each subnet, with the addresses that the configuration pins there."""
    per_field: dict[str, Sequence[str]] = {}
    if placement.load_balancer_type == "network":
        if allocations := _column(spec, "eip_allocation"):
            per_field["allocation_id"] = subnet_addresses.eip_allocations(allocations, chosen)
        if addresses := _column(spec, "private_ipv4_allocation"):
            per_field["private_ipv4_address"] = subnet_addresses.private_ipv4_addresses(addresses, chosen)
        if addresses := _column(spec, "ipv6_allocation"):
            per_field["ipv6_address"] = subnet_addresses.ipv6_addresses(addresses, chosen)
        if prefixes := _column(spec, "source_nat_ipv6_prefix"):
            source_nat.check_prefixes(prefixes, chosen)
            per_field["source_nat_ipv6_prefix"] = prefixes
    result = []
    for index, subnet in enumerate(chosen):
        pinned: dict[str, Any] = {field: values[index] for field, values in per_field.items()}
        result.append(SubnetMapping(subnet_id=subnet.id, **pinned))
    return tuple(result)


def uses_source_nat_prefixes(spec: LoadBalancerConfigurationSpec) -> bool:
    return bool(_column(spec, "source_nat_ipv6_prefix"))


def _column(spec: LoadBalancerConfigurationSpec, field: str) -> tuple[str, ...]:
    """One field of all subnet configurations; the first one says whether the field is in use."""
    entries = spec.load_balancer_subnets or ()
    if not entries or not getattr(entries[0], field):
        return ()
    return tuple(getattr(entry, field) or "" for entry in entries)


def _check(entries: Sequence[SubnetConfiguration], placement: Placement) -> None:
    """What the first entry uses must fit the load balancer, and the others must do as it does."""
    network = placement.load_balancer_type == "network"
    conditions = {
        "eip_allocation": (placement.scheme == "internet-facing", "internet facing"),
        "ipv6_allocation": (placement.ip_address_type == "dualstack", "dualstack"),
        "private_ipv4_allocation": (placement.scheme == "internal", "internal"),
    }
    first = entries[0]
    for attribute, (field, plural) in _FIELDS.items():
        if getattr(first, attribute) and attribute != "identifier":
            if not network:
                raise Invalid(f"loadBalancerSubnets: {field} is only supported for Network LoadBalancers")
            fits, kind = conditions.get(attribute, (True, ""))
            if not fits:
                raise Invalid(f"loadBalancerSubnets: {field} can only be set for {kind} load balancers")
        if any(bool(getattr(entry, attribute)) != bool(getattr(first, attribute)) for entry in entries):
            raise Invalid(f"loadBalancerSubnets: Either specify all {plural} or none.")

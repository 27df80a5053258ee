"""Which address the load balancer has in each subnet, and its prefixes for source NAT (spec/service.md A8.2, A8.3).

Called by `load_balancer`. A list of addresses counts as given when its annotation is there, an empty one too.
"""

from collections.abc import Sequence
from typing import TypeVar

from albc.mapping import source_nat, subnet_addresses
from albc.mapping.service.parsed import (
    EIP_ALLOCATIONS,
    IPV6_ADDRESSES,
    PRIVATE_IPV4_ADDRESSES,
    SOURCE_NAT_PREFIXES,
    SOURCE_NAT_SWITCH,
    ServiceAnnotations,
)
from albc.mapping.service.placement import Placed
from albc.model.load_balancer import SubnetMapping

T = TypeVar("T")


def source_nat_switch(annotations: ServiceAnnotations, placed: Placed) -> str:
    """`on` or `off`, for the load balancer as a whole. Every subnet of a dualstack one has an IPv6 block."""
    switch = annotations[SOURCE_NAT_SWITCH]
    if switch is None or switch == "off":
        return "off"
    if switch != "on":
        raise annotations.invalid(SOURCE_NAT_SWITCH, "must be on or off")
    if not placed.dualstack:
        raise annotations.invalid(SOURCE_NAT_SWITCH, "needs a load balancer with IP address type dualstack")
    return "on"


def subnet_mappings(annotations: ServiceAnnotations, placed: Placed) -> tuple[SubnetMapping, ...]:
    """One for each subnet, in their order."""
    eips = _eip_allocations(annotations, placed)
    ipv4 = _private_ipv4_addresses(annotations, placed)
    ipv6 = _ipv6_addresses(annotations, placed)
    prefixes = _source_nat_prefixes(annotations, placed)
    return tuple(
        SubnetMapping(
            allocation_id=_at(eips, index),
            private_ipv4_address=_at(ipv4, index),
            ipv6_address=_at(ipv6, index),
            source_nat_ipv6_prefix=_at(prefixes, index),
            subnet_id=subnet.id,
        )
        for index, subnet in enumerate(placed.subnets)
    )


def _at(values: Sequence[T] | None, index: int) -> T | None:
    return None if values is None else values[index]


def _eip_allocations(annotations: ServiceAnnotations, placed: Placed) -> tuple[str, ...] | None:
    if (allocations := annotations[EIP_ALLOCATIONS]) is None:
        return None
    if placed.scheme != "internet-facing":
        raise annotations.invalid(EIP_ALLOCATIONS, "can only be set for internet-facing load balancers")
    return subnet_addresses.eip_allocations(allocations, placed.subnets)


def _private_ipv4_addresses(annotations: ServiceAnnotations, placed: Placed) -> tuple[str, ...] | None:
    if (addresses := annotations[PRIVATE_IPV4_ADDRESSES]) is None:
        return None
    if placed.scheme != "internal":
        raise annotations.invalid(PRIVATE_IPV4_ADDRESSES, "can only be set for internal load balancers")
    return subnet_addresses.private_ipv4_addresses(addresses, placed.subnets)


def _ipv6_addresses(annotations: ServiceAnnotations, placed: Placed) -> tuple[str, ...] | None:
    if (addresses := annotations[IPV6_ADDRESSES]) is None:
        return None
    if not placed.dualstack:
        raise annotations.invalid(IPV6_ADDRESSES, "can only be set for dualstack load balancers")
    return subnet_addresses.ipv6_addresses(addresses, placed.subnets)


def _source_nat_prefixes(annotations: ServiceAnnotations, placed: Placed) -> tuple[str, ...] | None:
    if (prefixes := annotations[SOURCE_NAT_PREFIXES]) is None:
        return None
    if not placed.dualstack:
        raise annotations.invalid(SOURCE_NAT_PREFIXES, "can only be set for dualstack load balancers")
    if source_nat_switch(annotations, placed) != "on":
        raise annotations.invalid(SOURCE_NAT_PREFIXES, "is only in effect with enable-prefix-for-ipv6-source-nat: on")
    source_nat.check_prefixes(prefixes, placed.subnets)
    return prefixes

"""Addresses that a user pins to the subnets of an NLB (spec/service.md A8.3, gateway.md §14.1).

Called by the Service and Gateway rules for subnet mappings, which say when each kind may be given at all. Elastic IPs
belong to subnets by position, addresses by the subnet that they lie in. Results stand in the order of the subnets.
"""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address

from albc.mapping import cidrs
from albc.mapping.invalid import Invalid
from albc.model.facts import Subnet


def eip_allocations(allocation_ids: Sequence[str], subnets: Sequence[Subnet]) -> tuple[str, ...]:
    """The allocation of each subnet."""
    _check_count("EIP allocations", allocation_ids, subnets)
    return tuple(allocation_ids)


def private_ipv4_addresses(addresses: Sequence[str], subnets: Sequence[Subnet]) -> tuple[str, ...]:
    """The one address in each subnet's IPv4 block, in canonical form."""
    _check_count("private IPv4 addresses", addresses, subnets)
    parsed = [_parse("private IPv4 addresses", IPv4Address, "IPv4", text) for text in addresses]
    return _one_for_each("private IPv4", parsed, subnets, lambda subnet: (subnet.cidr,))


def ipv6_addresses(addresses: Sequence[str], subnets: Sequence[Subnet]) -> tuple[str, ...]:
    """The one address in each subnet's IPv6 blocks, in canonical form."""
    _check_count("IPv6 addresses", addresses, subnets)
    parsed = [_parse("IPv6 addresses", IPv6Address, "IPv6", text) for text in addresses]
    return _one_for_each("IPv6", parsed, subnets, lambda subnet: subnet.ipv6_cidrs)


def _check_count(what: str, values: Sequence[str], subnets: Sequence[Subnet]) -> None:
    if len(values) != len(subnets):
        raise Invalid(
            f"count of {what} ({len(values)}) and subnets ({len(subnets)}) must match; give one for each of "
            f"{', '.join(subnet.id for subnet in subnets)}"
        )


def _parse(
    what: str, version: type[IPv4Address] | type[IPv6Address], word: str, text: str
) -> IPv4Address | IPv6Address:
    address = cidrs.parse_address(text)
    if address is None:
        raise Invalid(f"{what} must be valid IP address: {text}")
    if not isinstance(address, version):
        raise Invalid(f"{what} must be valid {word} address: {text}")
    return address


def _one_for_each(
    what: str,
    addresses: Sequence[IPv4Address | IPv6Address],
    subnets: Sequence[Subnet],
    blocks: Callable[[Subnet], Sequence[str]],
) -> tuple[str, ...]:
    chosen: list[str] = []
    for subnet in subnets:
        inside = [str(address) for address in addresses if cidrs.contains(blocks(subnet), address)]
        if len(inside) != 1:
            raise Invalid(
                f"expect one {what} address configured for subnet: {subnet.id} "
                f"(in {', '.join(blocks(subnet)) or 'no block of that family'}), but there are {len(inside)}"
            )
        chosen.append(inside[0])
    return tuple(chosen)

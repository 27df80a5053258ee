"""IPv6 prefixes that a dualstack NLB uses for source NAT, one for each subnet (spec/targets.md §14.4).

Called by the Service and Gateway rules for subnet mappings, which say when prefixes may be given at all.
"""

from collections.abc import Sequence
from ipaddress import IPv6Address

from albc.mapping import cidrs
from albc.mapping.invalid import Invalid
from albc.model.facts import Subnet

AUTO_ASSIGNED = "auto_assigned"
"""AWS picks the prefix."""

_PREFIX_LENGTH = "80"


def check_prefixes(prefixes: Sequence[str], subnets: Sequence[Subnet]) -> None:
    """Each prefix is `auto_assigned`, or a /80 that begins inside the subnet at its position."""
    if len(prefixes) != len(subnets):
        raise Invalid(
            f"Number of values in source-nat-ipv6-prefixes ({len(prefixes)}) must match "
            f"the number of subnets ({len(subnets)})"
        )
    for prefix, subnet in zip(prefixes, subnets, strict=True):
        if prefix != AUTO_ASSIGNED:
            _check(prefix, subnet)


def _check(prefix: str, subnet: Subnet) -> None:
    wrong = f"Invalid value in source-nat-ipv6-prefixes: {prefix}."
    address_text, slash, length = prefix.partition("/")
    if not slash:
        raise Invalid(f"{wrong} Value must be {AUTO_ASSIGNED} or an IPv6 CIDR of length {_PREFIX_LENGTH}")
    if length != _PREFIX_LENGTH:
        raise Invalid(f"{wrong} Prefix length must be {_PREFIX_LENGTH}, but {length} is specified")
    address = cidrs.parse_address(address_text)
    if not isinstance(address, IPv6Address):
        raise Invalid(f"{wrong} Value must be a valid IPv6 CIDR")
    if not cidrs.contains(subnet.ipv6_cidrs, address):
        raise Invalid(
            f"{wrong} Value must be within subnet CIDR range: [{', '.join(subnet.ipv6_cidrs)}] of {subnet.id}"
        )

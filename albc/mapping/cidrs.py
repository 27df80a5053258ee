"""Addresses and CIDR blocks, compared within their own family (spec/targets.md §14.3).

Called wherever a rule tells IPv4 from IPv6 or asks whether an address lies in a subnet.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

IPFamily = Literal["ipv4", "ipv6"]

ANYWHERE_IPV4 = "0.0.0.0/0"
ANYWHERE_IPV6 = "::/0"
ANYWHERE = frozenset({ANYWHERE_IPV4, ANYWHERE_IPV6})


def is_ipv6(cidr: str) -> bool:
    """Whether AWS will take this text as IPv6: it holds a colon. The text need not be a valid CIDR."""
    return ":" in cidr


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, or None if the text is none. IPv4 octets with leading zeros and IPv6 zones (`fe80::1%eth0`) are
    none; an IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`) is an IPv6 address.
    """
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None


def contains(blocks: Iterable[str], address: IPv4Address | IPv6Address) -> bool:
    """Whether some block holds the address; a block of the other family never does."""
    return any(address in ip_network(block, strict=False) for block in blocks)

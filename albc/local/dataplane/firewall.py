"""Do a load balancer's security groups let a connection in? PURE.

Addresses are matched as they are: a client on loopback is 127.0.0.1 and 0.0.0.0/0 admits it, 10.0.0.0/8 does not.
Another group as the source admits what that group's members send; the data plane connects from its load balancers'
own addresses, so their groups are known. A prefix list admits nobody, for nobody here can say what is in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

_PROTOCOL_NAMES = {"6": "tcp", "17": "udp", "-1": "all"}


@dataclass(frozen=True)
class Knock:
    """A connection that wants in."""

    source_ip: str
    protocol: str
    """`tcp` or `udp`."""
    port: int
    source_groups: frozenset[str] = frozenset()
    """Security groups of who sends, as far as known."""


def admits(groups: Iterable[str], known: Mapping[str, Mapping[str, Any]], knock: Knock) -> bool:
    """True when some rule of some group admits it, or when there are no groups at all."""
    groups = tuple(groups)
    if not groups:
        return True
    return any(
        _admits(permission, knock)
        for group in groups
        if group in known
        for permission in known[group].get("IpPermissions") or ()
    )


def _admits(permission: Mapping[str, Any], knock: Knock) -> bool:
    protocol = _PROTOCOL_NAMES.get(permission["IpProtocol"], permission["IpProtocol"])
    if protocol != "all":
        if protocol != knock.protocol:
            return False
        if not permission.get("FromPort", 0) <= knock.port <= permission.get("ToPort", 65535):
            return False
    if any(pair.get("GroupId") in knock.source_groups for pair in permission.get("UserIdGroupPairs") or ()):
        return True
    source = ip_address(knock.source_ip)
    blocks = [block["CidrIp"] for block in permission.get("IpRanges") or ()]
    blocks += [block["CidrIpv6"] for block in permission.get("Ipv6Ranges") or ()]
    return any(source in ip_network(block, strict=False) for block in blocks)

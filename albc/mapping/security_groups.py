"""Security groups that users name, and the inbound rules of the one that albc manages (spec/targets.md §10.3).

Called by the families' security group rules. Which groups a load balancer gets is theirs to say; how a name becomes
an id, and how a listener's port and its sources become permissions, stands here.
"""

from collections.abc import Sequence

from albc.mapping import cidrs
from albc.mapping.invalid import Invalid
from albc.model.facts import Facts
from albc.model.security_group import IPPermission, IPRange, IPv6Range, PrefixList

MANAGED_DESCRIPTION = "[k8s] Managed SecurityGroup for LoadBalancer"
"""Description of every managed group; AWS cannot change one later."""


def resolve(names_or_ids: Sequence[str], facts: Facts) -> tuple[str, ...]:
    """Ids of the groups that a user named, by id or by value of their tag `Name`.

    What is no id of a known group counts as a name, also when it begins with `sg-`. Groups named by id come first,
    then those by name, each part in AWS's order; one name may stand for several groups. An id and a name of the same
    group give it twice, as in the reference.
    """
    known = {group.id for group in facts.security_groups}
    ids = [entry for entry in names_or_ids if entry in known]
    names = {entry for entry in names_or_ids if entry not in known}
    named = [group for group in facts.security_groups if group.name_tag in names and group.vpc_id == facts.vpc.id]

    if repeated := sorted({entry for entry in ids if ids.count(entry) > 1}):
        raise Invalid(f"security groups [{', '.join(repeated)}] are named more than once; name each one once")
    if missing := sorted(names - {group.name_tag for group in named}):
        raise Invalid(
            f"couldn't find all security groups: none has the id or the Name tag [{', '.join(missing)}] "
            f"in {facts.vpc.id}; correct the name or create the group"
        )
    return (*(group.id for group in facts.security_groups if group.id in ids), *(group.id for group in named))


def inbound(
    protocol: str,
    port: int,
    sources: Sequence[str],
    prefix_lists: Sequence[str] = (),
    *,
    path_mtu_discovery: bool = False,
) -> tuple[IPPermission, ...]:
    """Permissions that let `sources` (CIDRs) and prefix lists reach one listener.

    `protocol` is EC2's word: `tcp`, `udp`. With `path_mtu_discovery` each CIDR may also send the ICMP message by which
    a sender learns that its packets are too big; prefix lists may not.
    """
    permissions: list[IPPermission] = []
    for cidr in sources:
        permissions.append(_from_cidr(protocol, port, port, cidr))
        if path_mtu_discovery:
            permissions.append(_packet_too_big(cidr))
    permissions.extend(
        IPPermission(ip_protocol=protocol, from_port=port, to_port=port, prefix_lists=(PrefixList(list_id=list_id),))
        for list_id in prefix_lists
    )
    return tuple(permissions)


def _packet_too_big(cidr: str) -> IPPermission:
    # ICMP type 3 code 4 is "fragmentation needed", ICMPv6 type 2 is "packet too big"; EC2 takes type and code as ports.
    return _from_cidr("icmpv6", 2, 0, cidr) if cidrs.is_ipv6(cidr) else _from_cidr("icmp", 3, 4, cidr)


def _from_cidr(protocol: str, from_port: int, to_port: int, cidr: str) -> IPPermission:
    if cidrs.is_ipv6(cidr):
        ipv6_ranges = (IPv6Range(cidr_ipv6=cidr),)
        return IPPermission(ip_protocol=protocol, from_port=from_port, to_port=to_port, ipv6_ranges=ipv6_ranges)
    ip_ranges = (IPRange(cidr_ip=cidr),)
    return IPPermission(ip_protocol=protocol, from_port=from_port, to_port=to_port, ip_ranges=ip_ranges)

"""Which security group rules let a load balancer reach its targets (spec/targets.md §9.1, §9.4). Pure."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from albc.crds.target_group_binding import Networking, NetworkingPeer, NetworkingPort
from albc.errors import Invalid
from albc.kube.objects import Pod
from albc.model.permissions import TARGETS_LABEL, Permission, Source

OWNER_LABEL = TARGETS_LABEL
"""What the description of our rules says; others are never touched."""

_DESCRIPTION = ",".join(f"{key}={value}" for key, value in OWNER_LABEL.items())
_ALL_PORTS = (0, 65535)


def permissions_of(networking: Networking, pods: Sequence[Pod] = ()) -> tuple[Permission, ...]:
    """The rules that one binding asks for. Named ports are looked up on `pods`. Raises `Invalid`."""
    return tuple(
        Permission(protocol, low, high, source, value, _DESCRIPTION)
        for rule in networking.ingress or ()
        for peer in rule.from_
        for source, value in [_source(peer)]
        for port in rule.ports
        for protocol in [(port.protocol or "TCP").lower()]
        for low, high in _ranges(port, pods)
    )


def _source(peer: NetworkingPeer) -> tuple[Source, str]:
    if peer.security_group is not None:
        return "group", peer.security_group.group_id
    cidr = peer.ip_block.cidr if peer.ip_block else ""
    try:
        ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        raise Invalid(f"invalid CIDR address: {cidr}; write for example 10.0.0.0/16") from None
    return ("cidr_ipv6" if ":" in cidr else "cidr_ipv4"), cidr


def _ranges(port: NetworkingPort, pods: Sequence[Pod]) -> list[tuple[int, int]]:
    match port.port:
        case None:
            return [_ALL_PORTS]
        case int(number):
            return [(number, number)]
        case name:
            if not pods:
                raise Invalid(f"named ports can only be used with pod endpoints: {name}")
            return [(number, number) for number in sorted({container_port(pod, name) for pod in pods})]


def container_port(pod: Pod, name: str) -> int:
    """Number of the container port of that name. Raises `Invalid`."""
    for container in pod.spec.serving_containers:
        for port in container.ports:
            if port.name == name:
                return port.container_port
    raise Invalid(f"unable to find port {name} on pod {pod.namespace}/{pod.name}")


def aggregate(permissions: Iterable[Permission], *, restricted: bool) -> tuple[Permission, ...]:
    """All bindings' rules on one security group, fewer: the ports from one source group become one range.

    Security groups hold 60 rules by default; the price is that gaps between ports are opened. CIDR sources pass
    through. Without `restricted` nothing is joined but equals.
    """
    unique = sorted(set(permissions))
    if not restricted:
        return tuple(unique)
    by_group: Mapping[tuple[str, str], list[Permission]] = defaultdict(list)
    passed = []
    for permission in unique:
        if permission.source == "group":
            by_group[permission.protocol, permission.value].append(permission)
        else:
            passed.append(permission)
    joined = [
        replace(members[0], from_port=low, to_port=high)
        for _, members in sorted(by_group.items())
        for low, high in [_span(members)]
    ]
    return (*joined, *passed)


def _span(members: Sequence[Permission]) -> tuple[int, int]:
    if any(member.from_port == 0 and member.to_port == 0 for member in members):
        return _ALL_PORTS
    return min(member.from_port for member in members), max(member.to_port for member in members)

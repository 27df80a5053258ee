"""Who must reach the targets of an NLB, and on which ports (spec/service.md A12, gateway.md §15).

Pieces of a TargetGroupBinding's `networking` that Services and Gateways share. Behind an NLB with security groups the
peer is a group; behind one without, packets come from the NLB's own addresses or, where the client's address is
preserved, from anywhere. Which rule applies when is the families' to say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from albc.mapping import cidrs
from albc.mapping.cidrs import IPFamily
from albc.model.facts import VPC, Subnet
from albc.model.reference import Token
from albc.model.target_group_binding import NetworkingIngressRule, NetworkingPeer, NetworkingPort

TRAFFIC_PORT = "traffic-port"
"""Health check port: the one that the traffic uses."""

_UDP = frozenset({"UDP", "TCP_UDP", "QUIC", "TCP_QUIC"})
_TCP_AND_UDP = frozenset({"TCP_UDP", "TCP_QUIC"})


def carries_udp(protocol: str) -> bool:
    """Whether a target group of this protocol gets UDP packets. An NLB always preserves their clients' addresses."""
    return protocol in _UDP


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What of a target group decides which ports must be open on its targets."""

    protocol: str
    """The target group's."""
    port: int | str
    """Node port of instance targets; the Service's targetPort, which may be a name, of ip targets."""
    health_check_port: int | str
    """A number or `traffic-port`."""

    @property
    def health_check_is_on_the_traffic_port(self) -> bool:
        return self.health_check_port in (TRAFFIC_PORT, self.port)

    @property
    def traffic_ports(self) -> tuple[NetworkingPort, ...]:
        """Where clients' packets arrive."""
        tcp, udp = NetworkingPort(protocol="TCP", port=self.port), NetworkingPort(protocol="UDP", port=self.port)
        if self.protocol in _TCP_AND_UDP:
            return (tcp, udp)
        return (udp,) if carries_udp(self.protocol) else (tcp,)

    @property
    def health_check(self) -> NetworkingPort:
        """Where the NLB asks for health: always over TCP."""
        on_traffic_port = self.health_check_port == TRAFFIC_PORT
        return NetworkingPort(protocol="TCP", port=self.port if on_traffic_port else self.health_check_port)


def from_group(peer: Token, *ports: NetworkingPort) -> NetworkingIngressRule:
    """One rule that lets a security group in."""
    return NetworkingIngressRule(from_=(NetworkingPeer(security_group=peer),), ports=ports)


def from_group_on_any_port(peer: Token, protocol: str) -> NetworkingIngressRule:
    """With `--disable-restricted-sg-rules`: all TCP ports, and all UDP ports where the protocol needs them."""
    protocols = ("TCP", "UDP") if carries_udp(protocol) else ("TCP",)
    return from_group(peer, *(NetworkingPort(protocol=word) for word in protocols))


def from_cidrs(sources: Iterable[str], *ports: NetworkingPort) -> NetworkingIngressRule:
    """One rule that lets addresses in."""
    return NetworkingIngressRule(from_=tuple(NetworkingPeer(cidr=cidr) for cidr in sources), ports=ports)


def subnet_cidrs(subnets: Sequence[Subnet], family: IPFamily) -> tuple[str, ...]:
    """Where an NLB's own packets come from: the blocks of its subnets, in their order."""
    if family == "ipv4":
        return tuple(subnet.cidr for subnet in subnets)
    return tuple(cidr for subnet in subnets for cidr in subnet.ipv6_cidrs)


def default_sources(scheme: str, family: IPFamily, vpc: VPC) -> tuple[str, ...]:
    """Where clients come from when nobody says: the VPC for an internal NLB, else anywhere."""
    if scheme == "internal":
        return vpc.ipv4_cidrs if family == "ipv4" else vpc.ipv6_cidrs
    return (cidrs.ANYWHERE_IPV4,) if family == "ipv4" else (cidrs.ANYWHERE_IPV6,)

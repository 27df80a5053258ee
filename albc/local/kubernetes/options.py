"""What a cluster looks like when it starts: its nodes, address ranges and switches."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """One node: where it is, and which of the pods' addresses are its own."""

    name: str
    zone: str
    internal_ip: str
    pod_cidr: IPv4Network
    instance_id: str
    instance_type: str = "m5.large"

    @property
    def provider_id(self) -> str:
        """The cloud's name of the node, as the AWS cloud provider writes it."""
        return f"aws:///{self.zone}/{self.instance_id}"


def _node(letter: str, third: int, number: int) -> NodeOptions:
    return NodeOptions(
        name=f"node-{letter}",
        zone=f"us-west-2{letter}",
        internal_ip=f"127.19.{third}.10",
        pod_cidr=IPv4Network(f"127.19.{third}.0/18"),
        instance_id=f"i-{number:017x}",
    )


DEFAULT_CLUSTER_IPS = IPv4Network("127.20.0.0/16")
DEFAULT_NODES = (_node("a", 0, 0xA), _node("b", 64, 0xB), _node("c", 128, 0xC))


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """Settings of an embedded cluster. All addresses are loopback ones, so pods can really be connected to."""

    nodes: tuple[NodeOptions, ...] = DEFAULT_NODES
    region: str = "us-west-2"
    cluster_ips: IPv4Network = DEFAULT_CLUSTER_IPS
    """Allocated to Services; nobody listens there."""
    node_ports: range = range(30000, 32768)
    history: int = 2000
    """Changes of each resource that a watch may still ask for."""
    authorize: bool = False
    """RBAC decides; otherwise everyone with credentials may do everything."""
    controllers: bool = True
    """Deployments make pods, pods run, owner references are collected, namespaces end."""
    bookmark_interval: float = 60.0
    """Seconds between bookmarks of a watch that asked for them."""

"""The network interfaces of Nodes and Pods, and which of their security groups is the cluster's (spec/targets.md §11).

A Pod or Node that has no interface that AWS knows of fails alone, with its name in the message.
"""

import ipaddress
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeAlias

from albc.aws.calls import Aws
from albc.errors import Invalid
from albc.kube.objects import Node, Pod
from albc.targets.nodes import instance_id

CACHE_SECONDS = 600.0
INSTANCE_SECONDS = 60.0
"""How long the interfaces of an instance serve for Pods that come to it."""
IPS_PER_CALL = 199

_COMPUTE_TYPE = "eks.amazonaws.com/compute-type"
_SAGEMAKER_COMPUTE_TYPE = "sagemaker.amazonaws.com/compute-type"
_POD_ENI_ANNOTATION = "vpc.amazonaws.com/pod-eni"


PodKey: TypeAlias = tuple[str, str, str]
"""Namespace, name and UID: a Pod of the same name is another one."""


@dataclass(frozen=True, slots=True)
class NetworkInterface:
    id: str
    security_group_ids: tuple[str, ...]


NO_INTERFACE = NetworkInterface("hybrid-no-eni", ())
"""Stands for a Pod on a hybrid node, which AWS gives no interface: no rules are kept for it."""


class NetworkInterfaces:
    def __init__(self, aws: Aws, vpc_id: str, clock: Callable[[], float] = monotonic) -> None:
        self._aws = aws
        self._vpc_id = vpc_id
        self._clock = clock
        self._cache: dict[tuple[str, ...], tuple[float, NetworkInterface]] = {}
        self._of_instances: dict[str, tuple[float, Sequence[Mapping[str, Any]]]] = {}
        """By instance id: until when they serve, and the interfaces in AWS's form."""

    async def of_nodes(self, nodes: Iterable[Node]) -> Mapping[str, NetworkInterface]:
        """Primary interface of each node, by node name. Raises `Invalid` naming the nodes that have none."""
        by_key = {(node.name, node.metadata.uid): node for node in nodes}
        missing = [node for key, node in by_key.items() if not self._cached(key) and not _hybrid(node)]
        if missing:
            primary = {
                id_: _primary(interfaces) for id_, interfaces in (await self._instances(missing)).items() if interfaces
            }
            for node in missing:
                if interface := primary.get(instance_id(node)):
                    self._keep((node.name, node.metadata.uid), interface)
        return self._answer(by_key, lambda node: node.name, "node")

    async def of_pods(self, pods: Iterable[Pod], nodes: Mapping[str, Node]) -> Mapping[str, NetworkInterface]:
        """Interface of each Pod, by `namespace/name`. Raises `Invalid` naming the Pods that have none."""
        by_key = {_pod_key(pod): pod for pod in pods}
        for key, pod in by_key.items():
            if (node := nodes.get(pod.spec.node_name)) and _hybrid(node):
                self._keep(key, NO_INTERFACE)
        self._forget_the_outdated()
        for find in (
            self._branch_interfaces,
            self._instance_interfaces,
            self._addressed_interfaces,
            self._hyperpod_interfaces,
        ):
            missing = [pod for key, pod in by_key.items() if not self._cached(key)]
            if missing:
                for key, interface in (await find(missing, nodes)).items():
                    self._keep(key, interface)
        return self._answer(by_key, lambda pod: f"{pod.namespace}/{pod.name}", "pod")

    async def _branch_interfaces(
        self, pods: Sequence[Pod], nodes: Mapping[str, Node]
    ) -> Mapping[PodKey, NetworkInterface]:
        """Pods with an interface of their own, named in an annotation."""
        wanted = {eni: _pod_key(pod) for pod in pods if (eni := _branch_interface(pod))}
        if not wanted:
            return {}
        answer = await self._aws.call("ec2", "describe_network_interfaces", NetworkInterfaceIds=sorted(wanted))
        return {wanted[item["NetworkInterfaceId"]]: _interface(item) for item in answer["NetworkInterfaces"]}

    async def _instance_interfaces(
        self, pods: Sequence[Pod], nodes: Mapping[str, Node]
    ) -> Mapping[PodKey, NetworkInterface]:
        """Pods whose address, or a prefix that holds it, is on an interface of their instance."""
        hosts = {
            _pod_key(pod): node
            for pod in pods
            if (node := nodes.get(pod.spec.node_name)) and _compute_type(node) == "ec2"
        }
        instances = {key: instance_id(node) for key, node in hosts.items()}
        found = self._held(pods, instances)
        missing = [node for key, node in hosts.items() if key not in found]
        if not missing:
            return found
        fresh = await self._instances(missing)
        until = self._clock() + INSTANCE_SECONDS
        self._of_instances |= {id_: (until, interfaces) for id_, interfaces in fresh.items()}
        return found | self._held(pods, instances)

    def _held(self, pods: Sequence[Pod], instances: Mapping[PodKey, str]) -> dict[PodKey, NetworkInterface]:
        """Pods that an interface holds which we know of."""
        found = {}
        for pod in pods:
            until, interfaces = self._of_instances.get(instances.get(_pod_key(pod), ""), (0.0, ()))
            held = (item for item in interfaces if until > self._clock() and _holds(item, pod.status.pod_ip))
            if item := next(held, None):
                found[_pod_key(pod)] = _interface(item)
        return found

    async def _addressed_interfaces(
        self, pods: Sequence[Pod], nodes: Mapping[str, Node]
    ) -> Mapping[PodKey, NetworkInterface]:
        """Pods found by their address among the VPC's interfaces: Fargate and HyperPod."""
        by_ip = {
            pod.status.pod_ip: _pod_key(pod)
            for pod in pods
            if (node := nodes.get(pod.spec.node_name)) and _compute_type(node) in ("fargate", "hyperpod")
        }
        by_address = await self._by_address(by_ip)
        return {by_ip[ip]: _interface(item) for ip, item in by_address.items()}

    async def _hyperpod_interfaces(
        self, pods: Sequence[Pod], nodes: Mapping[str, Node]
    ) -> Mapping[PodKey, NetworkInterface]:
        """HyperPod's Pods on a prefix of the interface that has their node's address."""
        hosts = {
            _pod_key(pod): address
            for pod in pods
            if (node := nodes.get(pod.spec.node_name))
            and _compute_type(node) == "hyperpod"
            and (address := _internal_ip(node))
        }
        by_address = await self._by_address(set(hosts.values()))
        found = {}
        for pod in pods:
            item = by_address.get(hosts.get(_pod_key(pod), ""))
            if item is not None and _holds(item, pod.status.pod_ip):
                found[_pod_key(pod)] = _interface(item)
        return found

    async def _by_address(self, ips: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """Interfaces of the VPC that have one of these addresses."""
        found: dict[str, Mapping[str, Any]] = {}
        wanted = sorted(set(filter(None, ips)))
        for name, family in (
            ("addresses.private-ip-address", [ip for ip in wanted if ":" not in ip]),
            ("ipv6-addresses.ipv6-address", [ip for ip in wanted if ":" in ip]),
        ):
            for start in range(0, len(family), IPS_PER_CALL):
                filters = [
                    {"Name": "vpc-id", "Values": [self._vpc_id]},
                    {"Name": name, "Values": family[start : start + IPS_PER_CALL]},
                ]
                for item in await self._aws.paginate(
                    "ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=filters
                ):
                    found |= dict.fromkeys((address for address in _addresses(item) if address in wanted), item)
        return found

    async def _instances(self, nodes: Sequence[Node]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Interfaces by instance id, in AWS's order."""
        ids = sorted({instance_id(node) for node in nodes})
        reservations = await self._aws.paginate("ec2", "describe_instances", "Reservations", InstanceIds=ids)
        return {
            instance["InstanceId"]: instance.get("NetworkInterfaces", [])
            for reservation in reservations
            for instance in reservation["Instances"]
        }

    def _cached(self, key: tuple[str, ...]) -> NetworkInterface | None:
        entry = self._cache.get(key)
        return entry[1] if entry and entry[0] > self._clock() else None

    def _keep(self, key: tuple[str, ...], interface: NetworkInterface) -> None:
        self._cache[key] = (self._clock() + CACHE_SECONDS, interface)

    def _forget_the_outdated(self) -> None:
        now = self._clock()
        for key in [key for key, (until, _) in self._cache.items() if until <= now]:
            del self._cache[key]

    def _answer(self, by_key: Mapping[Any, Any], name: Callable[[Any], str], kind: str) -> dict[str, NetworkInterface]:
        found = {name(obj): interface for key, obj in by_key.items() if (interface := self._cached(key))}
        unresolved = sorted(name(obj) for obj in by_key.values() if name(obj) not in found and not _is_hybrid_node(obj))
        if unresolved:
            raise Invalid(f"cannot resolve {kind} ENI for {kind}s: {', '.join(unresolved)}")
        return found


def endpoint_security_group(
    interface: NetworkInterface,
    tags_of: Mapping[str, Mapping[str, str]],
    cluster_name: str,
    extra_tags: Mapping[str, str],
) -> str:
    """The interface's one security group that carries the cluster's tag (spec/targets.md §9.3). Raises `Invalid`."""
    if len(interface.security_group_ids) == 1:
        return interface.security_group_ids[0]
    cluster_tag = f"kubernetes.io/cluster/{cluster_name}"
    tagged = sorted(
        id_
        for id_ in interface.security_group_ids
        if cluster_tag in tags_of[id_] and extra_tags.items() <= tags_of[id_].items()
    )
    if len(tagged) == 1:
        return tagged[0]
    extra = f" and {', '.join(f'{k}={v}' for k, v in sorted(extra_tags.items()))}" if extra_tags else ""
    raise Invalid(
        f"expected exactly one security group tagged with {cluster_tag}{extra} for eni {interface.id}, "
        f"got: [{' '.join(tagged)}] (clusterName: {cluster_name})"
    )


def _pod_key(pod: Pod) -> PodKey:
    return pod.namespace, pod.name, pod.metadata.uid


def _compute_type(node: Node) -> str:
    labels = node.metadata.labels
    if labels.get(_COMPUTE_TYPE) == "fargate":
        return "fargate"
    if labels.get(_SAGEMAKER_COMPUTE_TYPE) == "hyperpod":
        return "hyperpod"
    return "hybrid" if labels.get(_COMPUTE_TYPE) == "hybrid" else "ec2"


def _hybrid(node: Node) -> bool:
    return _compute_type(node) == "hybrid"


def _internal_ip(node: Node) -> str:
    return next((each.address for each in node.status.addresses if each.type == "InternalIP"), "")


def _is_hybrid_node(obj: Node | Pod) -> bool:
    return isinstance(obj, Node) and _hybrid(obj)


def _branch_interface(pod: Pod) -> str | None:
    """Id of the interface that the VPC resource controller gave to the Pod alone."""
    try:
        entries = json.loads(pod.metadata.annotations.get(_POD_ENI_ANNOTATION, "[]"))
        return next(
            (
                str(entry["eniId"])
                for entry in entries
                if pod.status.pod_ip and pod.status.pod_ip in (entry.get("privateIp"), entry.get("ipv6Addr"))
            ),
            None,
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _primary(interfaces: Sequence[Mapping[str, Any]]) -> NetworkInterface | None:
    return next((_interface(item) for item in interfaces if item.get("Attachment", {}).get("DeviceIndex") == 0), None)


def _interface(item: Mapping[str, Any]) -> NetworkInterface:
    return NetworkInterface(
        item["NetworkInterfaceId"], tuple(sorted(group["GroupId"] for group in item.get("Groups", ())))
    )


def _addresses(item: Mapping[str, Any]) -> list[str]:
    ipv4 = [address["PrivateIpAddress"] for address in item.get("PrivateIpAddresses", ())]
    return ipv4 + [address["Ipv6Address"] for address in item.get("Ipv6Addresses", ())]


def _holds(item: Mapping[str, Any], ip: str) -> bool:
    if ip in _addresses(item):
        return True
    prefixes = [p["Ipv4Prefix"] for p in item.get("Ipv4Prefixes") or ()]
    prefixes += [p["Ipv6Prefix"] for p in item.get("Ipv6Prefixes") or ()]
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False  # a Pod without an address (yet) is nowhere
    return any(address in ipaddress.ip_network(prefix) for prefix in prefixes)

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
IPS_PER_CALL = 199

_COMPUTE_TYPE = "eks.amazonaws.com/compute-type"
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
        for find in (self._branch_interfaces, self._instance_interfaces, self._addressed_interfaces):
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
        hosts = {pod.spec.node_name: nodes[pod.spec.node_name] for pod in pods if pod.spec.node_name in nodes}
        instances = [n for n in hosts.values() if n.metadata.labels.get(_COMPUTE_TYPE) != "fargate" and not _hybrid(n)]
        if not instances:
            return {}
        by_instance = await self._instances(instances)
        found = {}
        for pod in pods:
            node = hosts.get(pod.spec.node_name)
            for item in by_instance.get(instance_id(node), ()) if node in instances and node else ():
                if _holds(item, pod.status.pod_ip):
                    found[_pod_key(pod)] = _interface(item)
                    break
        return found

    async def _addressed_interfaces(
        self, pods: Sequence[Pod], nodes: Mapping[str, Node]
    ) -> Mapping[PodKey, NetworkInterface]:
        """Pods found by their address among the VPC's interfaces: Fargate."""
        by_ip = {
            pod.status.pod_ip: _pod_key(pod)
            for pod in pods
            if (node := nodes.get(pod.spec.node_name)) and node.metadata.labels.get(_COMPUTE_TYPE) == "fargate"
        }
        found: dict[PodKey, NetworkInterface] = {}
        ips = sorted(by_ip)
        for start in range(0, len(ips), IPS_PER_CALL):
            part = ips[start : start + IPS_PER_CALL]
            filters = [
                {"Name": "vpc-id", "Values": [self._vpc_id]},
                {"Name": "addresses.private-ip-address", "Values": part},
            ]
            for item in await self._aws.paginate(
                "ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=filters
            ):
                found |= {by_ip[address]: _interface(item) for address in _addresses(item) if address in by_ip}
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


def _hybrid(node: Node) -> bool:
    return node.metadata.labels.get(_COMPUTE_TYPE) == "hybrid"


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
    return [address["PrivateIpAddress"] for address in item.get("PrivateIpAddresses", ())]


def _holds(item: Mapping[str, Any], ip: str) -> bool:
    if ip in _addresses(item):
        return True
    prefixes = [p["Ipv4Prefix"] for p in item.get("Ipv4Prefixes") or ()]
    prefixes += [p["Ipv6Prefix"] for p in item.get("Ipv6Prefixes") or ()]
    address = ipaddress.ip_address(ip)
    return any(address in ipaddress.ip_network(prefix) for prefix in prefixes)

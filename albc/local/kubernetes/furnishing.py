"""What a new cluster has: namespaces, service accounts, nodes, the `kubernetes` Service, the administrators' roles."""

from __future__ import annotations

from functools import partial
from typing import Any

from albc.local.kubernetes.calls import Target, WriteOptions, timestamp
from albc.local.kubernetes.options import ClusterOptions, NodeOptions
from albc.local.kubernetes.registry import Registry
from albc.local.kubernetes.writing import Writer

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
_RBAC = "rbac.authorization.k8s.io"
_EVERYTHING = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
_EVERY_PATH = {"verbs": ["*"], "nonResourceURLs": ["*"]}


async def furnish(writer: Writer, registry: Registry, options: ClusterOptions) -> None:
    """Creates it all; to be called once, before the first client."""
    how = WriteOptions()

    async def create(api_version: str, kind: str, namespace: str, name: str, **rest: Any) -> Target:
        resource = registry.builtin(api_version, kind)
        metadata = {"name": name, **rest.pop("metadata", {})}
        await writer.create(Target(resource, namespace), {"metadata": metadata, **rest}, how)
        return Target(resource, namespace, name)

    for name in NAMESPACES:
        await create("v1", "Namespace", "", name)
        await create("v1", "ServiceAccount", name, "default")
    await create(f"{_RBAC}/v1", "ClusterRole", "", "cluster-admin", rules=[_EVERYTHING, _EVERY_PATH])
    subjects = [{"kind": "Group", "name": "system:masters"}]
    admin = {"kind": "ClusterRole", "name": "cluster-admin"}
    await create(f"{_RBAC}/v1", "ClusterRoleBinding", "", "cluster-admin", roleRef=admin, subjects=subjects)
    ports = [{"name": "https", "port": 443, "targetPort": 6443}]
    labels = {"component": "apiserver", "provider": "kubernetes"}
    await create("v1", "Service", "default", "kubernetes", metadata={"labels": labels}, spec={"ports": ports})
    for node in options.nodes:
        target = await create(
            "v1", "Node", "", node.name, metadata=_node_metadata(node, options), spec=_node_spec(node)
        )
        await writer.modify(Target(target.resource, "", node.name, "status"), partial(_with_status, node), how)


def _with_status(node: NodeOptions, obj: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "status": _node_status(node)}


def _node_metadata(node: NodeOptions, options: ClusterOptions) -> dict[str, Any]:
    return {
        "labels": {
            "beta.kubernetes.io/arch": "amd64",
            "beta.kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": node.name,
            "kubernetes.io/os": "linux",
            "node.kubernetes.io/instance-type": node.instance_type,
            "topology.kubernetes.io/region": options.region,
            "topology.kubernetes.io/zone": node.zone,
        }
    }


def _node_spec(node: NodeOptions) -> dict[str, Any]:
    cidr = str(node.pod_cidr)
    return {"podCIDR": cidr, "podCIDRs": [cidr], "providerID": node.provider_id}


_CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def _node_status(node: NodeOptions) -> dict[str, Any]:
    now = timestamp()
    amounts = {"cpu": "4", "memory": "16Gi", "pods": "10000", "ephemeral-storage": "100Gi"}
    return {
        "addresses": [
            {"type": "InternalIP", "address": node.internal_ip},
            {"type": "Hostname", "address": node.name},
        ],
        "capacity": amounts,
        "allocatable": amounts,
        "conditions": [
            {
                "type": kind,
                "status": status,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": now,
                "lastTransitionTime": now,
            }
            for kind, status, reason, message in _CONDITIONS
        ],
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "",
            "containerRuntimeVersion": "albc://1",
            "kernelVersion": "local",
            "kubeProxyVersion": "",
            "kubeletVersion": "v1.36.0",
            "machineID": "",
            "operatingSystem": "linux",
            "osImage": "albc local",
            "systemUUID": "",
        },
    }

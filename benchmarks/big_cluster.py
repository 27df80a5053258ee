"""An API server with many objects, as a process of its own, for benchmarks/informer.py.

    python -m benchmarks.big_cluster PODS SLICES INGRESSES

Prints its kubeconfig as one line of JSON. Each line `COUNT RATE` on standard input changes so many Pods, one after the
other, at that rate a second; when the last one is changed it answers with the resourceVersion of that.
"""

import json
import sys
import time
from typing import Any

import anyio

from albc.local.kubernetes import Cluster, ClusterOptions
from albc.local.kubernetes.store import Key, StorageName

PODS = StorageName("", "pods")
SLICES = StorageName("discovery.k8s.io", "endpointslices")
INGRESSES = StorageName("networking.k8s.io", "ingresses")
CREATED = "2026-01-01T00:00:00Z"
NAMESPACES = 50


def moment(number: int) -> str:
    """Each Pod has a time of its own, as in a cluster that came to be over hours."""
    return f"2026-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"


def metadata(kind: str, number: int, fields: int) -> dict[str, Any]:
    """As a cluster has it: labels, an owner, and field managers that take more room than all else."""
    managed: dict[str, Any] = {f"f:field-{position}": {"f:name": {}, "f:value": {}} for position in range(fields)}
    return {
        "name": f"{kind}-{number}",
        "namespace": f"team-{number % NAMESPACES}",
        "uid": f"00000000-0000-4000-8000-{number:012x}",
        "creationTimestamp": moment(number),
        "labels": {
            "app": f"app-{number // 10}",
            "kubernetes.io/service-name": f"app-{number}",
            "pod-template-hash": "5d",
        },
        "managedFields": [
            {"manager": "kube-controller-manager", "operation": "Update", "time": CREATED, "fieldsV1": managed}
        ],
    }


def pod(number: int) -> dict[str, Any]:
    """6 KB, as the Pod of a Deployment with a side-car has."""
    container = {
        "image": "registry.example.com/team/app:1.2.3",
        "env": [{"name": f"VARIABLE_{position}", "value": "some value"} for position in range(12)],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
        "volumeMounts": [{"name": "token", "mountPath": "/var/run/secrets", "readOnly": True}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 10},
    }
    conditions = ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    address = f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata("pod", number, 45),
        "spec": {
            "nodeName": f"node-{number % 100}",
            "containers": [{"name": "app", **container}, {"name": "side-car", **container}],
            "readinessGates": [{"conditionType": f"target-health.elbv2.k8s.aws/app-{number // 10}"}],
        },
        "status": {
            "phase": "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "conditions": [
                {"type": name, "status": "True", "lastTransitionTime": moment(number)} for name in conditions
            ],
        },
    }


def endpoint_slice(number: int) -> dict[str, Any]:
    """3.5 KB, most of it written by field managers: two endpoints, as each of as many Pods is in two Services."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata("slice", number, 45),
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
        "endpoints": [
            {
                "addresses": [f"10.{number // 25 % 256}.{number % 25}.{position}"],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "nodeName": f"node-{position}",
                "targetRef": {"kind": "Pod", "namespace": f"team-{number % NAMESPACES}", "name": f"pod-{position}"},
                "zone": "us-west-2a",
            }
            for position in range(2)
        ],
    }


def ingress(number: int) -> dict[str, Any]:
    """2 KB: five paths."""
    paths = [
        {
            "path": f"/path-{position}",
            "pathType": "Prefix",
            "backend": {"service": {"name": f"app-{position}", "port": {"number": 80}}},
        }
        for position in range(5)
    ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            **metadata("ingress", number, 10),
            "annotations": {
                "alb.ingress.kubernetes.io/target-type": "ip",
                "alb.ingress.kubernetes.io/scheme": "internal",
            },
        },
        "spec": {
            "ingressClassName": "alb",
            "rules": [{"host": f"app-{number}.example.com", "http": {"paths": paths}}],
        },
    }


def fill(cluster: Cluster, pods: int, slices: int, ingresses: int) -> None:
    for storage, make, count in ((PODS, pod, pods), (SLICES, endpoint_slice, slices), (INGRESSES, ingress, ingresses)):
        for number in range(count):
            obj = make(number)
            cluster.store.create(storage, Key(obj["metadata"]["namespace"], obj["metadata"]["name"]), obj)


async def change(cluster: Cluster, count: int, rate: float) -> str:
    """The readiness of one Pod after the other turns."""
    pods = cluster.store.collection(PODS)
    started = time.perf_counter()
    changed = None
    for number, stored in enumerate(pods.values() * (count // len(pods) + 1)):
        if number == count:
            break
        await anyio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        current = pods.get(stored.key)
        assert current is not None
        obj = current.object()
        ready = obj["status"]["conditions"][1]
        ready["status"] = "False" if ready["status"] == "True" else "True"
        changed = cluster.store.update(PODS, current.key, obj, expected=current.revision)
    return str(changed.revision) if changed else ""


async def main() -> None:
    async with Cluster(state=ClusterOptions(controllers=False, history=200_000)) as cluster:
        fill(cluster, *map(int, sys.argv[1:4]))
        print(json.dumps(cluster.kubeconfig()), flush=True)
        orders = anyio.wrap_file(sys.stdin)
        async for line in orders:
            count, rate = line.split()
            print(await change(cluster, int(count), float(rate)), flush=True)


if __name__ == "__main__":
    anyio.run(main)

"""Objects that a user could have written, in few words."""

from collections.abc import Callable
from typing import Any

import pytest

from albc.kube.objects import ENDPOINT_SLICES, NODES, PODS, SERVICES, EndpointSlice, Node, Pod, Service

MakePod = Callable[..., Pod]


@pytest.fixture
def make_pod() -> MakePod:
    def make(
        name: str, ip: str = "10.0.0.1", *, node: str = "node-a", gates: tuple[str, ...] = (), **conditions: str
    ) -> Pod:
        return PODS.convert(
            {
                "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}"},
                "spec": {
                    "nodeName": node,
                    "containers": [{"name": "web", "ports": [{"name": "http", "containerPort": 8080}]}],
                    "readinessGates": [{"conditionType": gate} for gate in gates],
                },
                "status": {
                    "podIP": ip,
                    "conditions": [{"type": type_, "status": status} for type_, status in conditions.items()],
                },
            }
        )

    return make


@pytest.fixture
def make_node() -> Callable[..., Node]:
    def make(
        name: str,
        *,
        ready: str | None = "True",
        labels: dict[str, str] | None = None,
        taints: tuple[tuple[str, str], ...] = (),
        provider: str = "aws:///us-west-2a/i-1",
    ) -> Node:
        return NODES.convert(
            {
                "metadata": {"name": name, "labels": labels or {}},
                "spec": {"providerID": provider, "taints": [{"key": k, "effect": e} for k, e in taints]},
                "status": {"conditions": [{"type": "Ready", "status": ready}] if ready else []},
            }
        )

    return make


@pytest.fixture
def make_service() -> Callable[..., Service]:
    def make(*ports: dict[str, Any], type_: str = "ClusterIP") -> Service:
        return SERVICES.convert(
            {
                "metadata": {"name": "web", "namespace": "shop"},
                "spec": {"type": type_, "ports": list(ports or ({"name": "http", "port": 80, "targetPort": 8080},))},
            }
        )

    return make


@pytest.fixture
def make_slice() -> Callable[..., EndpointSlice]:
    """A slice of one port; each endpoint is (address, pod name or "" for none, ready, terminating)."""

    def make(
        *endpoints: tuple[str, str, bool | None, bool], port_name: str = "http", port: int = 8080, family: str = "IPv4"
    ) -> EndpointSlice:
        return ENDPOINT_SLICES.convert(
            {
                "metadata": {"name": "web-1", "namespace": "shop"},
                "addressType": family,
                "ports": [{"name": port_name, "port": port}],
                "endpoints": [
                    {
                        "addresses": [address],
                        "conditions": {"ready": ready, "terminating": terminating},
                        "targetRef": {"kind": "Pod", "name": pod, "namespace": "shop"} if pod else None,
                    }
                    for address, pod, ready, terminating in endpoints
                ],
            }
        )

    return make

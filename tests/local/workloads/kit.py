"""Services, EndpointSlices and Nodes as kube-proxy sees them."""

from typing import Any


def node(name: str, address: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"addresses": [{"type": "InternalIP", "address": address}]}}


def service(*ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"ports": list(ports), **spec}}


HTTP = {"name": "http", "port": 80, "nodePort": 30080}


def slice_of(*endpoints: dict[str, Any], port: int = 8080, name: str = "http") -> dict[str, Any]:
    return {
        "metadata": {"namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "ports": [{"name": name, "port": port}],
        "endpoints": list(endpoints),
    }


def endpoint(address: str, node_name: str = "a", **conditions: bool) -> dict[str, Any]:
    return {"addresses": [address], "nodeName": node_name, "conditions": conditions or {"ready": True}}

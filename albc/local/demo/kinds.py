"""The kinds that the examples are made of, read and written as plain data."""

from collections.abc import Mapping
from typing import Any

from albc.kube.resource import Resource


def _resource(group: str, version: str, kind: str, plural: str, *, namespaced: bool = True) -> Resource[dict[str, Any]]:
    return Resource(group, version, kind, plural, namespaced, dict[str, Any])


KINDS: Mapping[str, Resource[dict[str, Any]]] = {
    resource.kind: resource
    for resource in (
        _resource("", "v1", "Event", "events"),
        _resource("", "v1", "Namespace", "namespaces", namespaced=False),
        _resource("", "v1", "Node", "nodes", namespaced=False),
        _resource("", "v1", "Pod", "pods"),
        _resource("", "v1", "Secret", "secrets"),
        _resource("", "v1", "Service", "services"),
        _resource("apps", "v1", "Deployment", "deployments"),
        _resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
        _resource("networking.k8s.io", "v1", "Ingress", "ingresses"),
        _resource("networking.k8s.io", "v1", "IngressClass", "ingressclasses", namespaced=False),
        _resource("gateway.networking.k8s.io", "v1", "GatewayClass", "gatewayclasses", namespaced=False),
        _resource("gateway.networking.k8s.io", "v1", "Gateway", "gateways"),
        _resource("gateway.networking.k8s.io", "v1", "ListenerSet", "listenersets"),
        _resource("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"),
        _resource("gateway.networking.k8s.io", "v1", "GRPCRoute", "grpcroutes"),
        _resource("gateway.networking.k8s.io", "v1", "TCPRoute", "tcproutes"),
        _resource("gateway.networking.k8s.io", "v1", "TLSRoute", "tlsroutes"),
        _resource("gateway.networking.k8s.io", "v1", "UDPRoute", "udproutes"),
        _resource("gateway.networking.k8s.io", "v1beta1", "ReferenceGrant", "referencegrants"),
        _resource("gateway.k8s.aws", "v1", "LoadBalancerConfiguration", "loadbalancerconfigurations"),
        _resource("gateway.k8s.aws", "v1", "TargetGroupConfiguration", "targetgroupconfigurations"),
        _resource("gateway.k8s.aws", "v1", "ListenerRuleConfiguration", "listenerruleconfigurations"),
        _resource("elbv2.k8s.aws", "v1beta1", "IngressClassParams", "ingressclassparams", namespaced=False),
        _resource("elbv2.k8s.aws", "v1beta1", "TargetGroupBinding", "targetgroupbindings"),
    )
}
"""By kind."""


def hostname_of(obj: Mapping[str, Any]) -> str:
    """What an object's status says of its load balancer; "" if nothing yet."""
    status = obj.get("status") or {}
    if addresses := status.get("addresses"):
        return str(addresses[0]["value"])
    entries = (status.get("loadBalancer") or {}).get("ingress") or [{}]
    return str(entries[0].get("hostname", ""))

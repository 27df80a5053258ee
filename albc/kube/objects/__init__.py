"""The Kubernetes kinds that albc reads: frozen msgspec structs, and for each a `Resource` that says where it lives."""

from albc.kube.objects.core import ConfigMap, EndpointSlice, Namespace, Node, Pod, Secret, Service
from albc.kube.objects.gateway import (
    Gateway,
    GatewayClass,
    GRPCRoute,
    HTTPRoute,
    ListenerSet,
    ReferenceGrant,
    TCPRoute,
    TLSRoute,
    UDPRoute,
)
from albc.kube.objects.meta import KubeObject, ObjectMeta
from albc.kube.objects.networking import Ingress, IngressClass
from albc.kube.resource import Resource

SERVICES = Resource("", "v1", "Service", "services", True, Service)
PODS = Resource("", "v1", "Pod", "pods", True, Pod)
NODES = Resource("", "v1", "Node", "nodes", False, Node)
NAMESPACES = Resource("", "v1", "Namespace", "namespaces", False, Namespace)
SECRETS = Resource("", "v1", "Secret", "secrets", True, Secret)
CONFIG_MAPS = Resource("", "v1", "ConfigMap", "configmaps", True, ConfigMap)
ENDPOINT_SLICES = Resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", True, EndpointSlice)
INGRESSES = Resource("networking.k8s.io", "v1", "Ingress", "ingresses", True, Ingress)
INGRESS_CLASSES = Resource("networking.k8s.io", "v1", "IngressClass", "ingressclasses", False, IngressClass)

GATEWAY_GROUP = "gateway.networking.k8s.io"
GATEWAY_CLASSES = Resource(GATEWAY_GROUP, "v1", "GatewayClass", "gatewayclasses", False, GatewayClass)
GATEWAYS = Resource(GATEWAY_GROUP, "v1", "Gateway", "gateways", True, Gateway)
LISTENER_SETS = Resource(GATEWAY_GROUP, "v1", "ListenerSet", "listenersets", True, ListenerSet)
HTTP_ROUTES = Resource(GATEWAY_GROUP, "v1", "HTTPRoute", "httproutes", True, HTTPRoute)
GRPC_ROUTES = Resource(GATEWAY_GROUP, "v1", "GRPCRoute", "grpcroutes", True, GRPCRoute)
TCP_ROUTES = Resource(GATEWAY_GROUP, "v1", "TCPRoute", "tcproutes", True, TCPRoute)
UDP_ROUTES = Resource(GATEWAY_GROUP, "v1", "UDPRoute", "udproutes", True, UDPRoute)
TLS_ROUTES = Resource(GATEWAY_GROUP, "v1", "TLSRoute", "tlsroutes", True, TLSRoute)
REFERENCE_GRANTS = Resource(GATEWAY_GROUP, "v1beta1", "ReferenceGrant", "referencegrants", True, ReferenceGrant)

__all__ = [
    "CONFIG_MAPS",
    "ENDPOINT_SLICES",
    "GATEWAYS",
    "GATEWAY_CLASSES",
    "GATEWAY_GROUP",
    "GRPC_ROUTES",
    "HTTP_ROUTES",
    "INGRESSES",
    "INGRESS_CLASSES",
    "LISTENER_SETS",
    "NAMESPACES",
    "NODES",
    "PODS",
    "REFERENCE_GRANTS",
    "SECRETS",
    "SERVICES",
    "TCP_ROUTES",
    "TLS_ROUTES",
    "UDP_ROUTES",
    "ConfigMap",
    "EndpointSlice",
    "GRPCRoute",
    "Gateway",
    "GatewayClass",
    "HTTPRoute",
    "Ingress",
    "IngressClass",
    "KubeObject",
    "ListenerSet",
    "Namespace",
    "Node",
    "ObjectMeta",
    "Pod",
    "ReferenceGrant",
    "Resource",
    "Secret",
    "Service",
    "TCPRoute",
    "TLSRoute",
    "UDPRoute",
]

"""The Kubernetes objects that mapping reads, as they stood at one moment.

Controllers make one from the informers' stores, `albc plan -f` from files. Every field is a map from
`NamespacedName` to object; cluster-scoped objects have an empty namespace.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from albc.crds.gateway import ListenerRuleConfiguration, LoadBalancerConfiguration, TargetGroupConfiguration
from albc.crds.ingress_class_params import IngressClassParams
from albc.kube.key import NamespacedName
from albc.kube.objects import (
    Gateway,
    GatewayClass,
    GRPCRoute,
    HTTPRoute,
    Ingress,
    IngressClass,
    ListenerSet,
    Namespace,
    ReferenceGrant,
    Secret,
    Service,
    TCPRoute,
    TLSRoute,
    UDPRoute,
)

T = TypeVar("T")


def _none() -> Mapping[NamespacedName, T]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    namespaces: Mapping[NamespacedName, Namespace] = field(default_factory=_none)
    services: Mapping[NamespacedName, Service] = field(default_factory=_none)
    secrets: Mapping[NamespacedName, Secret] = field(default_factory=_none)
    """Only those that some object refers to."""

    ingresses: Mapping[NamespacedName, Ingress] = field(default_factory=_none)
    ingress_classes: Mapping[NamespacedName, IngressClass] = field(default_factory=_none)
    ingress_class_params: Mapping[NamespacedName, IngressClassParams] = field(default_factory=_none)

    gateway_classes: Mapping[NamespacedName, GatewayClass] = field(default_factory=_none)
    gateways: Mapping[NamespacedName, Gateway] = field(default_factory=_none)
    listener_sets: Mapping[NamespacedName, ListenerSet] = field(default_factory=_none)
    http_routes: Mapping[NamespacedName, HTTPRoute] = field(default_factory=_none)
    grpc_routes: Mapping[NamespacedName, GRPCRoute] = field(default_factory=_none)
    tcp_routes: Mapping[NamespacedName, TCPRoute] = field(default_factory=_none)
    udp_routes: Mapping[NamespacedName, UDPRoute] = field(default_factory=_none)
    tls_routes: Mapping[NamespacedName, TLSRoute] = field(default_factory=_none)
    reference_grants: Mapping[NamespacedName, ReferenceGrant] = field(default_factory=_none)
    load_balancer_configurations: Mapping[NamespacedName, LoadBalancerConfiguration] = field(default_factory=_none)
    target_group_configurations: Mapping[NamespacedName, TargetGroupConfiguration] = field(default_factory=_none)
    listener_rule_configurations: Mapping[NamespacedName, ListenerRuleConfiguration] = field(default_factory=_none)


__all__ = ["NamespacedName", "Snapshot"]

"""The informers' stores as the controllers use them, and the `Snapshot` that mapping reads.

A snapshot is a set of views: it costs nothing, and is consistent as long as a reconcile does not await.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from albc.crds.gateway import ListenerRuleConfiguration, LoadBalancerConfiguration, TargetGroupConfiguration
from albc.crds.ingress_class_params import IngressClassParams
from albc.crds.resources import (
    INGRESS_CLASS_PARAMS,
    LISTENER_RULE_CONFIGURATIONS,
    LOAD_BALANCER_CONFIGURATIONS,
    TARGET_GROUP_BINDINGS,
    TARGET_GROUP_CONFIGURATIONS,
)
from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.informer import Change
from albc.engine.manager import Manager
from albc.engine.store import ObjectKey, Store
from albc.kube.objects import (
    ENDPOINT_SLICES,
    GATEWAY_CLASSES,
    GATEWAYS,
    GRPC_ROUTES,
    HTTP_ROUTES,
    INGRESS_CLASSES,
    INGRESSES,
    LISTENER_SETS,
    NAMESPACES,
    NODES,
    PODS,
    REFERENCE_GRANTS,
    SERVICES,
    TCP_ROUTES,
    TLS_ROUTES,
    UDP_ROUTES,
    EndpointSlice,
    Gateway,
    GatewayClass,
    GRPCRoute,
    HTTPRoute,
    Ingress,
    IngressClass,
    ListenerSet,
    Namespace,
    Node,
    Pod,
    ReferenceGrant,
    Service,
    TCPRoute,
    TLSRoute,
    UDPRoute,
)
from albc.mapping.snapshot import Snapshot

_MAPPED = tuple(field.name for field in fields(Snapshot) if field.name != "secrets")


@dataclass(frozen=True)
class Stores:
    """A store for each kind that is held in memory. Those that mapping reads bear the names of `Snapshot`'s fields."""

    namespaces: Store[Namespace]
    services: Store[Service]
    pods: Store[Pod]
    nodes: Store[Node]
    endpoint_slices: Store[EndpointSlice]
    target_group_bindings: Store[TargetGroupBinding]
    ingresses: Store[Ingress]
    ingress_classes: Store[IngressClass]
    ingress_class_params: Store[IngressClassParams]
    gateway_classes: Store[GatewayClass]
    gateways: Store[Gateway]
    listener_sets: Store[ListenerSet]
    http_routes: Store[HTTPRoute]
    grpc_routes: Store[GRPCRoute]
    tcp_routes: Store[TCPRoute]
    udp_routes: Store[UDPRoute]
    tls_routes: Store[TLSRoute]
    reference_grants: Store[ReferenceGrant]
    load_balancer_configurations: Store[LoadBalancerConfiguration]
    target_group_configurations: Store[TargetGroupConfiguration]
    listener_rule_configurations: Store[ListenerRuleConfiguration]

    @classmethod
    def of(cls, manager: Manager) -> "Stores":
        """Asks the manager for all of them. Kinds of the Gateway API and its configurations may be missing."""
        return cls(
            namespaces=manager.store(NAMESPACES),
            services=manager.store(SERVICES),
            pods=manager.store(PODS),
            nodes=manager.store(NODES),
            endpoint_slices=manager.store(ENDPOINT_SLICES, {"service": _service_of_slice, "pod": _pods_of_slice}),
            target_group_bindings=manager.store(
                TARGET_GROUP_BINDINGS,
                {"service": _service_of_binding, "target_type": _target_type, "stack": _stack_labels},
            ),
            ingresses=manager.store(INGRESSES),
            ingress_classes=manager.store(INGRESS_CLASSES),
            ingress_class_params=manager.store(INGRESS_CLASS_PARAMS),
            gateway_classes=manager.store(GATEWAY_CLASSES, optional=True),
            gateways=manager.store(GATEWAYS, optional=True),
            listener_sets=manager.store(LISTENER_SETS, optional=True),
            http_routes=manager.store(HTTP_ROUTES, optional=True),
            grpc_routes=manager.store(GRPC_ROUTES, optional=True),
            tcp_routes=manager.store(TCP_ROUTES, optional=True),
            udp_routes=manager.store(UDP_ROUTES, optional=True),
            tls_routes=manager.store(TLS_ROUTES, optional=True),
            reference_grants=manager.store(REFERENCE_GRANTS, optional=True),
            load_balancer_configurations=manager.store(LOAD_BALANCER_CONFIGURATIONS, optional=True),
            target_group_configurations=manager.store(TARGET_GROUP_CONFIGURATIONS, optional=True),
            listener_rule_configurations=manager.store(LISTENER_RULE_CONFIGURATIONS, optional=True),
        )

    @property
    def routes(self) -> Mapping[str, Store[Any]]:
        """By kind."""
        return {
            "HTTPRoute": self.http_routes,
            "GRPCRoute": self.grpc_routes,
            "TCPRoute": self.tcp_routes,
            "UDPRoute": self.udp_routes,
            "TLSRoute": self.tls_routes,
        }

    def snapshot(self, secrets: Any = None) -> Snapshot:
        """What mapping reads, as it stands now. `secrets` by namespace and name."""
        return Snapshot(secrets=secrets or {}, **{kind: getattr(self, kind).objects for kind in _MAPPED})

    def lasting_snapshot(self) -> Snapshot:
        """As `snapshot`, for who awaits something between one look and the next, and must see the same in both: what
        was asked of AWS for some objects does not answer for those that come meanwhile. It costs a copy of the maps.
        """
        return Snapshot(**{kind: getattr(self, kind).copy() for kind in _MAPPED})


def _service_of_slice(slice_: EndpointSlice) -> list[tuple[str, str]]:
    name = slice_.metadata.labels.get("kubernetes.io/service-name")
    return [(slice_.namespace, name)] if name else []


def _pods_of_slice(slice_: EndpointSlice) -> list[ObjectKey]:
    references = (endpoint.target_ref for endpoint in slice_.endpoints)
    return [ObjectKey(ref.namespace or slice_.namespace, ref.name) for ref in references if ref and ref.kind == "Pod"]


def _service_of_binding(binding: TargetGroupBinding) -> list[tuple[str, str]]:
    return [(binding.namespace, binding.spec.service_ref.name)]


def _target_type(binding: TargetGroupBinding) -> list[str]:
    return [binding.spec.target_type] if binding.spec.target_type else []


_STACK_LABELS = ("/stack", "/stack-namespace", "/stack-name")


def _stack_labels(binding: TargetGroupBinding) -> list[tuple[tuple[str, str], ...]]:
    """Those of a binding's labels that say whose it is, sorted."""
    labels = binding.metadata.labels
    return [tuple(sorted((key, value) for key, value in labels.items() if key.endswith(_STACK_LABELS)))]


def gone(change: Change[Any]) -> bool:
    """The object was deleted, for a watch that waits for just that."""
    return change.type == "deleted"

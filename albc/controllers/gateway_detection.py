"""Which CRDs the Gateway API controllers need (spec/runtime.md §4).

The controllers of a layer begin when the server knows all kinds of that layer, and ListenerSets are handled from when
it knows these: at the start, or later, when somebody installs them. The reference looks once, and must be restarted.

Called by `albc.controllers.assembly`.
"""

from collections.abc import Callable
from typing import Any, Final

from albc.crds.resources import (
    LISTENER_RULE_CONFIGURATIONS,
    LOAD_BALANCER_CONFIGURATIONS,
    TARGET_GROUP_CONFIGURATIONS,
)
from albc.engine.manager import Manager
from albc.kube.objects import (
    GATEWAY_CLASSES,
    GATEWAYS,
    GRPC_ROUTES,
    HTTP_ROUTES,
    LISTENER_SETS,
    TCP_ROUTES,
    TLS_ROUTES,
    UDP_ROUTES,
)
from albc.kube.resource import Resource
from albc.mapping.gateway.classes import Layer
from albc.settings.gates import FeatureGates

NEEDED_BY_ALL: Final[tuple[Resource[Any], ...]] = (
    GATEWAYS,
    GATEWAY_CLASSES,
    LOAD_BALANCER_CONFIGURATIONS,
    TARGET_GROUP_CONFIGURATIONS,
    LISTENER_RULE_CONFIGURATIONS,
)
_ROUTES: Final[tuple[Resource[Any], ...]] = (HTTP_ROUTES, GRPC_ROUTES, TCP_ROUTES, UDP_ROUTES, TLS_ROUTES)
_LISTENER_SETS_GATE = "GatewayListenerSet"


def needed_by(layer: Layer) -> tuple[Resource[Any], ...]:
    """The kinds without which a layer's Gateways cannot be served."""
    return (*NEEDED_BY_ALL, *(routes for routes in _ROUTES if routes.kind in layer.route_kinds))


def listener_sets_handled(gates: FeatureGates, manager: Manager) -> Callable[[], bool]:
    """Whether ListenerSets are handled by now: as the user has said, else if the server knows them."""
    if not gates.defaulted(_LISTENER_SETS_GATE):
        chosen = gates.enabled(_LISTENER_SETS_GATE)
        return lambda: chosen
    return manager.informer(LISTENER_SETS, optional=True).listed.is_set

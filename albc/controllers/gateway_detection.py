"""Which CRDs the Gateway API controllers need (spec/runtime.md §4).

The controllers of a layer begin when the server knows all kinds of that layer: at the start, or later, when somebody
installs them. The reference looks once, and must be restarted. What ListenerSets change in the statuses of Gateways and
classes is decided at the start.

Called by `albc.controllers.assembly`, and by `albc.cli.run` before anything is put together.
"""

from typing import Any, Final

import msgspec
import structlog

from albc.crds.resources import (
    LISTENER_RULE_CONFIGURATIONS,
    LOAD_BALANCER_CONFIGURATIONS,
    TARGET_GROUP_CONFIGURATIONS,
)
from albc.errors import NotFound
from albc.kube.client import Client
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

log = structlog.stdlib.get_logger("setup")

NEEDED_BY_ALL: Final[tuple[Resource[Any], ...]] = (
    GATEWAYS,
    GATEWAY_CLASSES,
    LOAD_BALANCER_CONFIGURATIONS,
    TARGET_GROUP_CONFIGURATIONS,
    LISTENER_RULE_CONFIGURATIONS,
)
_ROUTES: Final[tuple[Resource[Any], ...]] = (HTTP_ROUTES, GRPC_ROUTES, TCP_ROUTES, UDP_ROUTES, TLS_ROUTES)
_LISTENER_SETS_GATE = "GatewayListenerSet"


class _Kind(msgspec.Struct, frozen=True):
    kind: str


class _Discovered(msgspec.Struct, frozen=True):
    resources: tuple[_Kind, ...] = ()


def needed_by(layer: Layer) -> tuple[Resource[Any], ...]:
    """The kinds without which a layer's Gateways cannot be served."""
    return (*NEEDED_BY_ALL, *(routes for routes in _ROUTES if routes.kind in layer.route_kinds))


async def detect(client: Client, gates: FeatureGates) -> FeatureGates:
    """The gates, without the one for ListenerSets if the server does not know them and the user has not set it.

    Raises what the server answers; that it has no such kind is no failure.
    """
    if not gates.enabled(_LISTENER_SETS_GATE) or not gates.defaulted(_LISTENER_SETS_GATE):
        return gates
    try:
        body = await client.raw(LISTENER_SETS.base_path)
    except NotFound:
        known: set[str] = set()
    else:
        known = {each.kind for each in msgspec.json.decode(body, type=_Discovered).resources}
    if LISTENER_SETS.kind in known:
        return gates
    log.info(f"Disabling {_LISTENER_SETS_GATE}: missing required CRDs", missing=[LISTENER_SETS.kind])
    return gates.without(_LISTENER_SETS_GATE)

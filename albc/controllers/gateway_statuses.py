"""Writes the statuses of a Gateway, its ListenerSets and its routes, where they changed (spec/gateway.md §9)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from albc.controllers.stores import Stores
from albc.errors import Conflict, NotFound
from albc.kube.client import Client
from albc.kube.objects import (
    GATEWAYS,
    GRPC_ROUTES,
    HTTP_ROUTES,
    LISTENER_SETS,
    TCP_ROUTES,
    TLS_ROUTES,
    UDP_ROUTES,
    Gateway,
)
from albc.kube.patches import MergePatch
from albc.kube.resource import Resource
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.outcome import BuiltGateway, RouteOutcome
from albc.mapping.gateway.routes import RouteObject, RouteRef
from albc.mapping.gateway.status import (
    LoadBalancerState,
    failed_gateway_status,
    gateway_status,
    listener_set_status,
    route_status,
)

_ROUTES: Mapping[str, Resource[Any]] = {
    resource.kind: resource for resource in (HTTP_ROUTES, GRPC_ROUTES, TCP_ROUTES, UDP_ROUTES, TLS_ROUTES)
}
_ATTEMPTS = 3


class GatewayStatuses:
    def __init__(self, client: Client, stores: Stores) -> None:
        self._client = client
        self._stores = stores

    async def write(self, gateway: Gateway, built: BuiltGateway, load_balancer: LoadBalancerState | None) -> None:
        """The Gateway's own and its ListenerSets'. `load_balancer`: None where there is none."""
        now = _now()
        wanted = gateway_status(built, gateway.status, load_balancer, now)
        if wanted != gateway.status:
            await self._patch(GATEWAYS, gateway, wanted)
        for name, found in (built.listener_sets or {}).items():
            if (listener_set := self._stores.listener_sets.get(name)) is not None:
                status = listener_set_status(found, listener_set.status, load_balancer, now)
                if status != listener_set.status:
                    await self._patch(LISTENER_SETS, listener_set, status)

    async def write_failure(self, gateway: Gateway, built: BuiltGateway, fault: Fault) -> None:
        """The deploy failed: not accepted, everything else as it was."""
        wanted = failed_gateway_status(built, gateway.status, fault, _now())
        if wanted != gateway.status:
            await self._patch(GATEWAYS, gateway, wanted)

    async def write_routes(self, built: BuiltGateway) -> None:
        """Routes are told what is known of them, whatever becomes of the Gateway."""
        now = _now()
        for ref, outcome in built.routes.items():
            await self._write_route(ref, outcome, built.layer.controller_name, now)

    async def _write_route(self, ref: RouteRef, outcome: RouteOutcome, controller: str, now: str) -> None:
        """With a lock on what was read: a route bears entries of other controllers, too."""
        resource = _ROUTES[ref.kind]
        route: RouteObject | None = self._stores.routes[ref.kind].get((ref.namespace, ref.name))
        for attempts_left in reversed(range(_ATTEMPTS)):
            if route is None:
                return
            wanted = route_status(outcome, route.status, controller, route.spec.parent_refs, now)
            if wanted == route.status:
                return
            try:
                await self._patch(resource, route, wanted, lock=True)
            except Conflict:
                if not attempts_left:
                    raise
                route = await self._read(resource, ref)
            else:
                return

    async def _read(self, resource: Resource[Any], ref: RouteRef) -> RouteObject | None:
        try:
            route: RouteObject = await self._client.get(resource, ref.name, ref.namespace)
        except NotFound:
            return None
        return route

    async def _patch(self, resource: Resource[Any], obj: Any, status: Any, *, lock: bool = False) -> None:
        body: dict[str, Any] = {"status": msgspec.to_builtins(status)}
        if lock:
            body["metadata"] = {"resourceVersion": obj.metadata.resource_version}
        try:
            await self._client.patch_status(resource, obj.name, MergePatch(body), obj.namespace)
        except NotFound:
            return


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""The five kinds of route in one shape, so that attachment, backends and rules are written once.

Called by `attachment`; the kinds differ in what their matches and filters mean, which `conditions`, `actions` and
`transforms` know.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from albc.kube.objects import GRPCRoute, HTTPRoute, TCPRoute, TLSRoute, UDPRoute
from albc.kube.objects.gateway import (
    BackendRef,
    GRPCRouteMatch,
    GRPCRouteRule,
    HTTPPathMatch,
    HTTPRouteMatch,
    HTTPRouteRule,
    L4RouteRule,
    ParentReference,
    RouteFilter,
)
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.problem import ObjectRef

RouteObject: TypeAlias = HTTPRoute | GRPCRoute | TCPRoute | UDPRoute | TLSRoute
Match: TypeAlias = HTTPRouteMatch | GRPCRouteMatch

KINDS = ("HTTPRoute", "GRPCRoute", "TCPRoute", "UDPRoute", "TLSRoute")
"""In the order in which equal routes of two kinds stand."""


@dataclass(frozen=True, slots=True)
class RouteRef:
    kind: str
    namespace: str
    name: str

    @property
    def object(self) -> ObjectRef:
        return ObjectRef(self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRule:
    index: int
    matches: tuple[Match, ...]
    """Empty for L4 routes, and where a rule takes everything."""
    filters: tuple[RouteFilter, ...]
    backend_refs: tuple[BackendRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    ref: RouteRef
    created: str
    """Time of creation as the API server writes it; empty sorts first."""
    generation: int
    parent_refs: tuple[ParentReference, ...]
    hostnames: tuple[str, ...]
    rules: tuple[RouteRule, ...]

    @property
    def seniority(self) -> tuple[str, str, int]:
        """Older routes first, then by name (the Gateway API's rule for conflicts), then by kind."""
        return self.created, f"{self.ref.namespace}/{self.ref.name}", KINDS.index(self.ref.kind)


def all_routes(snapshot: Snapshot) -> Iterator[tuple[str, RouteObject]]:
    """Every route of the cluster with its kind, by kind, namespace and name."""
    by_kind: tuple[Mapping[NamespacedName, RouteObject], ...] = (
        snapshot.http_routes,
        snapshot.grpc_routes,
        snapshot.tcp_routes,
        snapshot.udp_routes,
        snapshot.tls_routes,
    )
    for kind, routes in zip(KINDS, by_kind, strict=True):
        for name in sorted(routes):
            yield kind, routes[name]


def route_of(kind: str, route: RouteObject) -> Route:
    """With what the API fills in where an HTTPRoute leaves it out: a rule, and in each rule a match of every path."""
    rules: Iterable[HTTPRouteRule | GRPCRouteRule | L4RouteRule] = route.spec.rules
    if kind == "HTTPRoute":
        rules = rules or (HTTPRouteRule(),)
    return Route(
        ref=RouteRef(kind, route.namespace, route.name),
        created=route.metadata.creation_timestamp or "",
        generation=route.metadata.generation,
        parent_refs=route.spec.parent_refs,
        hostnames=route.spec.hostnames,
        rules=tuple(_rule_of(index, rule) for index, rule in enumerate(rules)),
    )


def _rule_of(index: int, rule: HTTPRouteRule | GRPCRouteRule | L4RouteRule) -> RouteRule:
    if isinstance(rule, L4RouteRule):
        return RouteRule(index=index, matches=(), filters=(), backend_refs=rule.backend_refs)
    matches: tuple[Match, ...] = rule.matches
    if isinstance(rule, HTTPRouteRule) and not matches:
        matches = (HTTPRouteMatch(path=HTTPPathMatch()),)
    return RouteRule(index=index, matches=matches, filters=rule.filters, backend_refs=rule.backend_refs)

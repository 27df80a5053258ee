"""Kinds of gateway.networking.k8s.io (Gateway API v1.6): classes, Gateways, ListenerSets, routes, grants."""

import msgspec

from albc.kube.objects.meta import Condition, KubeObject, LabelSelector, Struct


class ParametersReference(Struct, frozen=True, kw_only=True):
    group: str
    kind: str
    name: str
    namespace: str | None = None


class GatewayClassSpec(Struct, frozen=True, kw_only=True):
    controller_name: str
    parameters_ref: ParametersReference | None = None
    description: str | None = None


class SupportedFeature(Struct, frozen=True, kw_only=True):
    name: str


class GatewayClassStatus(Struct, frozen=True, kw_only=True):
    conditions: tuple[Condition, ...] = ()
    supported_features: tuple[SupportedFeature, ...] = ()


class GatewayClass(KubeObject, frozen=True, kw_only=True):
    spec: GatewayClassSpec
    status: GatewayClassStatus = GatewayClassStatus()


class RouteGroupKind(Struct, frozen=True, kw_only=True):
    kind: str
    group: str | None = "gateway.networking.k8s.io"


class RouteNamespaces(Struct, frozen=True, kw_only=True):
    from_: str | None = msgspec.field(name="from", default="Same")
    selector: LabelSelector | None = None


class AllowedRoutes(Struct, frozen=True, kw_only=True):
    namespaces: RouteNamespaces | None = None
    kinds: tuple[RouteGroupKind, ...] = ()


class SecretObjectReference(Struct, frozen=True, kw_only=True):
    name: str
    group: str | None = ""
    kind: str | None = "Secret"
    namespace: str | None = None


class ListenerTLSConfig(Struct, frozen=True, kw_only=True):
    mode: str | None = "Terminate"
    certificate_refs: tuple[SecretObjectReference, ...] = ()
    options: dict[str, str] = {}


class Listener(Struct, frozen=True, kw_only=True):
    """A listener of a Gateway, or an entry of a ListenerSet."""

    name: str
    protocol: str
    port: int = 0
    hostname: str | None = None
    tls: ListenerTLSConfig | None = None
    allowed_routes: AllowedRoutes | None = None


class GatewayAddress(Struct, frozen=True, kw_only=True):
    value: str = ""
    type: str | None = None


class LocalParametersReference(Struct, frozen=True, kw_only=True):
    group: str
    kind: str
    name: str


class GatewayInfrastructure(Struct, frozen=True, kw_only=True):
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    parameters_ref: LocalParametersReference | None = None


class AllowedListeners(Struct, frozen=True, kw_only=True):
    namespaces: RouteNamespaces | None = None


class GatewaySpec(Struct, frozen=True, kw_only=True):
    gateway_class_name: str
    listeners: tuple[Listener, ...] = ()
    addresses: tuple[GatewayAddress, ...] = ()
    infrastructure: GatewayInfrastructure | None = None
    allowed_listeners: AllowedListeners | None = None


class ListenerStatus(Struct, frozen=True, kw_only=True, omit_defaults=False):
    name: str
    supported_kinds: tuple[RouteGroupKind, ...] = ()
    attached_routes: int = 0
    conditions: tuple[Condition, ...] = ()


class GatewayStatus(Struct, frozen=True, kw_only=True):
    addresses: tuple[GatewayAddress, ...] = ()
    conditions: tuple[Condition, ...] = ()
    listeners: tuple[ListenerStatus, ...] = ()
    attached_listener_sets: int | None = None


class Gateway(KubeObject, frozen=True, kw_only=True):
    spec: GatewaySpec
    status: GatewayStatus = GatewayStatus()


class ParentReference(Struct, frozen=True, kw_only=True):
    name: str
    group: str | None = "gateway.networking.k8s.io"
    kind: str | None = "Gateway"
    namespace: str | None = None
    section_name: str | None = None
    port: int | None = None


class ListenerSetSpec(Struct, frozen=True, kw_only=True):
    parent_ref: ParentReference
    listeners: tuple[Listener, ...] = ()


class ListenerSetStatus(Struct, frozen=True, kw_only=True):
    conditions: tuple[Condition, ...] = ()
    listeners: tuple[ListenerStatus, ...] = ()


class ListenerSet(KubeObject, frozen=True, kw_only=True):
    spec: ListenerSetSpec
    status: ListenerSetStatus = ListenerSetStatus()


class BackendRef(Struct, frozen=True, kw_only=True):
    """A reference to a backend in any kind of route; HTTP and gRPC backends may also carry filters."""

    name: str
    group: str | None = ""
    kind: str | None = "Service"
    namespace: str | None = None
    port: int | None = None
    weight: int | None = 1
    filters: "tuple[RouteFilter, ...]" = ()


class HTTPHeader(Struct, frozen=True, kw_only=True):
    name: str
    value: str


class HeaderFilter(Struct, frozen=True, kw_only=True):
    set: tuple[HTTPHeader, ...] = ()
    add: tuple[HTTPHeader, ...] = ()
    remove: tuple[str, ...] = ()


class PathModifier(Struct, frozen=True, kw_only=True):
    type: str
    replace_full_path: str | None = None
    replace_prefix_match: str | None = None


class RequestRedirect(Struct, frozen=True, kw_only=True):
    scheme: str | None = None
    hostname: str | None = None
    path: PathModifier | None = None
    port: int | None = None
    status_code: int | None = 302


class URLRewrite(Struct, frozen=True, kw_only=True):
    hostname: str | None = None
    path: PathModifier | None = None


class RequestMirror(Struct, frozen=True, kw_only=True):
    backend_ref: BackendRef | None = None


class RouteFilter(Struct, frozen=True, kw_only=True):
    """A filter of an HTTPRoute or GRPCRoute rule or backend; `type` says which of the others counts."""

    type: str
    request_header_modifier: HeaderFilter | None = None
    response_header_modifier: HeaderFilter | None = None
    request_redirect: RequestRedirect | None = None
    url_rewrite: URLRewrite | None = None
    request_mirror: RequestMirror | None = None
    extension_ref: LocalParametersReference | None = None


class HTTPPathMatch(Struct, frozen=True, kw_only=True):
    type: str | None = "PathPrefix"
    value: str | None = "/"


class NamedMatch(Struct, frozen=True, kw_only=True):
    """A match on a header or a query parameter."""

    name: str
    value: str
    type: str | None = "Exact"


class HTTPRouteMatch(Struct, frozen=True, kw_only=True):
    path: HTTPPathMatch | None = None
    headers: tuple[NamedMatch, ...] = ()
    query_params: tuple[NamedMatch, ...] = ()
    method: str | None = None


class RouteTimeouts(Struct, frozen=True, kw_only=True):
    request: str | None = None
    backend_request: str | None = None


class CookieConfig(Struct, frozen=True, kw_only=True):
    lifetime_type: str | None = None


class SessionPersistence(Struct, frozen=True, kw_only=True):
    session_name: str | None = None
    absolute_timeout: str | None = None
    idle_timeout: str | None = None
    type: str | None = None
    cookie_config: CookieConfig | None = None


class HTTPRouteRule(Struct, frozen=True, kw_only=True):
    name: str | None = None
    matches: tuple[HTTPRouteMatch, ...] = ()
    filters: tuple[RouteFilter, ...] = ()
    backend_refs: tuple[BackendRef, ...] = ()
    timeouts: RouteTimeouts | None = None
    session_persistence: SessionPersistence | None = None


class RouteParentStatus(Struct, frozen=True, kw_only=True, omit_defaults=False):
    parent_ref: ParentReference
    controller_name: str
    conditions: tuple[Condition, ...] = ()


class RouteStatus(Struct, frozen=True, kw_only=True, omit_defaults=False):
    parents: tuple[RouteParentStatus, ...] = ()


class HTTPRouteSpec(Struct, frozen=True, kw_only=True):
    parent_refs: tuple[ParentReference, ...] = ()
    hostnames: tuple[str, ...] = ()
    rules: tuple[HTTPRouteRule, ...] = ()


class HTTPRoute(KubeObject, frozen=True, kw_only=True):
    spec: HTTPRouteSpec = HTTPRouteSpec()
    status: RouteStatus = RouteStatus()


class GRPCMethodMatch(Struct, frozen=True, kw_only=True):
    type: str | None = "Exact"
    service: str | None = None
    method: str | None = None


class GRPCRouteMatch(Struct, frozen=True, kw_only=True):
    method: GRPCMethodMatch | None = None
    headers: tuple[NamedMatch, ...] = ()


class GRPCRouteRule(Struct, frozen=True, kw_only=True):
    name: str | None = None
    matches: tuple[GRPCRouteMatch, ...] = ()
    filters: tuple[RouteFilter, ...] = ()
    backend_refs: tuple[BackendRef, ...] = ()
    session_persistence: SessionPersistence | None = None


class GRPCRouteSpec(Struct, frozen=True, kw_only=True):
    parent_refs: tuple[ParentReference, ...] = ()
    hostnames: tuple[str, ...] = ()
    rules: tuple[GRPCRouteRule, ...] = ()


class GRPCRoute(KubeObject, frozen=True, kw_only=True):
    spec: GRPCRouteSpec = GRPCRouteSpec()
    status: RouteStatus = RouteStatus()


class L4RouteRule(Struct, frozen=True, kw_only=True):
    """A rule of a TCPRoute, UDPRoute or TLSRoute: backends only."""

    name: str | None = None
    backend_refs: tuple[BackendRef, ...] = ()


class L4RouteSpec(Struct, frozen=True, kw_only=True):
    parent_refs: tuple[ParentReference, ...] = ()
    rules: tuple[L4RouteRule, ...] = ()
    hostnames: tuple[str, ...] = ()
    """TLSRoute only: server names."""


class TCPRoute(KubeObject, frozen=True, kw_only=True):
    spec: L4RouteSpec = L4RouteSpec()
    status: RouteStatus = RouteStatus()


class UDPRoute(KubeObject, frozen=True, kw_only=True):
    spec: L4RouteSpec = L4RouteSpec()
    status: RouteStatus = RouteStatus()


class TLSRoute(KubeObject, frozen=True, kw_only=True):
    spec: L4RouteSpec = L4RouteSpec()
    status: RouteStatus = RouteStatus()


class ReferenceGrantFrom(Struct, frozen=True, kw_only=True):
    group: str
    kind: str
    namespace: str


class ReferenceGrantTo(Struct, frozen=True, kw_only=True):
    group: str
    kind: str
    name: str | None = None


class ReferenceGrantSpec(Struct, frozen=True, kw_only=True):
    from_: tuple[ReferenceGrantFrom, ...] = msgspec.field(name="from", default=())
    to: tuple[ReferenceGrantTo, ...] = ()


class ReferenceGrant(KubeObject, frozen=True, kw_only=True):
    spec: ReferenceGrantSpec = ReferenceGrantSpec()

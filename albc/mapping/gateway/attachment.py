"""Which routes attach to which listeners of a Gateway, and why others do not (spec/gateway.md §7).

Works on all listeners, valid or not: a route that reaches only invalid ones is attached, it just gets no traffic.
Called by `resolution`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from albc.kube.objects import GATEWAY_GROUP, Gateway
from albc.kube.objects.gateway import ParentReference
from albc.mapping.gateway import hostnames
from albc.mapping.gateway.classes import Layer
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.listeners import GatewayListener
from albc.mapping.gateway.namespaces import admits
from albc.mapping.gateway.routes import Route, RouteObject, route_of
from albc.mapping.invalid import Invalid
from albc.mapping.snapshot import Snapshot
from albc.model.problem import ObjectRef

_WITH_HOSTNAMES = frozenset({"HTTPRoute", "GRPCRoute", "TLSRoute"})


@dataclass(frozen=True, slots=True)
class AttachedListener:
    listener: GatewayListener
    hostnames: tuple[str, ...]
    """What the route serves there; `hostnames.ANY` stands for every host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What became of one parentRef."""

    parent_ref: ParentReference
    listeners: tuple[AttachedListener, ...] = ()
    fault: Fault | None = None
    """Why no listener took the route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedRoute:
    """A route with those of its parentRefs that mean this Gateway or one of its ListenerSets."""

    route: Route
    attachments: tuple[Attachment, ...]

    @property
    def listeners(self) -> tuple[AttachedListener, ...]:
        return tuple(attached for attachment in self.attachments for attached in attachment.listeners)

    @property
    def is_live(self) -> bool:
        """Whether some valid listener takes it."""
        return any(attached.listener.valid for attached in self.listeners)


@dataclass(frozen=True, slots=True)
class Parents:
    """What routes can attach to: the Gateway and its accepted ListenerSets."""

    listeners: Mapping[ObjectRef, Sequence[GatewayListener]]
    """Of each with its own."""
    layer: Layer

    @classmethod
    def of(cls, gateway: Gateway, layer: Layer, listeners: Sequence[GatewayListener]) -> "Parents":
        own: dict[ObjectRef, list[GatewayListener]] = {ObjectRef("Gateway", gateway.namespace, gateway.name): []}
        for listener in listeners:
            own.setdefault(listener.owner, []).append(listener)
        return cls(own, layer)

    def are_meant_by(self, route: RouteObject) -> bool:
        """Whether some parentRef of the route means one of them."""
        return any(_parent(reference, route.namespace) in self.listeners for reference in route.spec.parent_refs)


def attach(kind: str, found: RouteObject, parents: Parents, snapshot: Snapshot) -> AttachedRoute:
    """A route that means one of the parents."""
    route = route_of(kind, found)
    return AttachedRoute(route=route, attachments=tuple(_attachments(route, parents, snapshot)))


def attached_routes(listener: GatewayListener, routes: Iterable[AttachedRoute]) -> int:
    """A listener's `attachedRoutes`: pairs of route and parentRef that it took."""
    return sum(
        any(attached.listener is listener for attached in attachment.listeners)
        for route in routes
        for attachment in route.attachments
    )


def _parent(reference: ParentReference, namespace: str) -> ObjectRef:
    return ObjectRef(reference.kind or "Gateway", reference.namespace or namespace, reference.name)


def _attachments(route: Route, parents: Parents, snapshot: Snapshot) -> Iterable[Attachment]:
    for reference in route.parent_refs:
        parent = _parent(reference, route.ref.namespace)
        if parent not in parents.listeners:
            continue
        if (reference.group or GATEWAY_GROUP) != GATEWAY_GROUP:
            message = f"parentRef {parent.name} has the group {reference.group}; a {parent.kind} has {GATEWAY_GROUP}"
            yield Attachment(parent_ref=reference, fault=Fault("NoMatchingParent", message))
            continue
        yield _attachment(route, reference, parent, parents, snapshot)


def _attachment(
    route: Route,
    reference: ParentReference,
    parent: ObjectRef,
    parents: Parents,
    snapshot: Snapshot,
) -> Attachment:
    candidates = [listener for listener in parents.listeners[parent] if _is_meant(reference, listener)]
    if not candidates:
        meant = [f"sectionName {reference.section_name}"] if reference.section_name else []
        meant += [f"port {reference.port}"] if reference.port else []
        message = f"Route parentRef does not match listener: {parent} has none with {' and '.join(meant) or 'a name'}"
        return Attachment(parent_ref=reference, fault=Fault("NoMatchingParent", message))
    taken = []
    fault: Fault | None = None
    for listener in candidates:
        outcome = _take(listener, route, parent, snapshot)
        if route.ref.kind not in parents.layer.route_kinds:
            outcome = _wrong_kind(listener, route)
        if isinstance(outcome, Fault):
            fault = fault or outcome
        else:
            taken.append(AttachedListener(listener, outcome))
    return Attachment(parent_ref=reference, listeners=tuple(taken), fault=None if taken else fault)


def _is_meant(reference: ParentReference, listener: GatewayListener) -> bool:
    return (not reference.section_name or reference.section_name == listener.name) and (
        not reference.port or reference.port == listener.port
    )


def _take(listener: GatewayListener, route: Route, parent: ObjectRef, snapshot: Snapshot) -> tuple[str, ...] | Fault:
    """The hostnames for which the listener takes the route, or why it does not."""
    refusal = f"Listener {listener.name} does not allow route attachment"
    allowed = listener.allowed_namespaces
    try:
        admitted = admits(allowed.from_ or "Same", allowed.selector, parent.namespace, route.ref.namespace, snapshot)
    except Invalid:
        # The listener itself says what is wrong with its selector.
        admitted = False
    if not admitted:
        return Fault(
            "NotAllowedByListeners",
            f"{refusal}, namespace does not match between listener and route: "
            f"allowedRoutes does not admit {route.ref.namespace}",
        )
    if not listener.takes(route.ref.kind):
        return _wrong_kind(listener, route)
    if route.ref.kind not in _WITH_HOSTNAMES:
        return (hostnames.ANY,)
    common = hostnames.intersection(listener.hostname, route.hostnames)
    if common is None:
        return Fault(
            "NoMatchingListenerHostname",
            f"{refusal}, no matching hostname: {', '.join(route.hostnames)} never meets {listener.hostname}",
        )
    return common


def _wrong_kind(listener: GatewayListener, route: Route) -> Fault:
    return Fault(
        "NotAllowedByListeners",
        f"Listener {listener.name} does not allow route attachment, kind does not match between listener and route: "
        f"it takes no {route.ref.kind} over {listener.listener.protocol}",
    )

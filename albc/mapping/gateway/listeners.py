"""The listeners of a Gateway and of its ListenerSets: which ones are valid, and which routes they take (spec §6).

Of two listeners that conflict, the first one stands: the Gateway's own come first, then those of ListenerSets, oldest
set first. Called by `resolution`; `attachment` looks at all listeners, only valid ones reach AWS.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from albc.kube.objects import Gateway, ListenerSet
from albc.kube.objects.gateway import AllowedRoutes, Listener, RouteNamespaces, SecretObjectReference
from albc.mapping.gateway import hostnames, namespaces
from albc.mapping.gateway.classes import Layer
from albc.mapping.gateway.faults import Fault
from albc.mapping.invalid import Invalid
from albc.model.imported_certificate import ImportedCertificate
from albc.model.problem import ObjectRef

ACCEPTED = "Accepted"

_DEFAULT_KINDS: Mapping[str, tuple[str, ...]] = {
    "HTTP": ("HTTPRoute",),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
    "TLS": ("TLSRoute", "TCPRoute"),
}
"""What a listener takes that lists no kinds."""

_POSSIBLE_KINDS: Mapping[str, tuple[str, ...]] = {**_DEFAULT_KINDS, "HTTP": ("HTTPRoute", "GRPCRoute")}
"""What a listener can be told to take: gRPC works without TLS, too, where somebody asks for it."""

_SHARE_A_PORT = frozenset({"TCP", "UDP"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayListener:
    """A listener, whose it is, and what validation says of it."""

    owner: ObjectRef
    """The Gateway, or a ListenerSet."""
    listener: Listener
    reason: str
    """`Accepted`, or why it is not valid."""
    message: str
    certificates: tuple[ImportedCertificate, ...] = ()
    """From its Secrets."""
    unresolved: Fault | None = None
    """What is wrong with its references, where it can be served all the same."""

    @property
    def valid(self) -> bool:
        return self.reason == ACCEPTED

    @property
    def name(self) -> str:
        return self.listener.name

    @property
    def port(self) -> int:
        return self.listener.port

    @property
    def hostname(self) -> str | None:
        return self.listener.hostname or None

    @property
    def effective_protocol(self) -> str:
        """What AWS sees: TLS that is passed through is TCP."""
        return "TCP" if _passes_tls_through(self.listener) else self.listener.protocol

    @property
    def certificate_refs(self) -> tuple[SecretObjectReference, ...]:
        """Of a listener that ends TLS."""
        tls = self.listener.tls
        ends_tls = self.listener.protocol in ("HTTPS", "TLS") and not _passes_tls_through(self.listener)
        return tls.certificate_refs if tls is not None and ends_tls else ()

    @property
    def allowed_namespaces(self) -> RouteNamespaces:
        allowed = self.listener.allowed_routes
        return (allowed.namespaces if allowed else None) or RouteNamespaces()

    @property
    def listed_kinds(self) -> tuple[str, ...]:
        allowed = self.listener.allowed_routes or AllowedRoutes()
        return tuple(kind.kind for kind in allowed.kinds)

    def takes(self, kind: str) -> bool:
        """Whether routes of the kind may attach."""
        protocol = self.listener.protocol
        if listed := self.listed_kinds:
            return kind in listed and kind in _POSSIBLE_KINDS.get(protocol, ())
        return kind in _DEFAULT_KINDS.get(protocol, ())

    def supported_kinds(self, layer: Layer) -> tuple[str, ...]:
        """As its status shows them: what it lists of the layer's kinds, else what its protocol takes."""
        if listed := self.listed_kinds:
            return tuple(kind for kind in listed if kind in layer.route_kinds)
        return _DEFAULT_KINDS.get(self.listener.protocol, ())


def validate(gateway: Gateway, sets: Iterable[ListenerSet], layer: Layer) -> tuple[GatewayListener, ...]:
    """All listeners in order of precedence. A listener that is wrong in itself claims nothing; one that conflicts
    still claims its hostname.
    """
    ports = _Ports()
    result = []
    for owner, listener in _in_order(gateway, sets):
        try:
            _check(listener, layer)
            ports.claim(owner, listener)
        except Invalid as fault:
            reason, message = fault.reason, fault.message
        else:
            reason, message = ACCEPTED, "Listener is accepted."
        result.append(GatewayListener(owner=owner, listener=listener, reason=reason, message=message))
    return tuple(result)


def _in_order(gateway: Gateway, sets: Iterable[ListenerSet]) -> Sequence[tuple[ObjectRef, Listener]]:
    own = ObjectRef("Gateway", gateway.namespace, gateway.name)
    listeners = [(own, listener) for listener in gateway.spec.listeners]
    for listener_set in sets:
        owner = ObjectRef("ListenerSet", listener_set.namespace, listener_set.name)
        listeners += [(owner, listener) for listener in listener_set.spec.listeners]
    return listeners


def _check(listener: Listener, layer: Layer) -> None:
    allowed = listener.allowed_routes or AllowedRoutes()
    for kind in allowed.kinds:
        if kind.kind not in layer.route_kinds:
            raise Invalid(
                f"Invalid route kind for listener {listener.name}: allowedRoutes lists {kind.kind}, "
                f"but {layer.controller_name} serves {', '.join(layer.route_kinds)}",
                reason="InvalidRouteKinds",
            )
    if not 1 <= listener.port <= 65535:
        raise Invalid(
            f"Port {listener.port} is not available (listener name {listener.name}); use 1 to 65535",
            reason="PortUnavailable",
        )
    if listener.protocol not in layer.protocols:
        raise Invalid(
            f"Unsupported protocol {listener.protocol} for listener {listener.name}: "
            f"{layer.controller_name} serves {', '.join(layer.protocols)}",
            reason="UnsupportedProtocol",
        )
    if listener.hostname:
        hostnames.check(listener.hostname)
    if allowed.namespaces is not None:
        namespaces.check(f"allowedRoutes.namespaces of listener {listener.name}", allowed.namespaces.selector)


class _Ports:
    """Who has claimed which port and hostname so far."""

    def __init__(self) -> None:
        self._protocols: dict[int, tuple[str, ObjectRef]] = {}
        self._hostnames: set[tuple[int, str]] = set()

    def claim(self, owner: ObjectRef, listener: Listener) -> None:
        port, hostname, wanted = listener.port, listener.hostname, _spoken(listener)
        protocol, first_owner = self._protocols.setdefault(port, (wanted, owner))
        taken = bool(hostname) and (port, hostname) in self._hostnames
        if hostname:
            self._hostnames.add((port, hostname))
        if taken:
            raise Invalid(
                f"Hostname conflict for port {port} with hostname {hostname}: another listener has both",
                reason="HostnameConflict",
            )
        if protocol == wanted:
            return
        # TCP and UDP share a port as one TCP_UDP listener, which replaces the first one's target groups; so only the
        # first one's owner may ask for that.
        if not {protocol, wanted} <= _SHARE_A_PORT or owner != first_owner:
            raise Invalid(
                f"Protocol conflict for port {port}: {first_owner} has {protocol} there, "
                f"listener {listener.name} wants {wanted}",
                reason="ProtocolConflict",
            )


def _spoken(listener: Listener) -> str:
    """The protocol, where TLS that is passed through is another one than TLS that ends at the load balancer."""
    return "TLS (Passthrough)" if _passes_tls_through(listener) else listener.protocol


def _passes_tls_through(listener: Listener) -> bool:
    return listener.protocol == "TLS" and listener.tls is not None and listener.tls.mode == "Passthrough"

"""What a Service asks for and will not get, or probably did not mean: warnings on a Service that is in effect.

The load balancer is the one that the reference would make; each hint says what will happen and what would be right.
Called by `build` once the stack stands, so every annotation that is read here has parsed before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from albc.kube.objects import Service
from albc.mapping import go
from albc.mapping.service.annotations import REGISTER
from albc.mapping.service.listeners import protocols, wants_tls
from albc.mapping.service.merging import ListenerPort, listener_ports
from albc.mapping.service.parsed import (
    ACTIONS,
    CERTIFICATES,
    DISABLE_SECURITY_GROUPS,
    LISTENER_ATTRIBUTES,
    MERGE_TCP_AND_UDP,
    NAME,
    PORT_TARGET_GROUP_ATTRIBUTES,
    PREFIX,
    PREFIX_LISTS,
    PROXY_PROTOCOL_PORTS,
    QUIC_PORTS,
    SECURITY_GROUPS,
    TARGET_TYPE,
    TLS_PORTS,
    TYPE,
    ServiceAnnotations,
    full_name,
)
from albc.mapping.service.security_groups import Groups
from albc.mapping.settings import MappingSettings
from albc.model.facts import ExistingLoadBalancer

OURS = ("aws-", "actions", "load-balancer-")
"""What annotations for AWS begin with; other clouds use the same prefix."""


@dataclass(frozen=True, slots=True)
class Hint:
    reason: str
    message: str


def hints(
    service: Service,
    annotations: ServiceAnnotations,
    groups: Groups,
    existing: ExistingLoadBalancer | None,
    settings: MappingSettings,
) -> tuple[Hint, ...]:
    """In a fixed order."""
    ports = listener_ports(service, annotations, settings)
    return tuple(
        chain(
            _no_status(service),
            _class_decides(service, annotations),
            _name_stays(annotations, existing),
            _groups_ignored(annotations),
            _closed(service, groups),
            _unknown_target_type(annotations),
            _certificate_lost(ports, annotations),
            _ports_dropped(ports),
            _no_such_protocol(ports),
            _no_such_listener(ports, annotations),
            _no_such_port(service, annotations),
            _unknown_annotations(annotations),
        )
    )


def _no_status(service: Service) -> Iterator[Hint]:
    if service.spec.type != "LoadBalancer":
        yield Hint(
            "NoStatus",
            f"a service of type {service.spec.type} has a load balancer, but Kubernetes gives it no status to show its "
            "address in; make it type LoadBalancer, or remove class and annotations to give the load balancer up",
        )


def _class_decides(service: Service, annotations: ServiceAnnotations) -> Iterator[Hint]:
    type_ = annotations[TYPE]
    if service.spec.load_balancer_class is not None and type_ not in (None, "nlb-ip", "external"):
        yield Hint(
            "AnnotationIgnored",
            f'{full_name(TYPE)}: "{type_}" does nothing, because spec.loadBalancerClass '
            f"{service.spec.load_balancer_class} decides who makes the load balancer",
        )


def _name_stays(annotations: ServiceAnnotations, existing: ExistingLoadBalancer | None) -> Iterator[Hint]:
    name = annotations[NAME]
    if name is not None and existing is not None and existing.name and existing.name != name:
        yield Hint(
            "AnnotationIgnored",
            f'{full_name(NAME)}: "{name}" does nothing, because the load balancer exists as {existing.name} and AWS '
            "cannot rename it; a new Service gets the new name",
        )


def _groups_ignored(annotations: ServiceAnnotations) -> Iterator[Hint]:
    if annotations[DISABLE_SECURITY_GROUPS] and annotations[SECURITY_GROUPS]:
        yield Hint(
            "AnnotationIgnored",
            f"{full_name(SECURITY_GROUPS)} does nothing beside {full_name(DISABLE_SECURITY_GROUPS)}: the load balancer "
            "gets no security groups; remove one of the two",
        )


def _closed(service: Service, groups: Groups) -> Iterator[Hint]:
    if groups.managed is not None and service.spec.ports and not groups.managed.ingress:
        yield Hint(
            "NobodyCanConnect",
            f"{full_name(PREFIX_LISTS)} is an empty list, so the security group lets nobody in; name prefix lists, or "
            "remove the annotation to let everybody in",
        )


def _unknown_target_type(annotations: ServiceAnnotations) -> Iterator[Hint]:
    target_type = annotations[TARGET_TYPE]
    if target_type not in (None, "ip", "instance") and annotations[TYPE] != "nlb-ip":
        meant = "; write ip in lower case" if target_type.lower() == "ip" else ""
        yield Hint("AnnotationIgnored", f'{full_name(TARGET_TYPE)}: "{target_type}" means instance{meant}')


def _certificate_lost(ports: tuple[ListenerPort, ...], annotations: ServiceAnnotations) -> Iterator[Hint]:
    for entry in ports:
        named = entry.named_in(annotations[TLS_PORTS] or ())
        if wants_tls(entry, annotations) and (entry.protocol == "TCP_UDP" or (named and entry.protocol == "UDP")):
            remedy = f"take the UDP port away, or set {full_name(MERGE_TCP_AND_UDP)}: false"
            yield Hint(
                "CertificateIgnored",
                f"port {entry.port.port} is a {entry.protocol} listener, which has no TLS, so "
                f"{full_name(CERTIFICATES)} does not count for it; "
                + (remedy if entry.protocol == "TCP_UDP" else "TLS needs a TCP port"),
            )


def _ports_dropped(ports: tuple[ListenerPort, ...]) -> Iterator[Hint]:
    seen: dict[int, ListenerPort] = {}
    for entry in ports:
        first = seen.setdefault(entry.port.port, entry)
        if first is not entry:
            yield Hint(
                "PortDropped",
                f"port {entry.port.port}/{entry.protocol} gets no listener, because {first.protocol} stands first on "
                f"that number; set {full_name(MERGE_TCP_AND_UDP)}: true to serve both",
            )


def _no_such_protocol(ports: tuple[ListenerPort, ...]) -> Iterator[Hint]:
    for entry in ports:
        if entry.protocol not in ("TCP", "UDP", "TCP_UDP"):
            yield Hint(
                "UnsupportedProtocol",
                f"port {entry.port.port}: Network Load Balancers have no {entry.protocol} listeners, so AWS will "
                "refuse it; use TCP or UDP",
            )


def _no_such_listener(ports: tuple[ListenerPort, ...], annotations: ServiceAnnotations) -> Iterator[Hint]:
    """Settings for a listener that does not exist under that name."""
    listeners = [f"{protocols(entry, annotations).listener}-{entry.port.port}" for entry in ports]
    for family in (LISTENER_ATTRIBUTES, ACTIONS):
        for key in annotations.keys_of(family):
            if key not in listeners:
                yield Hint(
                    "AnnotationIgnored",
                    f"{full_name(family.at(key))} does nothing, because there is no listener {key}; "
                    f"the listeners are {', '.join(listeners)}",
                )


def _no_such_port(service: Service, annotations: ServiceAnnotations) -> Iterator[Hint]:
    """Settings for a port that the Service does not have, or not by that word. Plain numbers count; names only for
    QUIC.
    """
    numbers = {str(port.port) for port in service.spec.ports}
    names = {port.name for port in service.spec.ports}
    settings = [
        (full_name(PORT_TARGET_GROUP_ATTRIBUTES.at(key)), key)
        for key in annotations.keys_of(PORT_TARGET_GROUP_ATTRIBUTES)
        if key not in numbers
    ]
    settings += [
        (f"{full_name(PROXY_PROTOCOL_PORTS)}: {entry}", entry)
        for entry in annotations[PROXY_PROTOCOL_PORTS] or ()
        if entry not in numbers
    ]
    settings += [
        (f"{full_name(QUIC_PORTS)}: {entry}", entry)
        for entry in annotations[QUIC_PORTS] or ()
        if entry not in numbers | names
    ]
    for setting, port in settings:
        meant = _port_meant(service, port)
        remedy = f"write {meant}" if meant else f"the ports are {', '.join(sorted(numbers, key=int))}"
        yield Hint("AnnotationIgnored", f"{setting} does nothing, because the service has no port {port}; {remedy}")


def _port_meant(service: Service, text: str) -> int | None:
    """The port whose name it is, or whose number it spells in another way: `080`, `+80`."""
    for port in service.spec.ports:
        if port.name == text or go.parse_int(text, 32) == port.port:
            return port.port
    return None


def _unknown_annotations(annotations: ServiceAnnotations) -> Iterator[Hint]:
    for stranger in REGISTER.unknown(annotations.raw):
        if stranger.name.removeprefix(PREFIX).lower().startswith(OURS):
            meant = f", did you mean {PREFIX}{stranger.nearest}?" if stranger.nearest else ""
            yield Hint("UnknownAnnotation", f"{stranger.name} does nothing on a Network Load Balancer{meant}")

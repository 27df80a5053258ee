"""What a Classic Load Balancer's user asks for and will not get: warnings on a Service that is in effect.

Called by `build` once the stack stands, so every annotation that is read here has parsed before.
"""

from collections.abc import Iterator
from itertools import chain

from albc.kube.objects import Service
from albc.mapping.service.classic.annotations import REGISTER
from albc.mapping.service.classic.listeners import skipped
from albc.mapping.service.classic.parsed import BACKEND_PROTOCOL, CERTIFICATE, TLS_PORTS
from albc.mapping.service.hints import OURS, Hint
from albc.mapping.service.parsed import PREFIX, ServiceAnnotations, full_name
from albc.model.classic import ClassicLoadBalancer
from albc.model.facts import ExistingLoadBalancer


def hints(
    service: Service,
    annotations: ServiceAnnotations,
    balancer: ClassicLoadBalancer,
    existing: ExistingLoadBalancer | None,
) -> tuple[Hint, ...]:
    """In a fixed order."""
    return tuple(
        chain(
            _scheme_stays(balancer, existing),
            _ports_skipped(service),
            _no_such_tls_port(service, annotations),
            _no_certificate(annotations),
            _unknown_annotations(annotations),
        )
    )


def _scheme_stays(balancer: ClassicLoadBalancer, existing: ExistingLoadBalancer | None) -> Iterator[Hint]:
    if existing is not None and existing.scheme != balancer.scheme:
        yield Hint(
            "SchemeMismatch",
            "scheme of an existing Classic Load Balancer cannot be changed; recreate the Service: it is "
            f"{existing.scheme}, and {balancer.scheme} is wanted",
        )


def _ports_skipped(service: Service) -> Iterator[Hint]:
    for port in skipped(service):
        yield Hint("PortSkipped", f"port {port.port} gets no listener, because it has no node port")


def _no_such_tls_port(service: Service, annotations: ServiceAnnotations) -> Iterator[Hint]:
    words = {"*"} | {word for port in service.spec.ports for word in (str(port.port), port.name.lower()) if word}
    for entry in annotations[TLS_PORTS] or ():
        if entry.lower() not in words:
            yield Hint(
                "AnnotationIgnored",
                f"{full_name(TLS_PORTS)}: {entry} does nothing, because the service has no such port",
            )


def _no_certificate(annotations: ServiceAnnotations) -> Iterator[Hint]:
    protocol = annotations[BACKEND_PROTOCOL]
    if protocol not in (None, "http", "tcp") and annotations[CERTIFICATE] is None:
        yield Hint(
            "AnnotationIgnored",
            f'{full_name(BACKEND_PROTOCOL)}: "{protocol}" means tcp, because there is no {full_name(CERTIFICATE)}',
        )


def _unknown_annotations(annotations: ServiceAnnotations) -> Iterator[Hint]:
    for stranger in REGISTER.unknown(annotations.raw):
        if stranger.name.removeprefix(PREFIX).lower().startswith(OURS):
            meant = f", did you mean {PREFIX}{stranger.nearest}?" if stranger.nearest else ""
            yield Hint("UnknownAnnotation", f"{stranger.name} does nothing on a Classic Load Balancer{meant}")

"""One listener for each port of the Service that has a node port (spec/service.md B3, B4). Called by `build`."""

from collections.abc import Iterator

from albc.kube.objects import Service
from albc.kube.objects.core import ServicePort
from albc.mapping.invalid import Invalid
from albc.mapping.service.classic.parsed import BACKEND_PROTOCOL, CERTIFICATE, TLS_PORTS
from albc.mapping.service.parsed import ServiceAnnotations, full_name
from albc.model.classic import ClassicListener

NO_PORTS = "requested load balancer with no ports"

_WITH_CERTIFICATE = {
    "": ("SSL", "TCP"),
    "tcp": ("SSL", "TCP"),
    "ssl": ("SSL", "SSL"),
    "http": ("HTTPS", "HTTP"),
    "https": ("HTTPS", "HTTPS"),
}
"""Backend protocol, compared as it is written → protocols in front and behind."""


def check_ports(service: Service) -> None:
    """There are ports, and all of them speak one protocol."""
    if not service.spec.ports:
        raise Invalid(f"{NO_PORTS}; give spec.ports at least one")
    if len({port.protocol for port in service.spec.ports}) > 1:
        raise Invalid("mixed protocol is not supported for LoadBalancer; make a Service for each protocol")


def listeners(service: Service, annotations: ServiceAnnotations) -> tuple[ClassicListener, ...]:
    """In the order of the ports. Those without a node port are left out (`skipped`)."""
    found = tuple(_listeners(service, annotations))
    if not found:
        raise Invalid(f"{NO_PORTS} that have a node port; set spec.allocateLoadBalancerNodePorts")
    return found


def skipped(service: Service) -> tuple[ServicePort, ...]:
    return tuple(port for port in service.spec.ports if not port.node_port)


def _listeners(service: Service, annotations: ServiceAnnotations) -> Iterator[ClassicListener]:
    backend_protocol = annotations[BACKEND_PROTOCOL] or ""
    for port in service.spec.ports:
        if port.protocol != "TCP":
            raise Invalid(f"Protocol {port.protocol} not supported by LoadBalancer; Classic ones serve TCP only")
        if not port.node_port:
            continue
        certificate = annotations[CERTIFICATE] if wants_tls(port, annotations) else None
        if certificate is None:
            protocol = instance_protocol = "HTTP" if backend_protocol == "http" else "TCP"
        elif backend_protocol in _WITH_CERTIFICATE:
            protocol, instance_protocol = _WITH_CERTIFICATE[backend_protocol]
        else:
            raise Invalid(
                f"Invalid backend protocol {backend_protocol} for {certificate} in {full_name(BACKEND_PROTOCOL)}; "
                "it must be http, https, ssl or tcp"
            )
        yield ClassicListener(
            protocol=protocol,
            load_balancer_port=port.port,
            instance_protocol=instance_protocol,
            instance_port=port.node_port,
            ssl_certificate_id=certificate,
        )


def wants_tls(port: ServicePort, annotations: ServiceAnnotations) -> bool:
    """Whether the certificate, if there is one, counts for this port: by number or name, or because all do."""
    named = [entry.lower() for entry in annotations[TLS_PORTS] or ("*",)]
    return "*" in named or str(port.port) in named or bool(port.name and port.name.lower() in named)

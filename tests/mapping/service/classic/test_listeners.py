"""Listeners, by certificate and backend protocol."""

import pytest

from albc.model.classic import ClassicListener
from tests.mapping.service.classic.kit import (
    CERTIFICATE,
    HTTP,
    HTTPS,
    annotated,
    balancer,
    fault,
    listener,
    service,
    warnings,
)


def spoken(found: ClassicListener) -> tuple[str, str, bool]:
    return found.protocol, found.instance_protocol, found.ssl_certificate_id == CERTIFICATE


@pytest.mark.parametrize(
    ("backend", "spoke"),
    [
        ("", ("SSL", "TCP", True)),
        ("tcp", ("SSL", "TCP", True)),
        ("ssl", ("SSL", "SSL", True)),
        ("http", ("HTTPS", "HTTP", True)),
        ("https", ("HTTPS", "HTTPS", True)),
    ],
)
def test_with_a_certificate_the_backend_protocol_decides(backend: str, spoke: tuple[str, str, bool]) -> None:
    assert spoken(listener(annotated(HTTPS, ssl_cert=CERTIFICATE, backend_protocol=backend))) == spoke


@pytest.mark.parametrize("backend", ["HTTP", "grpc"])
def test_an_unknown_backend_protocol_beside_a_certificate_is_refused(backend: str) -> None:
    assert fault(annotated(HTTPS, ssl_cert=CERTIFICATE, backend_protocol=backend)).startswith(
        f"Invalid backend protocol {backend} for {CERTIFICATE} in "
        "service.beta.kubernetes.io/aws-load-balancer-backend-protocol"
    )


@pytest.mark.parametrize(
    ("backend", "protocol"), [("http", "HTTP"), ("", "TCP"), ("https", "TCP"), ("ssl", "TCP"), ("HTTP", "TCP")]
)
def test_without_a_certificate_only_http_is_told_from_tcp(backend: str, protocol: str) -> None:
    assert spoken(listener(annotated(backend_protocol=backend))) == (protocol, protocol, False)


@pytest.mark.parametrize("ports", ["443", "https", "HTTPS", " 443 , x", "443,https"])
def test_the_certificate_counts_for_the_named_ports(ports: str) -> None:
    found = balancer(annotated(HTTP, HTTPS, ssl_cert=CERTIFICATE, ssl_ports=ports)).listeners

    assert [one.protocol for one in found] == ["TCP", "SSL"]


@pytest.mark.parametrize("ports", ["*", "", ","])
def test_without_names_the_certificate_counts_for_all_ports(ports: str) -> None:
    found = balancer(annotated(HTTP, HTTPS, ssl_cert=CERTIFICATE, ssl_ports=ports)).listeners

    assert {one.protocol for one in found} == {"SSL"}


def test_a_listener_leads_to_the_node_port() -> None:
    found = listener(service())

    assert (found.load_balancer_port, found.instance_port) == (80, 30080)


def test_a_port_without_a_node_port_is_skipped_and_told() -> None:
    subject = service(HTTP, {**HTTPS, "nodePort": 0})

    assert [one.load_balancer_port for one in balancer(subject).listeners] == [80]
    assert [reason for reason, _ in warnings(subject)] == ["PortSkipped"]


def test_a_service_needs_a_port_that_can_be_served() -> None:
    assert fault(service({**HTTP, "nodePort": 0})).startswith("requested load balancer with no ports")
    assert fault(service(ports=[])).startswith("requested load balancer with no ports")


def test_protocols_are_not_mixed_and_only_tcp_is_served() -> None:
    udp = {**HTTP, "protocol": "UDP"}

    assert fault(service(HTTPS, udp)).startswith("mixed protocol is not supported for LoadBalancer")
    assert fault(service(udp)).startswith("Protocol UDP not supported by LoadBalancer")


def test_settings_that_do_nothing_are_told() -> None:
    subject = annotated(ssl_ports="8443", backend_protocol="https")

    assert [reason for reason, _ in warnings(subject)] == ["AnnotationIgnored", "AnnotationIgnored"]

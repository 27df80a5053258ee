"""Protocol, TLS and attributes of each listener."""

from collections.abc import Mapping
from typing import Any

import pytest

from albc.mapping.settings import MappingSettings
from albc.model.listener import Listener, ListenerAttribute
from tests.mapping.service.kit import IP, fault, listener, service, stack, target_group, warnings

CERT = "aws-load-balancer-ssl-cert"
PORTS = "aws-load-balancer-ssl-ports"
POLICY = "aws-load-balancer-ssl-negotiation-policy"
BACKEND = "aws-load-balancer-backend-protocol"
ALPN = "aws-load-balancer-alpn-policy"
QUIC = "aws-load-balancer-quic-enabled-ports"
MERGE = {"aws-load-balancer-enable-tcp-udp-listener": "true"}
ARN = "arn:aws:acm:eu-west-1:1:certificate/1"
OTHER_ARN = "arn:aws:acm:eu-west-1:1:certificate/2"

HTTP = {"name": "http", "port": 80, "targetPort": 8080}
HTTPS = {"name": "https", "port": 443, "targetPort": 8443}
UDP = {"name": "dns", "port": 53, "targetPort": 5353, "protocol": "UDP"}
QUIC_PORT = {"name": "h3", "port": 443, "targetPort": 8443, "protocol": "UDP"}


def protocols(annotations: Mapping[str, str], *ports: Mapping[str, Any]) -> dict[int, str]:
    built = stack(service(*ports, annotations={**IP, **annotations}))
    return {one.port: one.protocol for one in built.all(Listener)}


def test_a_port_makes_a_listener_of_its_number_and_protocol() -> None:
    assert protocols({}, HTTP, UDP) == {53: "UDP", 80: "TCP"}


def test_a_certificate_turns_every_tcp_port_to_tls_and_no_udp_port() -> None:
    assert protocols({CERT: ARN}, HTTP, HTTPS, UDP) == {53: "UDP", 80: "TLS", 443: "TLS"}


@pytest.mark.parametrize("word", ["443", "https", "443,https"])
def test_tls_can_be_limited_to_ports_by_number_or_name(word: str) -> None:
    assert protocols({CERT: ARN, PORTS: word}, HTTP, HTTPS) == {80: "TCP", 443: "TLS"}


def test_without_certificates_tls_ports_stay_tcp() -> None:
    assert protocols({CERT: " ,", PORTS: "443"}, HTTP, HTTPS) == {80: "TCP", 443: "TCP"}


@pytest.mark.parametrize("word", ["*", "8443", "80,nope"])
def test_tls_ports_that_the_service_lacks_are_refused_even_without_certificate(word: str) -> None:
    message = fault(service(HTTP, annotations={**IP, PORTS: word}))

    assert word.split(",")[-1] in message
    assert "leave it out to mean all of them" in message


@pytest.mark.parametrize(("backend", "expected"), [("ssl", "TLS"), ("SSL", "TCP"), ("tcp", "TCP")])
def test_traffic_goes_on_in_plain_unless_the_backend_protocol_is_ssl(backend: str, expected: str) -> None:
    built = stack(service(HTTPS, annotations={**IP, CERT: ARN, BACKEND: backend}))

    assert target_group(built, 443).protocol == expected


def test_a_tls_listener_has_all_certificates_in_order_and_the_default_policy() -> None:
    tls = listener(stack(service(HTTPS, annotations={**IP, CERT: f"{OTHER_ARN},{ARN}"})), 443)

    assert tls.certificates == (OTHER_ARN, ARN)
    assert tls.ssl_policy == "ELBSecurityPolicy-2016-08"


def test_the_policy_comes_from_the_annotation_else_from_the_flag() -> None:
    settings = MappingSettings(cluster_name="demo", default_ssl_policy="FromFlag")

    def policy(annotations: Mapping[str, str]) -> str | None:
        return listener(
            stack(service(HTTPS, annotations={**IP, CERT: ARN, **annotations}), settings=settings), 443
        ).ssl_policy

    assert policy({}) == "FromFlag"
    assert policy({POLICY: "Mine"}) == "Mine"


def test_a_plain_listener_has_nothing_of_tls() -> None:
    plain = listener(stack(service(HTTP, annotations={**IP, POLICY: "Mine", ALPN: "nonsense"})))

    assert (plain.certificates, plain.ssl_policy, plain.alpn_policy) == ((), None, ())


@pytest.mark.parametrize("policy", ["None", "HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred"])
def test_each_alpn_policy_is_taken(policy: str) -> None:
    assert listener(stack(service(HTTPS, annotations={**IP, CERT: ARN, ALPN: policy})), 443).alpn_policy == (policy,)


def test_an_unknown_alpn_policy_is_refused_on_a_tls_listener() -> None:
    assert "must be one of HTTP1Only" in fault(service(HTTPS, annotations={**IP, CERT: ARN, ALPN: "http2only"}))


def test_quic_upgrades_udp_and_pairs() -> None:
    assert protocols({QUIC: "443"}, QUIC_PORT) == {443: "QUIC"}
    assert protocols({QUIC: "h3", **MERGE}, QUIC_PORT, HTTPS) == {443: "TCP_QUIC"}


def test_a_target_group_behind_quic_speaks_quic() -> None:
    assert target_group(stack(service(QUIC_PORT, annotations={**IP, QUIC: "443"})), 443).protocol == "QUIC"


@pytest.mark.parametrize(("annotations", "protocol"), [({}, "TCP"), ({CERT: ARN}, "TLS")])
def test_quic_cannot_come_of_tcp_or_tls(annotations: Mapping[str, str], protocol: str) -> None:
    message = fault(service(HTTPS, annotations={**IP, QUIC: "https", **annotations}))

    assert f"Unsupported QUIC upgrade for protocol {protocol}" in message


def test_quic_for_a_port_that_is_not_there_does_nothing_and_says_so() -> None:
    subject = service(QUIC_PORT, annotations={**IP, QUIC: "8443"})

    assert listener(stack(subject), 443).protocol == "UDP"
    [warning] = warnings(subject)
    assert "has no port 8443; the ports are 443" in warning.message


def test_a_certificate_that_a_udp_twin_costs_is_told() -> None:
    [warning] = warnings(service(HTTPS, QUIC_PORT, annotations={**IP, **MERGE, CERT: ARN}))

    assert warning.reason == "CertificateIgnored"
    assert "port 443 is a TCP_UDP listener, which has no TLS" in warning.message


def test_a_udp_port_named_for_tls_is_told() -> None:
    [warning] = warnings(service(HTTPS, UDP, annotations={**IP, CERT: ARN, PORTS: "dns,https"}))

    assert "port 53 is a UDP listener" in warning.message
    assert "TLS needs a TCP port" in warning.message


def test_listener_attributes_go_to_the_listener_that_they_name_by_key() -> None:
    attributes = {"aws-load-balancer-listener-attributes.TCP-80": "tcp.idle_timeout.seconds=400,a=1"}
    built = stack(service(HTTP, UDP, annotations={**IP, **attributes}))

    assert listener(built, 80).listener_attributes == (
        ListenerAttribute(key="a", value="1"),
        ListenerAttribute(key="tcp.idle_timeout.seconds", value="400"),
    )
    assert listener(built, 53).listener_attributes == ()


def test_listener_attributes_are_named_by_the_final_protocol() -> None:
    attributes = {"aws-load-balancer-listener-attributes.TLS-443": "a=1"}

    assert listener(stack(service(HTTPS, annotations={**IP, CERT: ARN, **attributes})), 443).listener_attributes


@pytest.mark.parametrize("suffix", ["aws-load-balancer-listener-attributes.tcp-80", "actions.TCP-81"])
def test_settings_for_a_listener_that_is_not_there_do_nothing_and_say_so(suffix: str) -> None:
    [warning] = warnings(service(HTTP, annotations={**IP, suffix: "not even parsed"}))

    assert suffix in warning.message
    assert "the listeners are TCP-80" in warning.message


def test_a_protocol_that_network_load_balancers_lack_is_told() -> None:
    [warning] = warnings(service({"port": 80, "protocol": "SCTP"}, annotations=IP))

    assert "no SCTP listeners" in warning.message

"""What a target sees of a request's header, and a client of an answer's."""

from dataclasses import replace

import pytest

from albc.local.dataplane.attributes import ListenerSettings, LoadBalancerSettings
from albc.local.dataplane.headers import (
    Arrival,
    Headers,
    compared_host,
    find,
    host_header,
    to_client,
    to_target,
    trace_id,
)

ARRIVAL = Arrival("192.0.2.7", 40000, "https", 443, ("TLSv1.3", "TLS_AES_128_GCM_SHA256"))


def passed_on(received: Headers, **attributes: str) -> Headers:
    settings = LoadBalancerSettings.of({name.replace("__", "."): value for name, value in attributes.items()})
    return to_target(received, settings, ARRIVAL, "h.example", "1-67891233-abcdef012345678912345678")


def test_a_target_learns_client_protocol_and_port() -> None:
    headers = passed_on([])

    assert find(headers, b"x-forwarded-for") == b"192.0.2.7"
    assert find(headers, b"x-forwarded-proto") == b"https"
    assert find(headers, b"x-forwarded-port") == b"443"


@pytest.mark.parametrize(
    ("mode", "seen"), [("append", b"203.0.113.1, 192.0.2.7"), ("preserve", b"203.0.113.1"), ("remove", None)]
)
def test_x_forwarded_for_is_treated_as_the_attribute_says(mode: str, seen: bytes | None) -> None:
    headers = passed_on([(b"X-Forwarded-For", b"203.0.113.1")], routing__http__xff_header_processing__mode=mode)

    assert find(headers, b"x-forwarded-for") == seen


def test_the_client_port_is_added_when_asked_for() -> None:
    headers = passed_on([], routing__http__xff_client_port__enabled="true")

    assert find(headers, b"x-forwarded-for") == b"192.0.2.7:40000"


def test_a_client_cannot_pretend_another_protocol() -> None:
    headers = passed_on([(b"X-Forwarded-Proto", b"http")])

    assert [value for name, value in headers if name.lower() == b"x-forwarded-proto"] == [b"https"]


def test_hop_by_hop_fields_and_those_that_connection_names_stay_behind() -> None:
    headers = passed_on([(b"Connection", b"close, X-Mine"), (b"X-Mine", b"1"), (b"Keep-Alive", b"5"), (b"A", b"b")])

    assert find(headers, b"x-mine") is None
    assert find(headers, b"keep-alive") is None
    assert (b"A", b"b") in headers


def test_names_keep_their_spelling() -> None:
    assert (b"x-MiXeD", b"1") in passed_on([(b"x-MiXeD", b"1")])


def test_invalid_names_are_dropped_only_on_request() -> None:
    received = [(b"under_score", b"1")]

    assert (b"under_score", b"1") in passed_on(received)
    assert (b"under_score", b"1") not in passed_on(received, routing__http__drop_invalid_header_fields__enabled="true")


def test_tls_version_and_cipher_are_told_only_on_request() -> None:
    name = "routing__http__x_amzn_tls_version_and_cipher_suite__enabled"

    assert find(passed_on([]), b"x-amzn-tls-version") is None
    assert find(passed_on([], **{name: "true"}), b"x-amzn-tls-version") == b"TLSv1.3"


@pytest.mark.parametrize(
    ("received", "seen"),
    [
        (None, "Root=1-fresh"),
        ("Root=1-a", "Self=1-fresh;Root=1-a"),
        ("Self=1-old;Root=1-a;CalledFrom=app", "Self=1-fresh;Root=1-a;CalledFrom=app"),
        ("CalledFrom=app", "Root=1-fresh;CalledFrom=app"),
    ],
)
def test_a_trace_goes_on_under_its_root(received: str | None, seen: str) -> None:
    assert trace_id(received, "1-fresh") == seen


@pytest.mark.parametrize(
    ("host", "port", "seen"),
    [
        ("h.example", 80, "h.example"),
        ("h.example:80", 80, "h.example"),
        ("h.example", 8080, "h.example:8080"),
        ("h.example:9000", 8080, "h.example:9000"),
    ],
)
def test_the_host_header_bears_a_port_that_is_not_the_default(host: str, port: int, seen: str) -> None:
    assert host_header(host, LoadBalancerSettings.of({}), port) == seen


@pytest.mark.parametrize(
    ("host", "port", "real_port", "compared"),
    [
        ("h.example", 8080, 8080, "h.example"),
        ("h.example:443", 443, 443, "h.example"),
        ("h.example:8080", 8080, 8080, "h.example:8080"),
        ("h.example:1234", 80, 80, "h.example:1234"),
        ("h.example:443", 8443, 8443, "h.example:443"),
        ("h.example:34567", 80, 34567, "h.example"),
        ("h.example:34567", 8080, 34567, "h.example:8080"),
        ("[2001:db8::1]", 80, 80, "[2001:db8::1]"),
    ],
)
def test_host_conditions_see_the_port_unless_it_is_the_protocols_own(
    host: str, port: int, real_port: int, compared: str
) -> None:
    assert compared_host(host, replace(ARRIVAL, listener_port=port, real_port=real_port)) == compared


def test_a_preserved_host_header_is_left_alone() -> None:
    settings = LoadBalancerSettings.of({"routing.http.preserve_host_header.enabled": "true"})

    assert host_header("h.example", settings, 8080) == "h.example"


def test_a_header_that_the_listener_sets_replaces_the_target_s() -> None:
    settings = ListenerSettings.of({"routing.http.response.x_frame_options.header_value": "DENY"})

    headers = to_client([(b"x-frame-options", b"SAMEORIGIN"), (b"A", b"b")], settings)

    assert headers == [(b"A", b"b"), (b"X-Frame-Options", b"DENY")]

"""The AWS listener of a port: certificates, TLS, client certificates, attributes (spec/gateway.md §13)."""

from dataclasses import replace
from typing import Any

import pytest

from albc.mapping.gateway.outcome import BuiltGateway
from albc.model.listener import Listener, ListenerAttribute, MutualAuthentication
from tests.mapping.gateway.kit import (
    SETTINGS,
    Plain,
    asked,
    built,
    configured,
    gateway,
    http,
    http_route,
    https,
    l4,
    l4_route,
    lbc,
    listener,
    service,
)


def tls(**fields: Any) -> tuple[Plain, ...]:
    """An HTTPS listener for any host, with this configuration and a route."""
    configuration = {"protocolPort": "HTTPS:443", "defaultCertificate": "arn:c", **fields}
    edge = gateway({**https(), "hostname": None}, infrastructure=configured())
    return edge, lbc(listenerConfigurations=[configuration]), service(), http_route()


def test_given_certificates_stand_in_order_the_default_one_first() -> None:
    assert listener(443, *tls(certificates=["arn:d", "arn:b"])).certificates == ("arn:c", "arn:d", "arn:b")


def discovered(*hostnames: str, listener_host: str | None = None) -> tuple[Plain, ...]:
    return gateway({**https(), "hostname": listener_host}), service(), http_route(hostnames=hostnames)


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        (discovered(listener_host="www.example.com"), ("arn:cert/wild",)),
        (discovered("example.com"), ("arn:cert/api",)),
        (discovered("www.example.com", "example.com"), ("arn:cert/api", "arn:cert/wild")),
        (discovered("api.example.com"), ("arn:cert/api", "arn:cert/wild")),
        (discovered("api.example.com", listener_host="*.example.com"), ("arn:cert/api", "arn:cert/wild")),
    ],
)
def test_certificates_are_found_by_the_hosts_of_listeners_and_routes(
    objects: tuple[Plain, ...], found: tuple[str, ...]
) -> None:
    assert listener(443, *objects).certificates == found


def fault_of(result: BuiltGateway) -> str:
    (outcome,) = result.listeners
    assert outcome.fault is not None
    assert outcome.fault.reason == "InvalidCertificateRef"
    return outcome.fault.message


@pytest.mark.parametrize("hostname", ["www.elsewhere.net", "a.b.example.com"])
def test_a_host_that_no_certificate_covers_is_named(hostname: str) -> None:
    assert hostname in fault_of(built(*discovered(hostname)))


def test_without_any_host_there_is_nothing_to_look_for() -> None:
    assert "hostname" in fault_of(built(*discovered()))


def test_the_hosts_of_the_routes_are_named_where_a_wildcard_has_no_certificate() -> None:
    assert "api.example.org" in fault_of(built(*discovered("api.example.org", listener_host="*.example.org")))


def test_a_port_without_routes_needs_no_certificate() -> None:
    objects = (gateway(http(), https(hostname="www.elsewhere.net")), service())
    route = http_route(parents=[{"name": "edge", "port": 80}])

    assert not asked(*objects, route).certificates
    assert built(*objects, route).built.problems == ()


def test_the_tls_policy_is_the_configurations_or_the_flags() -> None:
    strict = replace(SETTINGS, default_ssl_policy="flag")

    assert listener(443, *tls(), settings=strict).ssl_policy == "flag"
    assert listener(443, *tls(sslPolicy="own"), settings=strict).ssl_policy == "own"


def test_http_has_neither_certificates_nor_policy() -> None:
    found = listener(80, gateway(), service(), http_route())

    assert (found.certificates, found.ssl_policy, found.mutual_authentication) == ((), None, None)


def test_of_two_configurations_for_one_port_the_last_one_counts() -> None:
    rows = [{"protocolPort": "HTTPS:443", "sslPolicy": "first"}, {"protocolPort": "HTTPS:443", "sslPolicy": "last"}]
    edge = gateway(https(), infrastructure=configured())

    assert listener(443, edge, lbc(listenerConfigurations=rows), service(), http_route()).ssl_policy == "last"


def test_attributes_are_passed_on_in_order() -> None:
    given = [{"key": "z", "value": "1"}, {"key": "a", "value": "2"}]

    assert listener(443, *tls(listenerAttributes=given)).listener_attributes == (
        ListenerAttribute(key="z", value="1"),
        ListenerAttribute(key="a", value="2"),
    )


def test_listeners_bear_the_load_balancers_tags() -> None:
    objects = (gateway(infrastructure=configured()), lbc(tags={"team": "shop"}), service(), http_route())

    assert listener(80, *objects).tags == {"team": "shop"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"mode": "off"}, MutualAuthentication(mode="off", advertise_trust_store_ca_names="")),
        ({"mode": "passthrough"}, MutualAuthentication(mode="passthrough", advertise_trust_store_ca_names="")),
        (
            {"mode": "verify", "trustStore": "arn:store"},
            MutualAuthentication(
                mode="verify",
                trust_store_arn="arn:store",
                ignore_client_certificate_expiry=False,
                advertise_trust_store_ca_names="",
            ),
        ),
        (
            {
                "mode": "verify",
                "trustStore": "clients",
                "ignoreClientCertificateExpiry": True,
                "advertiseTrustStoreCaNames": "on",
            },
            MutualAuthentication(
                mode="verify",
                trust_store_arn="arn:truststore/clients",
                ignore_client_certificate_expiry=True,
                advertise_trust_store_ca_names="on",
            ),
        ),
    ],
)
def test_client_certificates_are_asked_for_as_configured(given: Plain, expected: MutualAuthentication) -> None:
    assert listener(443, *tls(mutualAuthentication=given)).mutual_authentication == expected


def test_a_trust_store_is_looked_up_by_name_only() -> None:
    named = tls(mutualAuthentication={"mode": "verify", "trustStore": "clients"})
    by_arn = tls(mutualAuthentication={"mode": "verify", "trustStore": "arn:store"})

    assert asked(*named).trust_store_names == {"clients"}
    assert asked(*by_arn).trust_store_names == frozenset()


def test_an_unknown_trust_store_leaves_its_listener_out() -> None:
    assert "gone" in fault_of(built(*tls(mutualAuthentication={"mode": "verify", "trustStore": "gone"})))


NLB_TLS = l4("TLS", 443, hostname="www.example.com", tls={"mode": "Terminate"})


def test_alpn_is_for_tls_on_an_nlb_and_none_by_default() -> None:
    edge = gateway(NLB_TLS, l4("TCP", 80), layer="nlb", infrastructure=configured())
    rows = [{"protocolPort": "TLS:443", "alpnPolicy": "HTTP2Only"}, {"protocolPort": "TCP:80"}]
    plain = (edge, lbc(), service(), l4_route("TCPRoute"))
    chosen = (edge, lbc(listenerConfigurations=rows), service(), l4_route("TCPRoute"))

    assert listener(443, *plain).alpn_policy == ("None",)
    assert listener(443, *chosen).alpn_policy == ("HTTP2Only",)
    assert listener(80, *chosen).alpn_policy == ()


def test_tls_that_is_passed_through_is_tcp() -> None:
    passthrough = l4("TLS", 443, tls={"mode": "Passthrough"})
    objects = (gateway(passthrough, layer="nlb"), service(), l4_route("TLSRoute", hostnames=["a.example.com"]))

    found: Listener = listener(443, *objects)
    assert (found.protocol, found.certificates, found.ssl_policy) == ("TCP", (), None)

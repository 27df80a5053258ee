"""Which listeners are valid, which routes they take, and who wins a conflict (spec/gateway.md §6)."""

from typing import Any

import pytest

from albc.kube.objects import GATEWAYS, LISTENER_SETS
from albc.mapping.gateway.classes import ALB, NLB
from albc.mapping.gateway.listeners import GatewayListener, validate
from albc.model.listener import Listener
from tests.mapping.gateway.kit import Plain, faults, gateway, http, http_route, https, l4, listener_set, service, stack


def validated(*listeners: Plain, layer: str = "alb", sets: tuple[Plain, ...] = ()) -> list[GatewayListener]:
    found = GATEWAYS.convert(gateway(*listeners, layer=layer))
    more = [LISTENER_SETS.convert(each) for each in sets]
    return list(validate(found, more, ALB if layer == "alb" else NLB))


def reasons(*listeners: Plain, layer: str = "alb", sets: tuple[Plain, ...] = ()) -> list[str]:
    return [listener.reason for listener in validated(*listeners, layer=layer, sets=sets)]


def kinds(*names: str) -> dict[str, Any]:
    return {"allowedRoutes": {"kinds": [{"kind": name} for name in names]}}


@pytest.mark.parametrize(
    ("listener", "layer", "reason"),
    [
        (http(), "alb", "Accepted"),
        (http(0), "alb", "PortUnavailable"),
        (http(65536), "alb", "PortUnavailable"),
        (l4("TCP", 80), "alb", "UnsupportedProtocol"),
        (http(), "nlb", "UnsupportedProtocol"),
        (l4("UDP", 53), "nlb", "Accepted"),
        (http(**kinds("TCPRoute")), "alb", "InvalidRouteKinds"),
        (http(0, **kinds("TCPRoute")), "alb", "InvalidRouteKinds"),
        (http(hostname="10.0.0.1"), "alb", "Invalid"),
    ],
)
def test_a_listener_is_valid_or_says_why_not(listener: Plain, layer: str, reason: str) -> None:
    assert reasons(listener, layer=layer) == [reason]


def test_a_selector_with_an_unknown_operator_makes_its_listener_invalid_alone() -> None:
    selector = {"matchExpressions": [{"key": "team", "operator": "Like", "values": ["a"]}]}
    broken = http(81, allowedRoutes={"namespaces": {"from": "Selector", "selector": selector}})

    assert reasons(http(), broken) == ["Accepted", "Invalid"]


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (http(80, hostname="a.example.com"), http(80, hostname="b.example.com"), "Accepted"),
        (http(80), http(80), "Accepted"),
        (http(80, hostname="a.example.com"), http(80, hostname="a.example.com"), "HostnameConflict"),
        (http(80), https(80), "ProtocolConflict"),
        (http(80, hostname="a.example.com"), https(80, hostname="a.example.com"), "HostnameConflict"),
    ],
)
def test_of_two_listeners_in_conflict_the_first_one_stands(first: Plain, second: Plain, reason: str) -> None:
    assert reasons(first, second) == ["Accepted", reason]


PASSTHROUGH = {"tls": {"mode": "Passthrough"}}


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (l4("TCP", 53), l4("UDP", 53), "Accepted"),
        (l4("UDP", 53), l4("TCP", 53), "Accepted"),
        (l4("TCP", 443), l4("TLS", 443), "ProtocolConflict"),
        (l4("TLS", 443), l4("UDP", 443), "ProtocolConflict"),
        (l4("TLS", 443), l4("TLS", 443, **PASSTHROUGH), "ProtocolConflict"),
    ],
)
def test_only_tcp_and_udp_share_a_port(first: Plain, second: Plain, reason: str) -> None:
    assert reasons(first, second, layer="nlb") == ["Accepted", reason]


def test_a_listener_set_may_not_turn_another_ones_port_into_tcp_and_udp() -> None:
    assert reasons(l4("UDP", 53), layer="nlb", sets=(listener_set(l4("TCP", 53)),)) == ["Accepted", "ProtocolConflict"]


def test_a_listener_that_conflicts_still_claims_its_hostname() -> None:
    listeners = (
        http(80, hostname="a.example.com"),
        https(80, hostname="b.example.com"),
        http(80, hostname="b.example.com"),
    )

    assert reasons(*listeners) == ["Accepted", "ProtocolConflict", "HostnameConflict"]


def test_a_listener_that_is_wrong_in_itself_claims_nothing() -> None:
    assert reasons(http(80, **kinds("TCPRoute")), https(80)) == ["InvalidRouteKinds", "Accepted"]


def test_the_gateways_listeners_come_before_those_of_listener_sets() -> None:
    sets = (listener_set(http(80, hostname="a.example.com")),)

    assert reasons(http(80, hostname="a.example.com"), sets=sets) == ["Accepted", "HostnameConflict"]


@pytest.mark.parametrize(
    ("listener", "layer", "supported"),
    [
        (http(), "alb", ("HTTPRoute",)),
        (https(), "alb", ("HTTPRoute", "GRPCRoute")),
        (l4("TLS", 443), "nlb", ("TLSRoute", "TCPRoute")),
        (l4("TCP", 80), "alb", ("TCPRoute",)),
        (https(**kinds("GRPCRoute")), "alb", ("GRPCRoute",)),
        (https(**kinds("TCPRoute")), "alb", ()),
    ],
)
def test_supported_kinds_are_the_protocols_or_the_listed_ones(
    listener: Plain, layer: str, supported: tuple[str, ...]
) -> None:
    (found,) = validated(listener, layer=layer)

    assert found.supported_kinds(ALB if layer == "alb" else NLB) == supported


def test_a_udp_listener_takes_no_tcp_routes_even_if_it_lists_them() -> None:
    (listener,) = validated(l4("UDP", 53, **kinds("TCPRoute", "UDPRoute")), layer="nlb")

    assert not listener.takes("TCPRoute")
    assert listener.takes("UDPRoute")


def test_grpc_works_without_tls_where_somebody_asks_for_it() -> None:
    (plain,) = validated(http())
    (asked,) = validated(http(**kinds("GRPCRoute")))

    assert not plain.takes("GRPCRoute")
    assert asked.takes("GRPCRoute")


def test_an_invalid_listener_is_left_out_and_its_owner_told() -> None:
    objects = (gateway(http(80), https(80)), service(), http_route())

    assert [listener.protocol for listener in stack(*objects).all(Listener)] == ["HTTP"]
    assert faults(*objects) == [("Gateway", "edge", "ProtocolConflict")]

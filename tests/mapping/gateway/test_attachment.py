"""Which routes attach to which listeners, and what the others are told (spec/gateway.md §7)."""

import pytest

from albc.mapping.gateway.outcome import BuiltGateway
from albc.mapping.gateway.routes import RouteRef
from albc.model.conditions import HostHeader
from albc.model.listener import Listener
from tests.mapping.gateway.kit import (
    Plain,
    built,
    from_all,
    gateway,
    grpc_route,
    http,
    http_route,
    https,
    l4,
    l4_route,
    listener,
    namespace,
    rules,
    service,
    stack,
)

WEB = RouteRef("HTTPRoute", "shop", "web")


def refusal(result: BuiltGateway, route: RouteRef = WEB) -> str | None:
    """Why the first parentRef is not accepted."""
    fault = result.routes[route].parents[0].not_accepted
    return fault.reason if fault else None


def test_without_section_a_route_attaches_to_every_listener_that_takes_it() -> None:
    found = stack(gateway(http(80), http(81)), service(), http_route()).all(Listener)

    assert [each.id for each in found] == ["80", "81"]


@pytest.mark.parametrize(
    ("parent", "ports"),
    [
        ({"sectionName": "http-81"}, ["81"]),
        ({"port": 80}, ["80"]),
        ({"sectionName": "http-81", "port": 81}, ["81"]),
    ],
)
def test_section_and_port_choose_listeners(parent: Plain, ports: list[str]) -> None:
    found = stack(gateway(http(80), http(81)), service(), http_route(parents=[{"name": "edge", **parent}]))

    assert [each.id for each in found.all(Listener)] == ports


@pytest.mark.parametrize("parent", [{"sectionName": "gone"}, {"port": 9}, {"sectionName": "http-80", "port": 81}])
def test_a_section_or_port_that_is_not_there_matches_no_parent(parent: Plain) -> None:
    result = built(gateway(http(80), http(81)), service(), http_route(parents=[{"name": "edge", **parent}]))

    assert refusal(result) == "NoMatchingParent"


def test_a_parent_of_a_foreign_group_is_not_our_gateway() -> None:
    result = built(gateway(), service(), http_route(parents=[{"name": "edge", "group": "example.net"}]))

    assert refusal(result) == "NoMatchingParent"


def test_a_route_of_another_gateway_is_none_of_ours() -> None:
    result = built(gateway(), service(), http_route(parents=[{"name": "other"}]))

    assert result.routes == {}


@pytest.mark.parametrize(
    ("allowed", "accepted"),
    [
        ({}, False),
        ({"namespaces": {"from": "Same"}}, False),
        (from_all(), True),
        ({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"kind": "tenant"}}}}, True),
        ({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"kind": "other"}}}}, False),
        ({"namespaces": {"from": "Selector"}}, False),
        ({"namespaces": {"from": "None"}}, False),
    ],
)
def test_a_listener_says_from_which_namespaces_it_takes_routes(allowed: Plain, accepted: bool) -> None:
    route = http_route(parents=[{"name": "edge", "namespace": "shop"}], namespace="team")
    result = built(gateway(http(allowedRoutes=allowed)), namespace("team", kind="tenant"), route)

    reason = refusal(result, RouteRef("HTTPRoute", "team", "web"))
    assert reason == (None if accepted else "NotAllowedByListeners")


@pytest.mark.parametrize("route", [l4_route("TCPRoute"), grpc_route()])
def test_a_kind_that_the_listener_does_not_take_is_refused(route: Plain) -> None:
    result = built(gateway(), service(), route)
    ref = RouteRef(route["kind"], "shop", route["metadata"]["name"])

    assert refusal(result, ref) == "NotAllowedByListeners"


def test_an_http_route_to_an_nlb_is_told_so() -> None:
    assert refusal(built(gateway(l4("TCP", 80), layer="nlb"), service(), http_route())) == "NotAllowedByListeners"


def test_a_hostname_that_no_listener_has_is_refused() -> None:
    result = built(gateway(http(hostname="a.example.com")), service(), http_route(hostnames=["b.example.com"]))

    assert refusal(result) == "NoMatchingListenerHostname"


def test_one_listener_that_takes_the_route_is_enough() -> None:
    listeners = (http(80, hostname="a.example.com"), http(81, hostname="b.example.com"))
    result = built(gateway(*listeners), service(), http_route(hostnames=["b.example.com"]))

    assert refusal(result) is None
    assert [outcome.attached_routes for outcome in result.listeners] == [0, 1]


def test_attached_routes_count_on_invalid_listeners_too() -> None:
    result = built(gateway(http(80), https(80)), service(), http_route())

    assert [outcome.attached_routes for outcome in result.listeners] == [1, 1]


def test_a_route_that_reaches_invalid_listeners_only_is_told_nothing() -> None:
    result = built(
        gateway(http(80), https(80)), service(), http_route(parents=[{"name": "edge", "sectionName": "https-443"}])
    )
    only_invalid = built(
        gateway(http(80), {**https(80), "name": "tls"}),
        service(),
        http_route(parents=[{"name": "edge", "sectionName": "tls"}]),
    )

    assert refusal(result) == "NoMatchingParent"
    assert only_invalid.routes == {}


def hosts(*objects: Plain) -> list[tuple[str, ...]]:
    """Host conditions of the rules, in order; empty for any host."""
    return [
        next((each.values for each in rule.conditions if isinstance(each, HostHeader)), ()) for rule in rules(*objects)
    ]


def test_a_route_inherits_its_listeners_hostname() -> None:
    assert hosts(gateway(http(hostname="a.example.com")), service(), http_route()) == [("a.example.com",)]


def test_a_listener_without_hostname_takes_every_host_beside_one_with_a_hostname() -> None:
    objects = (gateway(http(80, hostname="a.example.com"), {**http(80), "name": "rest"}), service(), http_route())

    assert hosts(*objects) == [("a.example.com",), ()]


def test_hostnames_of_all_listeners_of_a_port_add_up() -> None:
    objects = (
        gateway(http(80, hostname="*.example.com"), {**http(80, hostname="*.example.org"), "name": "org"}),
        service(),
        http_route(hostnames=["a.example.com", "a.example.org", "a.example.net"]),
    )

    assert hosts(*objects) == [("a.example.com",), ("a.example.org",)]


def test_a_route_without_group_kind_and_namespace_means_a_gateway_beside_it() -> None:
    assert listener(80, gateway(), service(), http_route(parents=[{"name": "edge"}])).port == 80

"""In which order the rules of a port stand (spec/gateway.md §11.2)."""

import random
from typing import Any

import pytest

from albc.model.conditions import HostHeader, HTTPHeader, HTTPRequestMethod, PathPattern, QueryString
from albc.model.listener import ListenerRule
from tests.mapping.gateway.kit import Plain, configured, gateway, grpc_route, http_route, https, lbc, rules, service, to

EDGE = gateway({**https(), "hostname": None}, infrastructure=configured())
CERTIFICATE = lbc(listenerConfigurations=[{"protocolPort": "HTTPS:443", "defaultCertificate": "arn:c"}])


def seen(rule: ListenerRule) -> str:
    """A rule's conditions as one short text."""
    parts = []
    for condition in rule.conditions:
        match condition:
            case HostHeader(values=values):
                parts.append("".join(values))
            case PathPattern(values=values, regex_values=regexes):
                parts.append((*values, *regexes)[0])
            case HTTPHeader(http_header_name=name):
                parts.append(f"header {name}")
            case HTTPRequestMethod(values=values):
                parts.append("".join(values))
            case QueryString(values=values):
                parts.append(f"query {values[0].key}")
    return " ".join(parts)


def order(*routes: Plain) -> list[str]:
    return [seen(rule) for rule in rules(EDGE, CERTIFICATE, service(), *routes)]


def match(path: str, type_: str = "PathPrefix", **more: Any) -> Plain:
    return {"path": {"type": type_, "value": path}, **more}


def route(*matches: Plain, **fields: Any) -> Plain:
    return http_route(to("web", matches=list(matches)), **fields)


def test_a_specific_host_comes_before_a_wildcard_and_both_before_any() -> None:
    hostnames = ["*.example.com", "example.com", "a.b.example.com"]

    assert order(
        route(match("/health", "Exact"), match("/"), hostnames=hostnames), route(match("/long/path"), name="any")
    ) == [
        "a.b.example.com /health",
        "a.b.example.com /*",
        "example.com /health",
        "example.com /*",
        "*.example.com /health",
        "*.example.com /*",
        "/long/path",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (match("/a", "Exact"), match("/a/b/c")),
        (match("/a"), match("/aaaa", "RegularExpression")),
        (match("/long"), match("/a")),
        (match("/a", method="GET"), match("/a", headers=[{"name": "x", "value": "1"}])),
        (match("/a", headers=[{"name": "x", "value": "1"}]), match("/a", queryParams=[{"name": "q", "value": "1"}])),
        (match("/a", queryParams=[{"name": "q", "value": "1"}]), match("/a")),
    ],
)
def test_the_more_specific_match_comes_first(first: Plain, second: Plain) -> None:
    assert order(route(first, second)) == order(route(second, first))
    assert order(route(second, first))[0] == order(route(first))[0]


def test_of_equal_matches_the_older_route_wins_then_the_name() -> None:
    old = route(match("/a"), name="zzz", creationTimestamp="2026-01-01T00:00:00Z", hostnames=["a.example.com"])
    new = route(match("/a"), name="aaa", creationTimestamp="2026-02-01T00:00:00Z", hostnames=["a.example.com"])

    found = rules(EDGE, CERTIFICATE, service(), old, new)

    assert ["zzz" in str(rule.actions) for rule in found] == [True, False]


def test_an_http_route_stands_before_a_grpc_route_that_is_equal_in_all() -> None:
    plain = http_route(to("web", matches=[match("/x", "RegularExpression")]), name="same")
    rpc = grpc_route(
        {"matches": [{"method": {"type": "RegularExpression", "service": "a"}}], "backendRefs": []}, name="same"
    )

    found = rules(EDGE, CERTIFICATE, service(), rpc, plain)

    assert [seen(rule) for rule in found] == ["/x", "^/(a)/([^/]+)$"]


def test_a_specific_grpc_call_stands_before_a_prefix_of_http() -> None:
    call = grpc_route({"matches": [{"method": {"service": "shop.Orders", "method": "List"}}], "backendRefs": []})

    assert order(route(match("/")), call) == ["/shop.Orders/List", "/*"]


def test_a_grpc_rule_without_matches_takes_every_call() -> None:
    assert order(grpc_route({"backendRefs": []})) == ["/*"]


def test_rules_are_numbered_from_one_without_gaps() -> None:
    found = rules(EDGE, CERTIFICATE, service(), route(match("/a"), match("/b*"), match("/c")))

    assert [(rule.id, rule.priority) for rule in found] == [("443:1", 1), ("443:2", 2)]


@pytest.mark.parametrize("seed", range(8))
def test_the_order_does_not_depend_on_how_rules_were_written(seed: int) -> None:
    matches = [match("/a"), match("/a", "Exact"), match("/b", method="GET"), match("/a/b"), match("/")]
    shuffled = matches.copy()
    random.Random(seed).shuffle(shuffled)

    assert order(route(*shuffled)) == order(route(*matches))

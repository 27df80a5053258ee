"""What a route's match becomes on an ALB (spec/gateway.md §11.3)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.mapping.gateway.conditions import split_values
from albc.model.actions import FixedResponse
from albc.model.conditions import (
    Condition,
    HostHeader,
    HTTPHeader,
    HTTPRequestMethod,
    PathPattern,
    QueryString,
    QueryStringPair,
    SourceIP,
)
from tests.mapping.gateway.kit import (
    Plain,
    built,
    configured,
    extension,
    faults,
    fixed_response,
    gateway,
    grpc_route,
    http_route,
    https,
    lbc,
    lrc,
    prefix,
    rule,
    rules,
    service,
    to,
)


def conditions(match: Plain, **fields: Any) -> tuple[Condition, ...]:
    return rule(gateway(), service(), http_route(to("web", matches=[match]), **fields)).conditions


@pytest.mark.parametrize(
    ("path", "condition"),
    [
        ({"type": "PathPrefix", "value": "/"}, PathPattern(values=("/*",))),
        ({"type": "PathPrefix", "value": "/a"}, PathPattern(values=("/a", "/a/*"))),
        ({"type": "PathPrefix", "value": "/a/"}, PathPattern(values=("/a", "/a/*"))),
        ({"type": "Exact", "value": "/a"}, PathPattern(values=("/a",))),
        ({"type": "Exact", "value": "/a*"}, PathPattern(values=("/a*",))),
        ({"type": "RegularExpression", "value": "^/a[0-9]+$"}, PathPattern(regex_values=("^/a[0-9]+$",))),
        ({}, PathPattern(values=("/*",))),
    ],
)
def test_a_path_match_is_a_path_condition(path: Plain, condition: Condition) -> None:
    assert conditions({"path": path}) == (condition,)


def test_a_rule_without_matches_takes_every_path() -> None:
    assert rule(gateway(), service(), http_route()).conditions == (PathPattern(values=("/*",)),)


def test_all_parts_of_a_match_stand_in_the_references_order() -> None:
    match = {
        "path": {"type": "Exact", "value": "/a"},
        "headers": [
            {"name": "x-team", "value": "a,b"},
            {"name": "x-re", "value": "a+", "type": "RegularExpression"},
        ],
        "queryParams": [{"name": "q", "value": "1"}, {"name": "r", "value": "2", "type": "RegularExpression"}],
        "method": "POST",
    }

    assert conditions(match, hostnames=["*.example.com"]) == (
        HostHeader(values=("*.example.com",)),
        PathPattern(values=("/a",)),
        HTTPHeader(http_header_name="x-team", values=("a", "b")),
        HTTPHeader(http_header_name="x-re", regex_values=("a+",)),
        QueryString(values=(QueryStringPair(key="q", value="1"),)),
        QueryString(values=(QueryStringPair(key="r", value="2"),)),
        HTTPRequestMethod(values=("POST",)),
    )


@pytest.mark.parametrize("path", ["/a*", "/a?b"])
def test_a_prefix_with_a_wildcard_is_left_out_and_the_other_rules_go_on(path: str) -> None:
    objects = (gateway(), service(), http_route(to("web", matches=[prefix(path)]), to("web", matches=[prefix("/b")])))

    assert [each.conditions for each in rules(*objects)] == [(PathPattern(values=("/b", "/b/*")),)]
    assert faults(*objects) == [("HTTPRoute", "web", "UnsupportedValue")]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a", ("a",)),
        ("a,b", ("a", "b")),
        (r"a\,b,c", ("a,b", "c")),
        (r"a\\,b", ("a\\", "b")),
        (r"a\n", ("an",)),
        (",,", ("", "", "")),
        ("", ("",)),
        ("a\\", ("a\\",)),
    ],
)
def test_a_header_value_is_a_list_parted_by_commas(text: str, values: tuple[str, ...]) -> None:
    assert split_values(text) == values


@given(st.lists(st.text(), min_size=1))
def test_escaped_values_come_back_as_they_were(values: list[str]) -> None:
    escaped = ",".join(value.replace("\\", "\\\\").replace(",", "\\,") for value in values)

    assert split_values(escaped) == tuple(values)


TLS = (
    gateway({**https(), "hostname": None}, infrastructure=configured()),
    lbc(listenerConfigurations=[{"protocolPort": "HTTPS:443", "defaultCertificate": "arn:c"}]),
    service(),
)


@pytest.mark.parametrize(
    ("method", "condition"),
    [
        ({"service": "shop.Orders", "method": "List"}, PathPattern(values=("/shop.Orders/List",))),
        ({"service": "shop.Orders"}, PathPattern(values=("/shop.Orders/*",))),
        ({"method": "List"}, PathPattern(values=("/*/List",))),
        (None, PathPattern(values=("/*",))),
        (
            {"type": "RegularExpression", "service": "shop.*", "method": "L.*"},
            PathPattern(regex_values=("^/(shop.*)/(L.*)$",)),
        ),
        ({"type": "RegularExpression", "method": "L.*"}, PathPattern(regex_values=("^/([^/]+)/(L.*)$",))),
    ],
)
def test_a_grpc_call_is_a_path(method: Plain | None, condition: Condition) -> None:
    match = {"method": method} if method else {}

    assert rule(*TLS, grpc_route(to("web", matches=[match]))).conditions == (condition,)


def test_headers_of_a_grpc_match_may_be_regular_expressions() -> None:
    match = {"headers": [{"name": "x", "value": "a+", "type": "RegularExpression"}]}

    assert rule(*TLS, grpc_route(to("web", matches=[match]))).conditions[1] == HTTPHeader(
        http_header_name="x", regex_values=("a+",)
    )


def source_ip(*indexes: int, everywhere: bool = False) -> Plain:
    condition: Plain = {"field": "source-ip", "sourceIPConfig": {"values": ["192.0.2.0/24"]}}
    if not everywhere:
        condition["matchIndexes"] = list(indexes)
    return lrc("office", conditions=[condition])


OFFICE = SourceIP(values=("192.0.2.0/24",))
TWO = http_route(to("web", matches=[prefix("/aa"), prefix("/b")], filters=[extension("office")]))


def restricted(*objects: Plain) -> list[bool]:
    return [OFFICE in each.conditions for each in rules(gateway(), service(), *objects)]


def test_a_source_restriction_holds_for_all_matches_or_for_those_it_names() -> None:
    assert restricted(TWO, source_ip(everywhere=True)) == [True, True]
    assert restricted(TWO, source_ip(0)) == [True, False]
    assert restricted(TWO, source_ip(1)) == [False, True]


@pytest.mark.parametrize("indexes", [(), (2,), (0, 7), (-1,)])
def test_a_restriction_that_names_no_match_never_opens_the_rule(indexes: tuple[int, ...]) -> None:
    objects = (gateway(), service(), TWO, source_ip(*indexes))

    assert all(isinstance(each.actions[0], FixedResponse) for each in rules(*objects))
    assert faults(*objects) == [("HTTPRoute", "web", "UnsupportedValue")]


def test_a_restriction_stands_before_a_fixed_response_too() -> None:
    configuration = source_ip(everywhere=True)
    configuration["spec"]["actions"] = [fixed_response(200)]

    assert restricted(TWO, configuration) == [True, True]


def test_a_match_that_an_alb_cannot_do_is_told_on_the_route_and_once_on_its_gateway() -> None:
    result = built(gateway(), service(), http_route(to("web", matches=[prefix("/a*")])), http_route(name="other"))

    told = [(problem.object.name, problem.severity) for problem in result.built.problems]
    assert told == [("web", "error"), ("edge", "warning")]

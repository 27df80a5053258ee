"""Listener rule conditions, as the AWS page "Condition types for listener rules" describes them."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.local.dataplane.conditions import Request, compile_conditions, wildcard


def request(**parts: Any) -> Request:
    return Request(**{"method": "GET", "host": "shop.example.com", "path": "/", **parts})


def host(*values: str) -> Mapping[str, Any]:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(values)}}


def path(*values: str) -> Mapping[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


def header(name: str, *values: str) -> Mapping[str, Any]:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(values)}}


def query(value: str, key: str | None = None) -> Mapping[str, Any]:
    pair = {"Value": value} if key is None else {"Key": key, "Value": value}
    return {"Field": "query-string", "QueryStringConfig": {"Values": [pair]}}


def satisfied(request: Request, *conditions: Mapping[str, Any]) -> bool:
    return compile_conditions(conditions)(request)


def test_a_rule_without_conditions_takes_every_request() -> None:
    assert satisfied(request())


@pytest.mark.parametrize("value", ["SHOP.example.COM", "*.example.com", "sho?.example.com", "*"])
def test_hosts_match_by_wildcard_whatever_their_case(value: str) -> None:
    assert satisfied(request(host="Shop.Example.com"), host(value))


@pytest.mark.parametrize("value", ["example.com", "*.shop.example.com", "sho.example.com", "shop?.example.com"])
def test_a_host_must_match_as_a_whole(value: str) -> None:
    assert not satisfied(request(), host(value))


@pytest.mark.parametrize(
    ("pattern", "sent", "matches"),
    [
        ("/img/*", "/img/", True),
        ("/img/*", "/img/a/b", True),
        ("/img/*", "/img", False),
        ("/img", "/IMG", False),
        ("/a?c", "/abc", True),
        ("/a?c", "/ac", False),
        ("/a.c", "/abc", False),
        ("/*/info", "/x/y/info", True),
    ],
)
def test_paths_match_by_wildcard_and_case(pattern: str, sent: str, matches: bool) -> None:
    assert satisfied(request(path=sent), path(pattern)) is matches


def test_one_value_of_a_condition_is_enough() -> None:
    assert satisfied(request(path="/b"), path("/a", "/b"))


def test_every_condition_of_a_rule_must_hold() -> None:
    assert satisfied(request(path="/a"), host("shop.*"), path("/a"))
    assert not satisfied(request(path="/a"), host("blog.*"), path("/a"))


def test_values_beside_the_field_are_read_as_in_old_rules() -> None:
    assert satisfied(request(path="/a"), {"Field": "path-pattern", "Values": ["/a"]})


@pytest.mark.parametrize(
    ("pattern", "sent", "matches"),
    [("^/api/v[0-9]+/", "/api/v2/x", True), ("^/api/v[0-9]+$", "/api/v2/x", False), ("v[0-9]", "/api/v2/x", True)],
)
def test_path_expressions_carry_their_own_anchors(pattern: str, sent: str, matches: bool) -> None:
    condition = {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": [pattern]}}

    assert satisfied(request(path=sent), condition) is matches


def test_host_expressions_ignore_case() -> None:
    condition = {"Field": "host-header", "HostHeaderConfig": {"RegexValues": [r"^[a-z]+\.example\.com$"]}}

    assert satisfied(request(host="SHOP.example.com"), condition)


def test_a_malformed_expression_satisfies_nobody() -> None:
    assert not satisfied(request(), {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["("]}})


def test_an_unknown_field_satisfies_nobody() -> None:
    assert not satisfied(request(), {"Field": "moon-phase", "Values": ["full"]})


def test_header_names_and_values_match_whatever_their_case() -> None:
    assert satisfied(request(headers=(("x-canary", "Always"),)), header("X-Canary", "always"))


def test_any_of_several_headers_of_a_name_may_match() -> None:
    sent = (("accept", "text/html"), ("accept", "application/json"))

    assert satisfied(request(headers=sent), header("Accept", "application/*"))


def test_a_missing_header_satisfies_no_header_condition() -> None:
    assert not satisfied(request(), header("X-Canary", "*"))


def test_an_escaped_star_in_a_header_value_is_a_star() -> None:
    assert satisfied(request(headers=(("accept", "*/*"),)), header("Accept", r"\*/\*"))
    assert not satisfied(request(headers=(("accept", "text/html"),)), header("Accept", r"\*/\*"))


def test_methods_match_exactly() -> None:
    condition = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET", "HEAD"]}}

    assert satisfied(request(method="HEAD"), condition)
    assert not satisfied(request(method="get"), condition)


@pytest.mark.parametrize(
    ("sent", "matches"), [("v=1", True), ("x=0&V=1", True), ("v=2", False), ("v", False), ("", False), ("w=1", False)]
)
def test_a_query_parameter_matches_by_key_and_value(sent: str, matches: bool) -> None:
    assert satisfied(request(query=sent), query("1", key="v")) is matches


def test_a_query_value_without_key_matches_under_any_key() -> None:
    assert satisfied(request(query="colour=dark%20red"), query("*red"))


@pytest.mark.parametrize(("network", "matches"), [("127.0.0.0/8", True), ("10.0.0.0/8", False), ("::/0", False)])
def test_the_source_address_is_that_of_the_connection(network: str, matches: bool) -> None:
    condition = {"Field": "source-ip", "SourceIpConfig": {"Values": [network]}}
    sent = request(source_ip="127.0.0.1", headers=(("x-forwarded-for", "10.1.2.3"),))

    assert satisfied(sent, condition) is matches


@given(st.text())
def test_a_pattern_without_specials_matches_itself_alone(text: str) -> None:
    literal = re.sub(r"[*?]", "", text)
    test = wildcard(literal, ignore_case=False)

    assert test(literal)
    assert not test(literal + "x")


@given(st.text(), st.text(), st.text())
def test_a_star_stands_for_anything_between_its_neighbours(before: str, between: str, after: str) -> None:
    before, after = (re.sub(r"[*?]", "", part) for part in (before, after))

    assert wildcard(f"{before}*{after}", ignore_case=False)(before + between + after)


@given(st.text(min_size=1), st.data())
def test_a_question_mark_stands_for_each_single_character(text: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(text) - 1))
    literal = re.sub(r"[*?]", "-", text)
    pattern = f"{literal[:position]}?{literal[position + 1 :]}"

    assert wildcard(pattern, ignore_case=False)(literal)
    assert not wildcard(pattern, ignore_case=False)(literal[:position] + literal[position + 1 :])

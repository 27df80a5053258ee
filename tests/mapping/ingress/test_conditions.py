"""Conditions that an annotation adds (spec/ingress.md §14.3, §16.2)."""

from typing import Any

import pytest

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
from tests.mapping.ingress.kit import fault, ingress, path, rule, rules, stack

HOST = {"field": "host-header", "hostHeaderConfig": {"values": ["b.com"]}}
PATH = {"field": "path-pattern", "pathPatternConfig": {"values": ["/y"]}}


def subject(*entries: Any, host: str = "a.com", text: str = "/x") -> Any:
    return ingress(rule(path(path=text, type="Exact"), host=host), annotations={"conditions.cart": list(entries)})


def conditions(*entries: Any, host: str = "a.com", text: str = "/x") -> tuple[Condition, ...]:
    [only] = rules(stack(subject(*entries, host=host, text=text)))
    return only.conditions


def test_hosts_and_paths_join_those_of_the_rule() -> None:
    assert conditions(PATH, HOST) == (HostHeader(values=("a.com", "b.com")), PathPattern(values=("/x", "/y")))


def test_other_conditions_stand_before_host_and_path_in_their_order() -> None:
    found = conditions(
        {"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.0/8"]}},
        HOST,
        {"field": "http-request-method", "httpRequestMethodConfig": {"values": ["GET"]}},
        {"field": "http-header", "httpHeaderConfig": {"httpHeaderName": "X", "values": ["1"]}},
        {"field": "query-string", "queryStringConfig": {"values": [{"key": "k", "value": "v"}, {"value": "w"}]}},
    )

    assert found == (
        SourceIP(values=("10.0.0.0/8",)),
        HTTPRequestMethod(values=("GET",)),
        HTTPHeader(http_header_name="X", values=("1",)),
        QueryString(values=(QueryStringPair(key="k", value="v"), QueryStringPair(value="w"))),
        HostHeader(values=("a.com", "b.com")),
        PathPattern(values=("/x",)),
    )


def test_a_condition_of_another_kind_alone_is_enough() -> None:
    entry = {"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.0/8"]}}

    assert conditions(entry, host="", text="") == (SourceIP(values=("10.0.0.0/8",)),)


def test_regular_expressions_stand_where_the_rule_says_nothing() -> None:
    by_regex = {"field": "host-header", "hostHeaderConfig": {"regexValues": ["^a"]}}

    assert conditions(by_regex, host="") == (HostHeader(regex_values=("^a",)), PathPattern(values=("/x",)))


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"field": "host-header", "hostHeaderConfig": {"regexValues": ["^a"]}}, "host condition"),
        ({"field": "path-pattern", "pathPatternConfig": {"regexValues": ["^a"]}}, "path condition"),
    ],
)
def test_values_and_regular_expressions_exclude_one_another(entry: Any, told: str) -> None:
    assert told in fault(subject(entry))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"host": "x" * 129}, "a host of a rule has 129 characters"),
        ({"text": "/" + "x" * 128}, "a path of a rule has 129 characters"),
    ],
)
def test_what_is_too_long_for_a_rule_is_told(found: Any, told: str) -> None:
    assert told in fault(subject(**found))
    assert told in fault(subject({"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.0/8"]}}, **found))


def test_old_spellings_are_read_and_unknown_fields_ignored() -> None:
    old = {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}, "Extra": 1}
    unknown = {"field": "moon-phase", "moonPhaseConfig": {}}

    assert conditions(old, unknown)[0] == SourceIP(values=("10.0.0.0/8",))


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"field": "host-header"}, "hostHeaderConfig"),
        ({"field": "path-pattern", "pathPatternConfig": {}}, "values or regexValues"),
        ({"field": "http-header", "httpHeaderConfig": {"values": ["a"], "regexValues": ["b"]}}, "one of the two"),
        ({"field": "http-request-method", "httpRequestMethodConfig": {"values": []}}, "at least one of values"),
        ({"field": "query-string", "queryStringConfig": {}}, "at least one of values"),
        ({"field": "query-string", "queryStringConfig": {"values": [{"key": "k"}]}}, "a value in each"),
        ({"field": "source-ip"}, "sourceIPConfig"),
        ({"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.1"]}}, "did you mean 10.0.0.1/32?"),
        ({"field": "source-ip", "sourceIPConfig": {"values": ["office"]}}, 'such as 10.0.0.0/8, not "office"'),
        ({"field": "http-request-method", "httpRequestMethodConfig": {"values": ["get"]}}, "did you mean GET?"),
        ({"field": "http-header", "httpHeaderConfig": {"values": ["a"]}}, "as httpHeaderName"),
        ({"field": "http-header", "httpHeaderConfig": {"httpHeaderName": "x y", "values": ["a"]}}, 'not "x y"'),
        ({"field": "host-header", "hostHeaderConfig": {"values": ["x" * 129]}}, "at most 128 characters"),
        ({"field": "query-string", "queryStringConfig": {"values": [{"value": "x" * 129}]}}, "at most 128 characters"),
        ({"field": "source-ip", "sourceIPConfig": {"values": "10.0.0.0/8"}}, "must be a list"),
    ],
)
def test_unusable_conditions_are_told(entry: Any, told: str) -> None:
    message = fault(subject(entry))

    assert message.startswith("alb.ingress.kubernetes.io/conditions.cart")
    assert told in message

"""Rules that no request reaches are warned of, with the rule that hides them (shared/traps.md, Ingress)."""

from typing import Any

import pytest

from albc.model.problem import Problem
from tests.mapping.ingress.kit import HTTP_AND_HTTPS, action, fixed, ingress, rule, warnings

ANSWERS = {f"actions.{name}": fixed(name) for name in "abc"}
SOURCE = [{"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.0/8"]}}]


def told(*of_rules: dict[str, Any], **annotations: Any) -> list[Problem]:
    found = warnings(ingress(*of_rules, annotations={**ANSWERS, **annotations}))
    return [problem for problem in found if problem.reason == "UnreachableRule"]


def hides(wider: tuple[str, str], narrower: tuple[str, str], **annotations: Any) -> bool:
    first = rule(action("a", wider[1], None), host=wider[0])
    return bool(told(first, rule(action("b", narrower[1], None), host=narrower[0]), **annotations))


@pytest.mark.parametrize(
    ("wider", "narrower"),
    [
        (("", "/*"), ("a.com", "/x")),
        (("", ""), ("a.com", "/x")),
        (("a.com", "/x"), ("a.com", "/x")),
        (("a.com", "/x*"), ("a.com", "/x/y")),
        (("a.com", "/x*"), ("a.com", "/x*")),
        (("a.com", "/x/*"), ("a.com", "/x/y*")),
        (("*.com", "/*"), ("a.b.com", "/x")),
    ],
)
def test_a_rule_behind_a_wider_one_is_told(wider: tuple[str, str], narrower: tuple[str, str]) -> None:
    assert hides(wider, narrower)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("a.com", "/*"), ("b.com", "/x")),
        (("a.com", "/*"), ("", "/x")),
        (("a.com", "/x"), ("a.com", "/x/y")),
        (("a.com", "/x/*"), ("a.com", "/x")),
        (("a.com", "/?"), ("a.com", "/x")),
        (("*.com", "/*"), ("com", "/x")),
    ],
)
def test_a_rule_that_gets_some_requests_is_not_told(first: tuple[str, str], second: tuple[str, str]) -> None:
    assert not hides(first, second)


def test_the_warning_names_both_rules() -> None:
    [problem] = told(rule(action("a", "/", "Prefix"), action("b", "/*", None), host="a.com"))

    assert problem.severity == "warning"
    assert "rule a.com/* is never reached: rule a.com/ stands before it" in problem.message


def test_a_rule_with_more_conditions_hides_nothing_but_may_be_hidden() -> None:
    assert not hides(("", "/*"), ("", "/x"), **{"conditions.a": SOURCE})
    assert hides(("", "/*"), ("", "/x"), **{"conditions.b": SOURCE})


def test_several_rules_may_hide_one_together() -> None:
    both = [{"field": "host-header", "hostHeaderConfig": {"values": ["b.com"]}}]
    of_rules = [
        rule(action("a", "/*", None), host="a.com"),
        rule(action("c", "/*", None), host="b.com"),
        rule(action("b", "/x", None), host="a.com"),
    ]

    assert len(told(*of_rules, **{"conditions.b": both})) == 1
    assert not told(of_rules[0], of_rules[2], **{"conditions.b": both})


def test_regular_expressions_are_not_judged() -> None:
    regex = {"use-regex-path-match": "true"}

    assert not hides(("", "/^/.*$"), ("", "/^/x$"), **regex)


def test_a_rule_that_is_reached_on_some_port_is_not_told() -> None:
    to_https = {
        "type": "redirect",
        "redirectConfig": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"},
    }
    of_rules = rule(action("ssl", "/*", None), action("a", "/x", None))

    assert not told(of_rules, **HTTP_AND_HTTPS, **{"actions.ssl": to_https})


def test_what_a_redirect_with_a_host_by_regular_expression_swallows_is_told() -> None:
    by_regex = [{"field": "host-header", "hostHeaderConfig": {"regexValues": ["^a"]}}]
    away = {"type": "redirect", "redirectConfig": {"host": "new.com", "statusCode": "HTTP_301"}}
    of_rules = [rule(action("go", "/*", None)), rule(action("a", "/x", None), host="b.com")]

    assert len(told(*of_rules, **{"conditions.go": by_regex, "actions.go": away})) == 1

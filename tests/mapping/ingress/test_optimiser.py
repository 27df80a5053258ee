"""Rules that a listener need not have (spec/ingress.md §17)."""

from collections.abc import Sequence
from typing import Any

import pytest

from albc.kube.objects import Ingress
from albc.model.actions import Redirect
from tests.mapping.ingress.kit import HTTP_AND_HTTPS, action, bodies, fixed, ingress, path, rule, rules, stack

ANSWERS = {f"actions.{name}": fixed(name) for name in "abcdef"}
REGEX = {"use-regex-path-match": "true"}


def redirect(**fields: str) -> dict[str, Any]:
    return {"type": "redirect", "redirectConfig": {"statusCode": "HTTP_301", **fields}}


def kept(of_rules: Sequence[dict[str, Any]], annotations: dict[str, Any]) -> list[str]:
    """The rules that stand in the listener: what they answer, or `redirect`."""
    found = rules(stack(ingress(*of_rules, annotations={**ANSWERS, **annotations})))
    return ["redirect" if isinstance(each.actions[-1], Redirect) else bodies([each])[0] for each in found]


def is_kept(config: dict[str, Any], text: str = "/x", **annotations: Any) -> bool:
    one = rule(action("go", text, "ImplementationSpecific"), host="a.com")
    return kept([one], {"actions.go": config, **annotations}) == ["redirect"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"host": "#{host}", "path": "/#{path}", "port": "#{port}", "protocol": "#{protocol}", "query": "#{query}"},
        {"host": "a.com"},
        {"path": "/x"},
        {"port": "80"},
        {"protocol": "HTTP"},
    ],
)
def test_a_redirect_that_changes_nothing_is_dropped(fields: dict[str, str]) -> None:
    assert not is_kept(redirect(**fields))


@pytest.mark.parametrize(
    "fields",
    [{"host": "b.com"}, {"path": "/y"}, {"port": "443"}, {"protocol": "HTTPS"}, {"query": "a=b"}, {"query": ""}],
)
def test_a_redirect_that_changes_something_stays(fields: dict[str, str]) -> None:
    assert is_kept(redirect(**fields))


def test_a_redirect_by_regular_expression_is_never_endless() -> None:
    assert is_kept(redirect(), "/^/x$", **REGEX)


def test_a_redirect_of_other_conditions_is_endless_nonetheless() -> None:
    entry = {"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.0/8"]}}

    one = rule(action("go", "/x", None))

    assert kept([one], {"actions.go": redirect(), "conditions.go": [entry]}) == []


def test_the_old_idiom_redirects_http_and_serves_https() -> None:
    subject = ingress(
        rule(action("ssl", "/*", None), action("a", "/x", None)),
        rule(action("b", "/y"), host="a.com"),
        annotations={
            **HTTP_AND_HTTPS,
            **ANSWERS,
            "actions.ssl": redirect(protocol="HTTPS", port="443"),
        },
    )
    found = stack(subject)

    assert [each.id for each in rules(found)] == ["80:1"]
    assert bodies(rules(found, 443)) == ["a", "b"]
    assert [each.priority for each in rules(found, 443)] == [1, 2]


GO = redirect(host="new.com")


def after(first: dict[str, Any], second: dict[str, Any], **annotations: Any) -> bool:
    """Whether the second rule stands behind the first, which redirects."""
    return len(kept([first, second], {"actions.go": GO, **annotations})) == 2


@pytest.mark.parametrize(
    ("wider", "narrower", "hidden"),
    [
        (("", "/*"), ("a.com", "/x"), True),
        (("", ""), ("a.com", "/x"), True),
        (("a.com", "/*"), ("a.com", "/x"), True),
        (("a.com", "/*"), ("b.com", "/x"), False),
        (("a.com", "/*"), ("", "/x"), False),
        (("a.com", "/x"), ("a.com", "/x"), True),
        (("a.com", "/x"), ("a.com", "/y"), False),
        (("a.com", "/x*"), ("a.com", "/x/y"), False),
        (("a.com", "/x"), ("a.com", ""), False),
        (("*.a.com", "/*"), ("b.a.com", "/x"), False),
    ],
)
def test_a_redirect_hides_rules_whose_texts_it_contains(
    wider: tuple[str, str], narrower: tuple[str, str], hidden: bool
) -> None:
    first = rule(action("go", wider[1], None), host=wider[0])
    second = rule(action("a", narrower[1], None), host=narrower[0])

    assert after(first, second) is not hidden


def test_all_texts_of_the_narrower_rule_must_be_in_the_wider() -> None:
    both = {"field": "host-header", "hostHeaderConfig": {"values": ["b.com"]}}
    first, second = rule(action("go", "/*", None), host="a.com"), rule(action("a", "/x", None), host="a.com")

    assert after(first, second, **{"conditions.a": [both]})
    assert not after(first, second, **{"conditions.a": [both], "conditions.go": [both]})


def test_a_redirect_with_other_conditions_hides_nothing() -> None:
    entry = {"field": "source-ip", "sourceIPConfig": {"values": ["10.0.0.0/8"]}}
    first, second = rule(action("go", "/*", None)), rule(action("a", "/x", None))

    assert after(first, second, **{"conditions.go": [entry]})
    assert not after(first, second, **{"conditions.a": [entry]})


def test_equal_regular_expressions_hide_one_another_and_no_others() -> None:
    first, same = rule(action("go", "/^/.*$", None)), rule(action("a", "/^/.*$", None))

    assert not after(first, same, **REGEX)
    assert after(first, rule(action("a", "/^/x$", None)), **REGEX)


def test_a_host_by_regular_expression_counts_as_all_hosts() -> None:
    by_regex = {"field": "host-header", "hostHeaderConfig": {"regexValues": ["^a"]}}
    first, second = rule(action("go", "/*", None)), rule(action("a", "/x", None), host="b.com")

    assert not after(first, second, **{"conditions.go": [by_regex]})


def test_only_redirects_hide_rules() -> None:
    assert kept([rule(action("a", "/*", None)), rule(action("b", "/x", None))], {}) == ["a", "b"]


def test_a_dropped_redirect_hides_nothing() -> None:
    first, second = rule(action("go", "/*", None)), rule(action("a", "/x", None))

    assert kept([first, second], {"actions.go": redirect()}) == ["a"]


def test_a_redirect_of_one_member_hides_rules_of_a_later_one() -> None:
    def member(name: str, *of_rules: Any, **annotations: Any) -> Ingress:
        return ingress(*of_rules, name=name, annotations={"group.name": "edge", **annotations})

    first = member("a", rule(action("go", "/*", None)), **{"actions.go": GO})
    found = stack(first, member("b", rule(path("cart", 80, "/x"))), group="edge")

    assert len(rules(found)) == 1

"""Rules of an Ingress in the order in which they are tried, and their paths (spec/ingress.md §16.1, §16.2)."""

from typing import Any

import pytest

from albc.model.conditions import Condition, HostHeader, PathPattern
from tests.mapping.ingress.kit import action, annotated, bodies, fault, fixed, ingress, path, rule, rules, stack

ANSWERS = {f"actions.{name}": fixed(name) for name in "abcdef"}


def order(*of_rules: dict[str, Any]) -> str:
    return "".join(bodies(rules(stack(ingress(*of_rules, annotations=ANSWERS)))))


def conditions(text: str, type: str | None, host: str = "", **annotations: str) -> tuple[Condition, ...]:
    subject = ingress(
        rule(path(path=text, type=type), host=host),
        annotations={name.replace("_", "-"): value for name, value in annotations.items()},
    )
    [only] = rules(stack(subject))
    return only.conditions


def test_exact_paths_come_first_then_long_prefixes_then_the_rest() -> None:
    written = rule(
        action("a", "/*", "ImplementationSpecific"),
        action("b", "/x", "Prefix"),
        action("c", "/x/y", "Prefix"),
        action("d", "/e", "Exact"),
        action("e", "/", None),
        action("f", "/z", "Prefix"),
    )

    assert order(written) == "dcbfae"


def test_prefixes_are_as_long_as_their_bytes() -> None:
    assert order(rule(action("a", "/xx", "Prefix"), action("b", "/é", "Prefix"))) == "ab"
    assert order(rule(action("a", "/xx", "Prefix"), action("b", "/ée", "Prefix"))) == "ba"


def test_rules_are_not_sorted_among_one_another() -> None:
    assert order(rule(action("a", "/x")), {"host": "no-paths.com"}, rule(action("b", "/x/y/z", "Exact"))) == "ab"


@pytest.mark.parametrize(
    ("text", "type", "values"),
    [
        ("/x", "Exact", ("/x",)),
        ("/", "Prefix", ("/*",)),
        ("/x", "Prefix", ("/x", "/x/*")),
        ("/x/", "Prefix", ("/x", "/x/*")),
        ("/x//", "Prefix", ("/x/", "/x//*")),
        ("/x*", "ImplementationSpecific", ("/x*",)),
        ("/x?", None, ("/x?",)),
    ],
)
def test_paths_become_patterns(text: str, type: str | None, values: tuple[str, ...]) -> None:
    assert conditions(text, type) == (PathPattern(values=values),)


@pytest.mark.parametrize("type", ["Exact", "Prefix", "ImplementationSpecific"])
def test_a_rule_without_path_and_host_takes_everything(type: str) -> None:
    assert conditions("", type) == (PathPattern(values=("/*",)),)


def test_host_and_path_stand_in_this_order() -> None:
    assert conditions("/x", "Exact", host="*.a.com") == (
        HostHeader(values=("*.a.com",)),
        PathPattern(values=("/x",)),
    )
    assert conditions("", "Exact", host="a.com") == (HostHeader(values=("a.com",)),)


@pytest.mark.parametrize(("text", "type"), [("/*", "Prefix"), ("/a?", "Prefix"), ("/*", "Exact"), ("/a?", "Exact")])
def test_exact_and_prefix_paths_have_no_wildcards(text: str, type: str) -> None:
    message = fault(ingress(rule(path(path=text, type=type))))

    assert f"{type.lower()} path shouldn't contain wildcards: {text}" in message


def test_an_unknown_path_type_is_told() -> None:
    assert "unknown pathType Regex for path /x" in fault(ingress(rule(path(path="/x", type="Regex"))))


def test_paths_of_no_fixed_meaning_may_be_regular_expressions() -> None:
    assert conditions("/^/x$", "ImplementationSpecific", use_regex_path_match="true") == (
        PathPattern(regex_values=("^/x$",)),
    )
    assert conditions("/x", "Prefix", use_regex_path_match="true") == (PathPattern(values=("/x", "/x/*")),)


def test_the_wish_for_regular_expressions_is_only_read_where_it_matters() -> None:
    assert conditions("/x", "Exact", use_regex_path_match="maybe") == (PathPattern(values=("/x",)),)
    subject = ingress(rule(path(path="/x", type=None)), annotations={"use-regex-path-match": "maybe"})
    assert "use-regex-path-match" in fault(subject)


def test_a_backend_that_is_no_service_is_refused() -> None:
    resource = {"path": "/", "pathType": "Prefix", "backend": {"resource": {"kind": "Bucket", "name": "x"}}}

    assert 'missing required "service" field' in fault(ingress(rule(resource)))


def test_priorities_go_on_over_rules_and_paths() -> None:
    written = [rule(action("a", "/1"), action("b", "/2")), rule(action("c", "/3"))]

    assert [each.id for each in rules(stack(ingress(*written, annotations=ANSWERS)))] == ["80:1", "80:2", "80:3"]


def test_nothing_is_asked_of_an_annotation_that_no_backend_names() -> None:
    assert stack(annotated(**{"actions.unused": "nonsense", "conditions.unused": "nonsense"}))

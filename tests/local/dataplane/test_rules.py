"""The order in which a listener's rules are tried."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from albc.local.dataplane.actions import FixedResponse, NotPlayed
from albc.local.dataplane.conditions import Request
from albc.local.dataplane.rules import RoutingTables, routing_table

LISTENER = {
    "ListenerArn": "listener",
    "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
}


def rule(priority: str, path: str, **more: Any) -> Mapping[str, Any]:
    return {
        "RuleArn": f"rule/{priority}",
        "Priority": priority,
        "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}],
        "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
        **more,
    }


def get(path: str) -> Request:
    return Request("GET", "h.example", path)


def test_the_lowest_priority_number_wins_as_a_number() -> None:
    table = routing_table(LISTENER, [rule("10", "/*"), rule("9", "/*")])

    assert table.route(get("/a")).arn == "rule/9"


def test_the_default_rule_takes_what_no_other_takes() -> None:
    default = rule("default", "/ignored", Conditions=[])
    table = routing_table(LISTENER, [default, rule("1", "/a")])

    assert table.route(get("/b")).arn == "rule/default"


def test_without_a_default_rule_the_listener_decides() -> None:
    assert routing_table(LISTENER, []).route(get("/")).action == FixedResponse(404)


def test_a_rewrite_that_does_not_compile_makes_its_own_rule_alone_unplayed() -> None:
    broken = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "(", "Replace": "/"}]}}
    table = routing_table(LISTENER, [rule("1", "/a", Transforms=[broken]), rule("2", "/b")])

    assert isinstance(table.route(get("/a")).action, NotPlayed)
    assert table.route(get("/b")).action == FixedResponse(200)


@given(st.permutations(range(1, 9)))
def test_the_order_in_which_rules_are_listed_does_not_matter(priorities: list[int]) -> None:
    table = routing_table(LISTENER, [rule(str(number), "/*") for number in priorities])

    assert table.route(get("/")).arn == "rule/1"


def test_a_table_is_compiled_again_only_when_its_rules_change() -> None:
    tables = RoutingTables()
    first = tables.table(LISTENER, [rule("1", "/a")])

    assert tables.table(dict(LISTENER), [rule("1", "/a")]) is first
    assert tables.table(LISTENER, [rule("1", "/b")]) is not first


def test_the_table_of_a_listener_that_is_gone_is_forgotten() -> None:
    tables = RoutingTables()
    first = tables.table(LISTENER, [])
    tables.keep([])

    assert tables.table(LISTENER, []) is not first

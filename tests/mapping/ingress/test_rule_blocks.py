"""Rules of members that have nothing to do with one another are put in a row; what has is looked at as a whole."""

from collections.abc import Mapping
from typing import Any

import pytest

from albc.kube.objects import Ingress
from tests.mapping.ingress.kit import action, bodies, built, fixed, ingress, listener, rule, rules, stack


def member(
    name: str, host: str, act: dict[str, Any] | None = None, annotations: Mapping[str, str] | None = None
) -> Ingress:
    given = {"group.name": "edge", f"actions.{name}": act or fixed(name), **(annotations or {})}
    return ingress(rule(action(name, "/*", None), host=host), name=name, annotations=given)


def test_blocks_stand_in_group_order_with_priorities_in_a_row() -> None:
    of_edge = stack(member("b", "b.com"), member("a", "a.com"), member("c", "c.com"), group="edge")
    assert bodies(rules(of_edge)) == ["a", "b", "c"]
    assert [each.priority for each in rules(of_edge)] == [1, 2, 3]


def test_a_block_moves_up_when_an_earlier_one_goes_and_back_when_it_returns() -> None:
    everybody = [member(name, f"{name}.com") for name in "abc"]
    before = built(*everybody, group="edge")
    without = built(*everybody[1:], group="edge", earlier=before.in_effect)
    again = built(*everybody, group="edge", earlier=without.in_effect)
    assert without.stack is not None
    assert [each.id for each in rules(without.stack)] == ["80:1", "80:2"]
    assert again.stack == before.stack


def test_a_port_whose_protocol_changes_is_laid_out_anew() -> None:
    first = member("a", "a.com", annotations={"listen-ports": '[{"HTTP": 80}]'})
    https = {"listen-ports": '[{"HTTPS": 80}]', "certificate-arn": "arn:cert/a"}
    secure = member("a", "a.com", annotations=https)
    before = built(first, group="edge")
    after = built(secure, group="edge", earlier=before.in_effect)
    assert after.stack is not None
    assert listener(after.stack, 80).protocol == "HTTPS"


REDIRECT = {"type": "redirect", "redirectConfig": {"host": "elsewhere", "statusCode": "HTTP_301"}}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (member("a", "x.com"), member("b", "x.com")),
        (member("a", ""), member("b", "x.com")),
        (member("a", "*.x.com"), member("b", "y.x.com")),
        (member("a", "", REDIRECT), member("b", "x.com")),
    ],
    ids=["the same host", "any host", "a wildcard", "a redirect"],
)
def test_a_rule_behind_another_members_is_told_of(first: Ingress, second: Ingress) -> None:
    found = built(first, second, group="edge")
    [warning] = [problem for problem in found.problems if problem.reason == "UnreachableRule"]
    assert (warning.object.name, "of Ingress shop/a" in warning.message) == ("b", True)

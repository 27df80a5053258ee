"""Conditions that no request can match both are known to be apart; where it is not sure, they may meet."""

import pytest

from albc.deploy.fields.conditions import aws_conditions
from albc.deploy.fields.meeting import may_meet
from albc.model.conditions import Condition, HostHeader, HTTPHeader, HTTPRequestMethod, PathPattern, SourceIP


def host(*values: str) -> HostHeader:
    return HostHeader(values=values)


def path(*values: str) -> PathPattern:
    return PathPattern(values=values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([host("a.example")], [host("b.example")]),
        ([host("a.example", "b.example")], [host("c.example")]),
        ([host("*.example")], [host("a.other")]),
        ([host("a.*")], [host("b.*")]),
        ([path("/api/*")], [path("/web/*")]),
        ([path("/api")], [path("/api/*")]),
        ([host("a.example"), path("/a")], [host("a.example"), path("/b")]),
        ([HTTPRequestMethod(values=("GET",))], [HTTPRequestMethod(values=("POST",))]),
    ],
)
def test_these_are_apart(one: list[Condition], other: list[Condition]) -> None:
    assert not may_meet(aws_conditions(one), aws_conditions(other))
    assert not may_meet(aws_conditions(other), aws_conditions(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([host("a.example")], [host("A.example")]),
        ([host("a.example", "b.example")], [host("b.example", "c.example")]),
        ([host("*.example")], [host("a.example")]),
        ([host("a.example")], [path("/")]),
        ([path("/a*")], [path("/*b")]),
        ([path("/a?c")], [path("/abc")]),
        ([PathPattern(regex_values=("^/a$",))], [path("/b")]),
        ([HTTPHeader(http_header_name="a", values=("1",))], [HTTPHeader(http_header_name="a", values=("2",))]),
        ([SourceIP(values=("10.0.0.0/8",))], [SourceIP(values=("11.0.0.0/8",))]),
        ([], [host("a.example")]),
    ],
)
def test_these_may_meet(one: list[Condition], other: list[Condition]) -> None:
    assert may_meet(aws_conditions(one), aws_conditions(other))
    assert may_meet(aws_conditions(other), aws_conditions(one))


def test_an_answer_without_typed_values_is_not_sure() -> None:
    assert may_meet([{"Field": "host-header", "Values": ["a"]}], aws_conditions([host("b")]))

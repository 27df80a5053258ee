"""Which nodes a Classic Load Balancer sends to."""

from collections.abc import Callable
from typing import Any

import pytest

from albc.kube.objects import NODES, Node
from albc.targets.classic_nodes import EXCLUDE, instance_ids, matters

MakeNode = Callable[..., Node]


def deleting(node: Node) -> Node:
    return NODES.convert(
        {
            "metadata": {"name": node.name, "deletionTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"providerID": node.spec.provider_id},
        }
    )


def test_nodes_serve_whether_they_are_ready_or_not(make_node: MakeNode) -> None:
    nodes = [make_node("a", provider="aws:///z/i-2", ready="False"), make_node("b", provider="aws:///z/i-1")]

    assert instance_ids(nodes, {}) == ("i-1", "i-2")


@pytest.mark.parametrize(
    ("value", "serves"),
    [("true", False), ("", False), ("yes", False), ("1", False), ("false", True), ("0", True), ("F", True)],
)
def test_the_label_excludes_unless_it_says_false(make_node: MakeNode, value: str, serves: bool) -> None:
    assert bool(instance_ids([make_node("a", labels={EXCLUDE: value})], {})) is serves


def test_nodes_that_are_about_to_go_do_not_serve(make_node: MakeNode) -> None:
    tainted = make_node("a", taints=(("ToBeDeletedByClusterAutoscaler", "NoSchedule"),))

    assert instance_ids([tainted, deleting(make_node("b"))], {}) == ()


@pytest.mark.parametrize(
    ("wanted", "serves"),
    [
        ({}, True),
        ({"pool": "web"}, True),
        ({"pool": ""}, True),
        ({"pool": "db"}, False),
        ({"pool": "web", "zone": ""}, False),
    ],
)
def test_nodes_bear_every_label_that_is_asked_for(make_node: MakeNode, wanted: dict[str, str], serves: bool) -> None:
    assert bool(instance_ids([make_node("a", labels={"pool": "web"})], wanted)) is serves


def test_a_node_without_labels_serves_only_where_none_is_asked_for(make_node: MakeNode) -> None:
    assert instance_ids([make_node("a")], {"pool": ""}) == ()


@pytest.mark.parametrize(
    ("provider", "found"),
    [
        ("aws:///us-west-2a/i-0abc", ("i-0abc",)),
        ("i-0abc", ("i-0abc",)),
        ("", ()),
        ("aws:///us-west-2a/fargate-ip-10-0-0-1", ()),
        ("eks-hybrid:///us-west-2/prod/mi-1", ()),
    ],
)
def test_only_ec2_instances_can_be_registered(make_node: MakeNode, provider: str, found: tuple[str, ...]) -> None:
    assert instance_ids([make_node("a", provider=provider)], {}) == found


def test_only_changes_that_may_change_instances_matter(make_node: MakeNode) -> None:
    node = make_node("a")
    same: list[dict[str, Any]] = [{"ready": "False"}, {"taints": (("ToBeDeletedByClusterAutoscaler", "NoSchedule"),)}]
    other: list[dict[str, Any]] = [{"labels": {EXCLUDE: ""}}, {"provider": "aws:///z/i-9"}, {"labels": {"pool": "x"}}]

    assert not any(matters(node, make_node("a", **change)) for change in same)
    assert all(matters(node, make_node("a", **change)) for change in other)
    assert matters(None, node)
    assert matters(node, None)
    assert matters(node, deleting(node))

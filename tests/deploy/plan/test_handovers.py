"""Where traffic moves from one target group to the next step by step, and where at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from albc.deploy.plan import Operation, make_plan
from albc.deploy.settings import DeploySettings
from albc.model.actions import Forward, TargetGroupTuple
from albc.model.inventory import ActualTargetGroup, InventoryView, Succession
from albc.model.listener import Listener, ListenerRule
from albc.model.load_balancer import LoadBalancer
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup

View = Callable[..., InventoryView]

HOST = "a.example.com"
OTHERS = tuple(f"{letter}.example.com" for letter in "bcdef")


def weighted(site: Any, *weights: int | None) -> Stack:
    """One rule that forwards to as many target groups."""
    groups = [site.target_group(host) for host in (HOST, *OTHERS)[: len(weights)]]
    tuples = [
        TargetGroupTuple(target_group_arn=group.arn, weight=weight)
        for group, weight in zip(groups, weights, strict=True)
    ]
    rule = replace(site.rule(1, HOST, groups[0]), actions=(Forward(target_groups=tuple(tuples)),))
    return Stack.of(site.id, [*groups, *site.stack().resources, rule, *map(site.binding, groups)])


def replaced(stack: Stack) -> Stack:
    """The first target group speaks HTTP/2."""
    first = stack.all(TargetGroup)[0]
    return Stack.of(
        stack.id, [replace(one, protocol_version="HTTP2") if one is first else one for one in stack.resources]
    )


def with_successor(view: InventoryView, **health: Any) -> InventoryView:
    """The first target group's successor is there; `old` and `new` have so many healthy targets."""
    first = view.target_groups[0]
    new = ActualTargetGroup(
        arn=first.arn.replace("/1", "/2"),
        aws={**first.aws, "ProtocolVersion": "HTTP2", "TargetGroupName": "new"},
        tags=first.tags,
        attributes=first.attributes,
    )
    healthy = {first.arn: health.pop("old", 1), new.arn: health.pop("new", 0)}
    waited = dict.fromkeys(healthy, health.pop("waited", 0.0))
    succession = Succession(healthy_targets=healthy, waited=waited)
    return replace(view, target_groups=(*view.target_groups, new), succession=succession)


def forwarded(operations: list[Operation]) -> Mapping[str, Any]:
    """What the one rule that changes is to forward to, by the last part of the ARN; {} when none changes."""
    changed = [operation for operation in operations if operation.action == "modify_rule"]
    groups = [group for one in changed for group in one.params["Actions"][0]["ForwardConfig"]["TargetGroups"]]
    return {str(group["TargetGroupArn"]).rpartition(":")[2]: group.get("Weight") for group in groups}


def plan(stack: Stack, view: InventoryView, settings: DeploySettings) -> list[Operation]:
    return list(make_plan(stack, view, settings).operations)


def test_until_the_new_group_is_there_the_rule_stays_as_it_is(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    stack = site.stack(HOST)

    operations = plan(replaced(stack), deployed(stack), settings)

    assert [one.action for one in operations] == [
        *("create_target_group", "create_binding", "delete_binding", "delete_target_group")
    ]
    [waits_for] = {one.waits_for for one in operations if one.action.startswith("delete_")}
    assert waits_for == f"healthy targets in {operations[0].params['Name']}"


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ((None,), [1, 0]),
        ((90, 10), [90, 0, 10]),
        ((None, None), [1, 0, None]),
        ((20, 20, 20, 20), [20, 0, 20, 20, 20]),
    ],
)
def test_the_new_group_stands_beside_the_old_one_with_weight_0(
    site: Any, deployed: View, settings: DeploySettings, weights: tuple[int | None, ...], expected: list[int | None]
) -> None:
    stack = weighted(site, *weights)

    operations = plan(replaced(stack), with_successor(deployed(stack)), settings)

    assert list(forwarded(operations).values()) == expected
    [rule] = [one for one in operations if one.action == "modify_rule"]
    assert len(rule.otherwise["Actions"][0]["ForwardConfig"]["TargetGroups"]) == len(weights)
    assert all(one.waits_for for one in operations if one.action in ("delete_binding", "delete_target_group"))


@pytest.mark.parametrize("health", [{"new": 1}, {"old": 0}, {"waited": 300.0}])
def test_traffic_moves_when_the_new_group_can_serve_or_is_waited_for_in_vain(
    site: Any, deployed: View, settings: DeploySettings, health: dict[str, Any]
) -> None:
    stack = site.stack(HOST)

    operations = plan(replaced(stack), with_successor(deployed(stack), **health), settings)

    assert list(forwarded(operations)) == ["targetgroup/k8s-shop-a-7653e4959f/2"]
    assert not any(one.waits_for or one.otherwise for one in operations)


def test_an_action_with_as_many_groups_as_there_can_be_is_switched_at_once(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    stack = weighted(site, 20, 20, 20, 20, 20)

    operations = plan(replaced(stack), with_successor(deployed(stack)), settings)

    assert len(forwarded(operations)) == 5
    assert 0 not in forwarded(operations).values()


def test_without_the_gate_for_several_groups_in_an_action_it_is_switched_at_once(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    stack = site.stack(HOST)
    settings = replace(settings, weighted_target_groups=False)

    operations = plan(replaced(stack), deployed(stack), settings)

    assert "modify_rule" in [one.action for one in operations]
    assert not any(one.waits_for for one in operations)


def test_a_network_load_balancer_is_switched_at_once(site: Any, deployed: View, settings: DeploySettings) -> None:
    group = replace(site.target_group(HOST), protocol="TCP", protocol_version=None, health_check=None)
    forward = Forward(target_groups=(TargetGroupTuple(target_group_arn=group.arn),))
    parts = [one for one in site.stack().resources if not isinstance(one, ListenerRule)]
    frame = [
        replace(one, kind="network")
        if isinstance(one, LoadBalancer)
        else replace(one, protocol="TCP", default_actions=(forward,))
        if isinstance(one, Listener)
        else one
        for one in parts
    ]
    before = Stack.of(site.id, [group, *frame])
    after = Stack.of(site.id, [replace(group, protocol="UDP"), *frame])

    operations = plan(after, deployed(before), settings)

    assert "modify_listener" in [one.action for one in operations]
    assert not any(one.waits_for for one in operations)

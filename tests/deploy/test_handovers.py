"""A target group that AWS cannot change is replaced: no request meets one without healthy targets."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from albc.local.aws import AccountOptions, Fault, FaultKind
from albc.model.listener import Listener, ListenerRule
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup

pytestmark = pytest.mark.anyio

Local = Callable[..., tuple[Any, Any]]
HEALTH_SECONDS = 20.0


class Handover:
    """A web site whose one target group speaks another protocol version from now on."""

    def __init__(self, controller: Any, site: Any, time: Any) -> None:
        self.controller, self._time = controller, time
        self.before = site.stack("a.example.com")
        self.after = other(self.before, protocol_version="HTTP2")

    async def begin(self, *, healthy: bool = True) -> None:
        """Until the old one is served, with or without targets."""
        await self.controller.settle(self.before)
        [self.old] = self.groups()
        if healthy:
            self.register(self.old)
            self.passes(HEALTH_SECONDS + 1)
        self.controller.account.calls.clear()

    async def go_on(self) -> None:
        """Until nothing more happens without targets."""
        for _ in range(3):
            applied = await self.controller.deploy(self.after)
            assert applied.failed == ()

    def groups(self) -> list[str]:
        found = self.controller.account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]
        return [group["TargetGroupArn"] for group in found]

    def new(self) -> str:
        [arn] = [arn for arn in self.groups() if arn != self.old]
        return arn

    def register(self, arn: str, port: int = 30080) -> None:
        """As the controller of bindings does it with a node."""
        [reservation, *_] = self.controller.account.call("ec2", "DescribeInstances", {})["Reservations"]
        target = {"Id": reservation["Instances"][0]["InstanceId"], "Port": port}
        self.controller.account.call("elbv2", "RegisterTargets", {"TargetGroupArn": arn, "Targets": [target]})

    def passes(self, seconds: float) -> None:
        self._time.now += seconds

    def weights(self) -> Mapping[str, int]:
        """By target group, of the one rule."""
        rules = self.controller.account.call("elbv2", "DescribeRules", {"ListenerArn": self._listener()})["Rules"]
        [rule] = [rule for rule in rules if not rule["IsDefault"]]
        groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
        return {group["TargetGroupArn"]: group["Weight"] for group in groups}

    def _listener(self) -> str:
        call = self.controller.account.call
        [balancer] = call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]
        [listener] = call("elbv2", "DescribeListeners", {"LoadBalancerArn": balancer["LoadBalancerArn"]})["Listeners"]
        return str(listener["ListenerArn"])


def other(stack: Stack, **changes: Any) -> Stack:
    """With a target group that AWS cannot make of the one of old."""
    resources = [replace(one, **changes) if isinstance(one, TargetGroup) else one for one in stack.resources]
    return Stack.of(stack.id, resources)


@pytest.fixture
def handover(local: Local, time: Any) -> Handover:
    controller, site = local(AccountOptions(active_seconds=0.0, health_seconds=HEALTH_SECONDS), time=time)
    return Handover(controller, site, time)


async def test_traffic_moves_when_the_new_group_is_healthy_and_the_old_one_stays_until_then(handover: Handover) -> None:
    await handover.begin()
    await handover.go_on()
    new = handover.new()
    assert handover.weights() == {handover.old: 1, new: 0}

    handover.register(new)
    await handover.go_on()
    assert handover.weights() == {handover.old: 1, new: 0}
    assert {binding.spec["targetGroupARN"] for binding in handover.controller.bindings.items.values()} == {
        handover.old,
        new,
    }

    handover.passes(HEALTH_SECONDS + 1)
    await handover.controller.settle(handover.after)
    assert handover.weights() == {new: 1}
    assert handover.groups() == [new]
    assert handover.controller.writes().count("ModifyRule") == 2


async def test_some_targets_that_are_healthy_are_not_enough_while_others_are_looked_at(handover: Handover) -> None:
    await handover.begin()
    await handover.go_on()
    handover.register(handover.new())
    handover.passes(HEALTH_SECONDS + 1)
    handover.register(handover.new(), 30081)

    await handover.go_on()
    assert handover.weights()[handover.old] == 1

    handover.passes(HEALTH_SECONDS + 1)
    await handover.go_on()
    assert handover.old not in handover.weights()


async def test_a_group_without_healthy_targets_is_not_waited_for_without_end(handover: Handover) -> None:
    await handover.begin()
    await handover.go_on()
    handover.passes(handover.controller.settings.replacement_health_seconds)

    await handover.controller.settle(handover.after)

    assert handover.groups() == list(handover.weights())


async def test_where_the_old_group_has_no_healthy_targets_either_nothing_is_waited_for(handover: Handover) -> None:
    await handover.begin(healthy=False)

    await handover.controller.settle(handover.after)

    writes = [one for one in handover.controller.writes() if "TargetGroup" in one or "Rule" in one]
    assert writes == ["CreateTargetGroup", "ModifyRule", "DeleteTargetGroup"]


async def test_what_aws_does_not_take_side_by_side_is_switched_at_once(handover: Handover) -> None:
    await handover.begin()
    fault = Fault(FaultKind.ERROR, operation="ModifyRule", code="InvalidConfigurationRequest", times=1)
    handover.controller.account.faults.add(fault)

    await handover.controller.settle(handover.after)

    assert handover.groups() == list(handover.weights())
    assert handover.controller.writes().count("ModifyRule") == 2


async def test_a_change_that_is_taken_back_on_the_way_leaves_the_old_group_serving(handover: Handover) -> None:
    await handover.begin()
    await handover.go_on()

    await handover.controller.settle(handover.before)

    assert handover.weights() == {handover.old: 1}
    assert handover.groups() == [handover.old]


async def test_a_second_change_on_the_way_goes_on_from_the_group_that_serves(handover: Handover) -> None:
    await handover.begin()
    await handover.go_on()
    skipped = handover.new()
    handover.after = other(handover.before, protocol="HTTPS")
    handover.controller.restart()

    await handover.go_on()

    weights = handover.weights()
    assert skipped not in weights
    assert weights[handover.old] == 1
    assert sorted(weights.values()) == [0, 1]


async def test_a_restart_on_the_way_changes_nothing(handover: Handover) -> None:
    await handover.begin()
    await handover.go_on()
    handover.controller.account.calls.clear()
    handover.controller.restart()

    await handover.go_on()

    assert handover.controller.writes() == []
    assert handover.weights()[handover.old] == 1


async def test_default_actions_move_as_well(handover: Handover) -> None:
    [rule] = handover.before.all(ListenerRule)
    plain = [one for one in handover.before.resources if not isinstance(one, ListenerRule)]
    handover.before = Stack.of(
        handover.before.id,
        [replace(one, default_actions=rule.actions) if isinstance(one, Listener) else one for one in plain],
    )
    handover.after = other(handover.before, protocol_version="HTTP2")
    await handover.begin()
    await handover.go_on()
    assert handover.controller.writes().count("ModifyListener") == 1

    handover.register(handover.new())
    handover.passes(HEALTH_SECONDS + 1)
    await handover.controller.settle(handover.after)

    assert handover.controller.writes().count("ModifyListener") == 2
    assert len(handover.groups()) == 1

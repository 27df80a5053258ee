"""A crash, a lost answer or a refusal at any call: the next passes finish the work, and nothing is made twice."""

from typing import Any

import pytest

from albc.local.aws import Fault, FaultKind
from albc.model.stack import Stack

pytestmark = pytest.mark.anyio

Controller = Any
WebSite = Any

CREATING = (
    "CreateSecurityGroup",
    "AuthorizeSecurityGroupIngress",
    "CreateTargetGroup",
    "CreateLoadBalancer",
    "CreateListener",
    "CreateRule",
)
DELETING = ("DeleteLoadBalancer", "DeleteTargetGroup", "DeleteSecurityGroup")
LOSING = (FaultKind.RESET_BEFORE, FaultKind.RESET_AFTER, FaultKind.SERVER_ERROR)


def shape(controller: Controller) -> dict[str, list[str]]:
    """What the account has, by name."""
    call = controller.account.call
    balancers = call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]
    listeners = [
        listener
        for balancer in balancers
        for listener in call("elbv2", "DescribeListeners", {"LoadBalancerArn": balancer["LoadBalancerArn"]})[
            "Listeners"
        ]
    ]
    rules = [
        rule
        for listener in listeners
        for rule in call("elbv2", "DescribeRules", {"ListenerArn": listener["ListenerArn"]})["Rules"]
    ]
    return {
        "load balancers": sorted(one["LoadBalancerName"] for one in balancers),
        "target groups": sorted(
            one["TargetGroupName"] for one in call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]
        ),
        "security groups": sorted(
            one["GroupName"] + str(len(one["IpPermissions"]))
            for one in call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
        ),
        "listeners": sorted(str(one["Port"]) for one in listeners),
        "rules": sorted(one["Priority"] for one in rules),
    }


async def persist(controller: Controller, stack: Stack, passes: int = 10) -> None:
    """Passes until nothing is left to do, whatever fails on the way."""
    for _ in range(passes):
        applied = await controller.deploy(stack)
        if applied.is_complete:
            return
    raise AssertionError(f"not complete after {passes} passes: {applied.failed} {applied.waiting}")


@pytest.mark.parametrize("kind", LOSING)
@pytest.mark.parametrize("operation", CREATING)
async def test_a_call_lost_while_creating(
    controller: Controller, web: WebSite, operation: str, kind: FaultKind
) -> None:
    stack = web.stack("a.example.com", "b.example.com")
    controller.account.faults.add(Fault(kind, operation=operation))

    await persist(controller, stack)

    assert (await controller.plan(stack)).is_empty
    assert shape(controller)["load balancers"] == ["k8s-shop-web-abcdef0123"]
    assert shape(controller)["rules"] == ["1", "2", "default"]
    assert len(shape(controller)["target groups"]) == 2


@pytest.mark.parametrize("operation", CREATING)
async def test_a_crash_while_creating(controller: Controller, web: WebSite, operation: str) -> None:
    stack = web.stack("a.example.com", "b.example.com")
    controller.account.faults.add(Fault(FaultKind.RESET_AFTER, operation=operation))
    await controller.deploy(stack)
    controller.restart()

    await persist(controller, stack)

    assert (await controller.plan(stack)).is_empty
    assert shape(controller)["listeners"] == ["80"]
    assert shape(controller)["rules"] == ["1", "2", "default"]
    made = [call.operation for call in controller.account.calls.writes() if call.outcome in ("ok", "ConnectionDropped")]
    assert made.count("CreateLoadBalancer") == 1
    assert made.count("CreateTargetGroup") == 2


@pytest.mark.parametrize("kind", LOSING)
@pytest.mark.parametrize("operation", DELETING)
async def test_a_call_lost_while_deleting(
    controller: Controller, web: WebSite, operation: str, kind: FaultKind
) -> None:
    before = shape(controller)
    await controller.settle(web.stack("a.example.com", "b.example.com"))
    controller.account.faults.add(Fault(kind, operation=operation))

    await persist(controller, Stack(web.id))

    assert shape(controller) == before


@pytest.mark.parametrize("kind", [FaultKind.THROTTLE, FaultKind.ACCESS_DENIED])
@pytest.mark.parametrize("operation", CREATING)
async def test_a_refusal_harms_nothing_else(
    controller: Controller, web: WebSite, operation: str, kind: FaultKind
) -> None:
    stack = web.stack("a.example.com")
    controller.account.faults.add(Fault(kind, operation=operation))

    await persist(controller, stack)

    assert (await controller.plan(stack)).is_empty


async def test_a_name_that_somebody_else_has_is_told_to_the_user(controller: Controller, web: WebSite) -> None:
    group = web.target_group("a.example.com")
    vpc = {"VpcId": controller.settings.vpc_id, "Port": 1, "Protocol": "TCP"}
    controller.account.call("elbv2", "CreateTargetGroup", {"Name": group.name, **vpc})

    applied = await controller.deploy(web.stack("a.example.com"))

    [failure] = applied.failed
    assert "not managed by this cluster" in str(failure.error)
    assert sorted(operation.action for operation in applied.skipped) == ["create_binding", "create_rule"]

"""AWS shows late what it has done: nothing is made twice, and a worker is never held."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from albc.deploy.apply import Applier
from albc.errors import NotFound, Pending
from albc.local.aws import AccountOptions, Fault, FaultKind
from albc.model.listener import ListenerRule
from albc.model.stack import Stack

pytestmark = pytest.mark.anyio

Local = Callable[..., tuple[Any, Any]]


async def passes(controller: Any, stack: Stack, time: Any, seconds: float = 2.0) -> None:
    """As requeues would."""
    for _ in range(40):
        with contextlib.suppress(Pending):
            applied = await controller.deploy(stack)
            if applied.is_complete and (await controller.plan(stack)).is_empty:
                return
        time.now += seconds
    raise AssertionError("not complete")


def made(controller: Any) -> list[str]:
    """Names of the creations that AWS has carried out."""
    calls = controller.account.calls.writes()
    return sorted(call.operation for call in calls if call.outcome == "ok" and call.operation.startswith("Create"))


@pytest.mark.parametrize("seconds", [1.0, 5.0, 20.0])
async def test_what_is_not_shown_yet_is_not_made_again(local: Local, time: Any, seconds: float) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, consistency_seconds=seconds), time=time)

    await passes(controller, site.stack("a.example.com"), time)

    assert made(controller) == [
        "CreateListener",
        "CreateLoadBalancer",
        "CreateRule",
        "CreateSecurityGroup",
        "CreateTargetGroup",
    ]


async def test_a_load_balancer_goes_only_when_its_successor_is_active(local: Local, time: Any) -> None:
    controller, site = local(AccountOptions(active_seconds=100.0), time=time)
    await controller.settle(site.stack("a.example.com"))
    other = site.stack("a.example.com", scheme="internal", name="k8s-shop-web-other")

    applied = await controller.deploy(other)

    assert "DeleteLoadBalancer" not in controller.writes()
    assert applied.requeue_after is not None
    time.now += 101
    await controller.settle(other)
    assert controller.writes().count("DeleteLoadBalancer") == 1
    assert controller.writes().count("CreateLoadBalancer") == 2


async def test_a_security_group_waits_for_the_network_interfaces_to_be_released(local: Local, time: Any) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, release_seconds=60.0), time=time)
    await controller.settle(site.stack("a.example.com"))

    for _ in range(3):
        applied = await controller.deploy(Stack(site.id))
    assert [waiting.operation.action for waiting in applied.waiting] == ["delete_security_group"]
    time.now += 61
    applied = await controller.deploy(Stack(site.id))

    assert applied.is_complete
    assert controller.writes().count("DeleteLoadBalancer") == 1


def health(controller: Any, name: str) -> list[str]:
    [group] = controller.account.call("elbv2", "DescribeTargetGroups", {"Names": [name]})["TargetGroups"]
    request = {"TargetGroupArn": group["TargetGroupArn"]}
    answer = controller.account.call("elbv2", "DescribeTargetHealth", request)
    return [one["TargetHealth"]["State"] for one in answer["TargetHealthDescriptions"]]


def register(controller: Any, name: str) -> None:
    """As the controller of bindings does."""
    call = controller.account.call
    [group] = call("elbv2", "DescribeTargetGroups", {"Names": [name]})["TargetGroups"]
    [reservation, *_] = call("ec2", "DescribeInstances", {})["Reservations"]
    target = {"Id": reservation["Instances"][0]["InstanceId"], "Port": 30080}
    call("elbv2", "RegisterTargets", {"TargetGroupArn": group["TargetGroupArn"], "Targets": [target]})


async def replaced_until_only_health_is_missing(local: Local, time: Any) -> tuple[Any, Stack, str]:
    """The controller, the stack wanted, and the name of its new target group."""
    controller, site = local(AccountOptions(active_seconds=0.0, health_seconds=20.0), time=time)
    await controller.settle(site.stack("a.example.com"))
    [old] = controller.account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]
    register(controller, old["TargetGroupName"])
    time.now += 21
    assert health(controller, old["TargetGroupName"]) == ["healthy"]
    other = site.stack("a.example.com", scheme="internal")
    for _ in range(3):
        await controller.deploy(other)
    names = {
        one["TargetGroupName"] for one in controller.account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]
    }
    [new] = names - {old["TargetGroupName"]}
    return controller, other, new


async def test_a_load_balancer_goes_only_when_its_successor_has_healthy_targets(local: Local, time: Any) -> None:
    controller, other, new = await replaced_until_only_health_is_missing(local, time)
    register(controller, new)
    [waiting] = (await controller.deploy(other)).waiting
    assert (waiting.operation.action, new in waiting.because) == ("delete_load_balancer", True)

    time.now += 21
    await controller.settle(other)

    assert controller.writes().count("DeleteLoadBalancer") == 1


async def test_a_target_group_that_could_not_be_made_at_first_is_waited_for_too(local: Local, time: Any) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, health_seconds=0.0), time=time)
    account, hosts = controller.account, ("a.example.com", "b.example.com")

    def register_all() -> None:
        for group in account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]:
            register(controller, group["TargetGroupName"])

    await controller.settle(site.stack(*hosts))
    register_all()
    other = site.stack(*hosts, scheme="internal")
    account.faults.add(Fault(FaultKind.THROTTLE, operation="CreateTargetGroup", skip=1))

    assert (await controller.deploy(other)).failed
    register_all()
    await controller.deploy(other)
    assert "DeleteLoadBalancer" not in controller.writes()

    register_all()
    await controller.settle(other)
    assert controller.writes().count("DeleteLoadBalancer") == 1


async def test_a_successor_without_healthy_targets_is_not_waited_for_without_end(local: Local, time: Any) -> None:
    controller, other, _ = await replaced_until_only_health_is_missing(local, time)
    assert "DeleteLoadBalancer" not in controller.writes()

    time.now += controller.settings.replacement_health_seconds
    await controller.settle(other)

    assert controller.writes().count("DeleteLoadBalancer") == 1


async def test_what_stays_in_use_is_tried_again_less_and_less_often(local: Local, time: Any) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, release_seconds=10_000.0), time=time)
    await controller.settle(site.stack("a.example.com"))
    await controller.deploy(Stack(site.id))
    applier = Applier(controller.aws, controller.inventory, controller.bindings)

    pauses = []
    for _ in range(8):
        applied = await applier.apply(await controller.plan(Stack(site.id)))
        pauses.append(applied.requeue_after)

    assert pauses == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


async def test_rules_of_ours_that_name_a_security_group_do_not_keep_it(local: Local) -> None:
    controller, site = local()
    await controller.settle(site.stack("a.example.com"))
    call = controller.account.call
    [ours] = [group for group in groups_of(controller) if group["GroupName"].startswith("k8s-shop-web")]
    request = {"VpcId": controller.settings.vpc_id, "GroupName": "pods", "Description": "pods"}
    pods = call("ec2", "CreateSecurityGroup", request)["GroupId"]
    label = "elbv2.k8s.aws/targetGroupBinding=shared"
    rules = [
        {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "UserIdGroupPairs": [{"GroupId": ours["GroupId"], "Description": description}],
        }
        for port, description in ((80, label), (81, label))
    ]
    call("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": pods, "IpPermissions": rules})

    await controller.settle(Stack(site.id))

    assert [group["IpPermissions"] for group in groups_of(controller) if group["GroupId"] == pods] == [[]]
    assert ours["GroupId"] not in {group["GroupId"] for group in groups_of(controller)}


async def test_rules_of_others_that_name_a_security_group_stay(local: Local) -> None:
    controller, site = local()
    await controller.settle(site.stack("a.example.com"))
    call = controller.account.call
    [ours] = [group for group in groups_of(controller) if group["GroupName"].startswith("k8s-shop-web")]
    request = {"VpcId": controller.settings.vpc_id, "GroupName": "theirs", "Description": "theirs"}
    theirs = call("ec2", "CreateSecurityGroup", request)["GroupId"]
    pair = {"GroupId": ours["GroupId"], "Description": "by hand"}
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [pair]}
    call("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": theirs, "IpPermissions": [rule]})

    await controller.deploy(Stack(site.id))
    applied = await controller.deploy(Stack(site.id))

    assert [waiting.operation.action for waiting in applied.waiting] == ["delete_security_group"]
    assert [len(group["IpPermissions"]) for group in groups_of(controller) if group["GroupId"] == theirs] == [1]


def groups_of(controller: Any) -> list[Any]:
    return list(controller.account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"])


async def test_what_a_user_has_named_and_aws_does_not_know_is_a_failure_and_not_waited_for(local: Local) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0))
    fault = Fault(FaultKind.ERROR, operation="AuthorizeSecurityGroupIngress", code="InvalidPrefixListID.NotFound")
    controller.account.faults.add(fault)
    applier = Applier(controller.aws, controller.inventory, controller.bindings)

    applied = await applier.apply(await controller.plan(site.stack("a.example.com")))

    (failure,) = applied.failed
    assert isinstance(failure.error, NotFound)
    assert "InvalidPrefixListID.NotFound" in str(failure.error)


def target_groups(controller: Any) -> set[str]:
    """Their names."""
    return {
        one["TargetGroupName"] for one in controller.account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]
    }


async def test_a_target_group_that_gets_no_traffic_is_not_waited_for(local: Local, time: Any) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, health_seconds=0.0), time=time)
    await controller.settle(site.stack("a.example.com", "b.example.com"))
    old = target_groups(controller)
    for name in old:
        register(controller, name)
    [_, unused] = site.stack("a.example.com", "b.example.com").all(ListenerRule)
    internal = site.stack("a.example.com", "b.example.com", scheme="internal")
    after = Stack.of(internal.id, [one for one in internal.resources if one != unused])

    for _ in range(3):
        await controller.deploy(after)
    [new] = [name for name in target_groups(controller) - old if name.startswith("k8s-shop-a-")]
    register(controller, new)
    await controller.settle(after)

    assert controller.writes().count("DeleteLoadBalancer") == 1

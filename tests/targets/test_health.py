"""Targets and their health are read with few calls, and written through."""

from typing import Any

import pytest
from direct_aws import DirectAws

from albc.errors import NotFound
from albc.local.aws import Account, AccountOptions, ManualClock
from albc.targets.health import LISTING_SECONDS, TargetHealthReader
from albc.targets.registration import Target

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def account(clock: ManualClock) -> Account:
    return Account(AccountOptions(), clock=clock)


@pytest.fixture
def aws(account: Account) -> Any:
    return DirectAws(account)


@pytest.fixture
def health(clock: ManualClock) -> TargetHealthReader:
    return TargetHealthReader(clock)


@pytest.fixture
def group(account: Account) -> str:
    """ARN of a target group in use by a listener, so that its targets become healthy with time."""
    (vpc,) = account.call("ec2", "DescribeVpcs", {})["Vpcs"]
    subnets = [s["SubnetId"] for s in account.call("ec2", "DescribeSubnets", {})["Subnets"]][:2]
    made = account.call(
        "elbv2",
        "CreateTargetGroup",
        {"Name": "web", "Protocol": "TCP", "Port": 80, "VpcId": vpc["VpcId"], "TargetType": "ip"},
    )["TargetGroups"][0]["TargetGroupArn"]
    balancer = account.call("elbv2", "CreateLoadBalancer", {"Name": "web", "Type": "network", "Subnets": subnets})
    account.call(
        "elbv2",
        "CreateListener",
        {
            "LoadBalancerArn": balancer["LoadBalancers"][0]["LoadBalancerArn"],
            "Protocol": "TCP",
            "Port": 80,
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": made}],
        },
    )
    account.calls.clear()
    return str(made)


def pods(count: int) -> list[Target]:
    return [Target(f"127.19.{1 + number // 200}.{number % 200 + 1}", 8080) for number in range(count)]


def asked(account: Account) -> list[Any]:
    """The `Targets` of each DescribeTargetHealth, as ids; None for a whole listing."""
    return [
        [target["Id"] for target in call.params["Targets"]] if "Targets" in call.params else None
        for call in account.calls
        if call.operation == "DescribeTargetHealth"
    ]


async def test_many_targets_are_registered_two_hundred_a_call(
    account: Account, aws: Any, health: TargetHealthReader, group: str
) -> None:
    await health.register(aws, group, pods(450))
    sizes = [len(call.params["Targets"]) for call in account.calls if call.operation == "RegisterTargets"]
    assert sizes == [200, 200, 50]
    assert len(await health.list(aws, group)) == 450


async def test_healthy_targets_are_not_asked_for_again_within_five_minutes(
    account: Account, aws: Any, health: TargetHealthReader, group: str, clock: ManualClock
) -> None:
    one, two = pods(2)
    await health.register(aws, group, [one])
    clock.advance(10)
    assert [h.state for h in await health.list(aws, group)] == ["healthy"]
    await health.register(aws, group, [two])
    await health.list(aws, group)
    assert asked(account) == [None, [two.id]]


async def test_a_whole_listing_is_made_anew_after_five_minutes(
    account: Account, aws: Any, health: TargetHealthReader, group: str, clock: ManualClock
) -> None:
    await health.register(aws, group, pods(1))
    await health.list(aws, group)
    clock.advance(LISTING_SECONDS)
    await health.list(aws, group)
    assert asked(account) == [None, None]


async def test_a_target_that_we_register_is_of_unknown_health_until_it_is_asked_for(
    aws: Any, health: TargetHealthReader, group: str
) -> None:
    await health.list(aws, group)
    (target,) = pods(1)
    await health.register(aws, group, [target])
    assert [(h.target.id, h.state) for h in await health.list(aws, group)] == [(target.id, "initial")]


async def test_a_target_that_has_left_is_forgotten(
    aws: Any, health: TargetHealthReader, group: str, clock: ManualClock
) -> None:
    await health.register(aws, group, pods(1))
    await health.list(aws, group)
    await health.deregister(aws, group, pods(1))
    assert [h.live for h in await health.list(aws, group)] == [False]
    clock.advance(299)
    await health.list(aws, group)
    clock.advance(2)
    assert await health.list(aws, group) == ()


async def test_a_target_group_that_is_gone_is_not_found(aws: Any, health: TargetHealthReader, group: str) -> None:
    with pytest.raises(NotFound):
        await health.list(aws, group.replace("/web/", "/nowhere/"))

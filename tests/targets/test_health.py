"""Targets and their health are read with few calls, and written through."""

from typing import Any

import pytest
from direct_aws import DirectAws

from albc.errors import NotFound
from albc.local.aws import Account, AccountOptions, ManualClock
from albc.targets.health import LISTING_SECONDS, REFRESH_SECONDS, TargetHealthReader
from albc.targets.registration import Target

pytestmark = pytest.mark.anyio

NO_DELAY = {"Key": "deregistration_delay.timeout_seconds", "Value": "0"}


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


def register(account: Account, group: str, targets: list[Target], operation: str = "RegisterTargets") -> None:
    described = [target.describe() for target in targets]
    account.call("elbv2", operation, {"TargetGroupArn": group, "Targets": described})


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


async def test_healthy_targets_are_not_asked_for_again_within_five_minutes(
    account: Account, aws: Any, health: TargetHealthReader, group: str, clock: ManualClock
) -> None:
    one, two = pods(2)
    register(account, group, [one])
    clock.advance(10)
    assert [h.state for h in await health.fresh(aws, group)] == ["healthy"]
    register(account, group, [two])
    health.registered(group, [two])
    clock.advance(REFRESH_SECONDS)
    await health.fresh(aws, group)
    assert asked(account) == [None, [two.id]]


async def test_when_all_are_healthy_nothing_is_asked(
    account: Account, aws: Any, health: TargetHealthReader, group: str, clock: ManualClock
) -> None:
    register(account, group, pods(3))
    clock.advance(10)
    for _ in range(3):
        await health.fresh(aws, group)
        clock.advance(REFRESH_SECONDS)
    assert asked(account) == [None]


async def test_those_who_wait_do_not_ask_more_than_once_a_second(
    account: Account, aws: Any, health: TargetHealthReader, group: str, clock: ManualClock
) -> None:
    register(account, group, pods(1))
    for _ in range(10):
        await health.fresh(aws, group)
        clock.advance(REFRESH_SECONDS / 10)
    assert len(asked(account)) == 1


async def test_what_is_known_costs_nothing(
    account: Account, aws: Any, health: TargetHealthReader, group: str, clock: ManualClock
) -> None:
    register(account, group, pods(1))
    await health.known(aws, group)
    clock.advance(REFRESH_SECONDS)
    assert [h.state for h in await health.known(aws, group)] == ["initial"]
    assert asked(account) == [None]


async def test_a_whole_listing_is_made_anew_after_five_minutes(
    account: Account, aws: Any, health: TargetHealthReader, group: str, clock: ManualClock
) -> None:
    register(account, group, pods(1))
    await health.known(aws, group)
    clock.advance(LISTING_SECONDS)
    await health.known(aws, group)
    assert asked(account) == [None, None]


async def test_a_target_that_we_register_is_of_unknown_health_until_it_is_asked_for(
    account: Account, aws: Any, health: TargetHealthReader, group: str, clock: ManualClock
) -> None:
    await health.known(aws, group)
    (target,) = pods(1)
    register(account, group, [target])
    health.registered(group, [target])
    assert [(h.target, h.state) for h in await health.known(aws, group)] == [(target, None)]
    clock.advance(REFRESH_SECONDS)
    assert [(h.target.id, h.state) for h in await health.fresh(aws, group)] == [(target.id, "healthy")]


async def test_a_target_that_we_deregister_is_draining_at_once(
    account: Account, aws: Any, health: TargetHealthReader, group: str
) -> None:
    register(account, group, pods(2))
    gone, stays = (h.target for h in await health.known(aws, group))
    health.deregistered(group, [gone])
    assert [h.target for h in await health.known(aws, group) if h.live] == [stays]


async def test_a_target_that_has_drained_away_is_forgotten(
    account: Account, aws: Any, health: TargetHealthReader, group: str, clock: ManualClock
) -> None:
    register(account, group, pods(1))
    await health.known(aws, group)
    register(account, group, pods(1), "DeregisterTargets")
    health.deregistered(group, pods(1))
    clock.advance(299)
    assert [h.state for h in await health.fresh(aws, group)] == ["draining"]
    clock.advance(1)
    assert await health.fresh(aws, group) == ()


async def test_a_target_that_somebody_took_out_while_it_was_unhealthy_is_forgotten(
    account: Account, aws: Any, health: TargetHealthReader, group: str, clock: ManualClock
) -> None:
    register(account, group, pods(1))
    await health.known(aws, group)
    account.call("elbv2", "ModifyTargetGroupAttributes", {"TargetGroupArn": group, "Attributes": [NO_DELAY]})
    register(account, group, pods(1), "DeregisterTargets")
    clock.advance(REFRESH_SECONDS)
    assert await health.fresh(aws, group) == ()


async def test_a_target_group_that_is_gone_is_not_found(aws: Any, health: TargetHealthReader, group: str) -> None:
    with pytest.raises(NotFound):
        await health.known(aws, group.replace("/web/", "/nowhere/"))

"""One view for all stacks: what it costs, when it looks again, and what it notices."""

from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from structlog.testing import capture_logs

from albc.aws.calls import Aws
from albc.aws.inventory import Inventory, InventorySettings, StackKey
from albc.errors import Forbidden
from albc.local.aws import Account, Fault, FaultKind
from albc.model.stack import Stack, StackID

pytestmark = pytest.mark.anyio

PREFIX = "ingress.k8s.aws"


class Time:
    """Passes while somebody sleeps; a test may let others run a number of times."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await anyio.lowlevel.checkpoint()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def drifted() -> list[StackKey]:
    return []


@pytest.fixture
def inventory(aws: Aws, vpc_id: str, time: Time, drifted: list[StackKey]) -> Inventory:
    settings = InventorySettings(cluster_name="prod", vpc_id=vpc_id)
    return Inventory(aws, settings, on_drift=drifted.append, clock=time, sleep=time.sleep)


@pytest.fixture
def own(account: Account, vpc_id: str) -> Callable[..., str]:
    """Makes a target group as albc would, in the account only; gives its ARN."""

    def own(stack: str, number: int = 1, cluster: str = "prod") -> str:
        tags = {"elbv2.k8s.aws/cluster": cluster, f"{PREFIX}/stack": stack, f"{PREFIX}/resource": f"{stack}-{number}"}
        request: dict[str, Any] = {
            "Name": f"{cluster}-{stack.replace('/', '-')}-{number}",
            "VpcId": vpc_id,
            "Port": 80,
            "Protocol": "HTTP",
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }
        arn = account.call("elbv2", "CreateTargetGroup", request)["TargetGroups"][0]["TargetGroupArn"]
        account.calls.clear()
        return str(arn)

    return own


def stack(name: str) -> Stack:
    return Stack(StackID("shop", name))


def operations(account: Account) -> list[str]:
    return [call.operation for call in account.calls]


async def run_until(inventory: Inventory, time: Time, moment: float) -> None:
    """The background work, up to a moment."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(inventory.run)
        while time.now < moment:
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()


async def test_a_view_holds_what_bears_the_stacks_tags_and_nothing_else(
    inventory: Inventory, own: Callable[..., str]
) -> None:
    mine, _, _ = own("shop/web"), own("shop/blog"), own("shop/web", 2, cluster="staging")

    view = await inventory.view(stack("web"), PREFIX)

    assert [group.arn for group in view.target_groups] == [mine]
    assert view.resource_id(view.target_groups[0].tags) == "shop/web-1"
    assert (await inventory.view(stack("web"), "service.k8s.aws")).target_groups == ()


async def test_one_listing_serves_all_stacks(inventory: Inventory, own: Callable[..., str], account: Account) -> None:
    for number in range(30):
        own(f"shop/s{number}")

    async with anyio.create_task_group() as tasks:
        for number in range(30):
            tasks.start_soon(inventory.view, stack(f"s{number}"), PREFIX)

    assert operations(account).count("DescribeLoadBalancers") == 1
    assert operations(account).count("DescribeTargetGroups") == 1
    assert operations(account).count("DescribeTags") == 2


async def test_the_tagging_api_gives_the_same_view_and_lists_nothing_else(
    aws: Aws, account: Account, vpc_id: str, own: Callable[..., str]
) -> None:
    mine, _ = own("shop/web"), own("shop/web", cluster="staging")
    plain = Inventory(aws, InventorySettings(cluster_name="prod", vpc_id=vpc_id))
    tagged = Inventory(aws, InventorySettings(cluster_name="prod", vpc_id=vpc_id, tagging_api=True))
    expected = await plain.view(stack("web"), PREFIX)
    account.calls.clear()

    assert await tagged.view(stack("web"), PREFIX) == expected
    [described] = [call for call in account.calls if call.operation == "DescribeTargetGroups"]
    assert described.params["TargetGroupArns"] == [mine]
    assert "DescribeTags" not in operations(account)


async def test_inside_the_refresh_window_a_view_costs_nothing(
    inventory: Inventory, own: Callable[..., str], account: Account
) -> None:
    own("shop/web")
    await inventory.view(stack("web"), PREFIX)
    account.calls.clear()

    await inventory.view(stack("web"), PREFIX)

    assert operations(account) == []


async def test_a_change_by_others_is_noticed_by_the_next_listing(
    inventory: Inventory, own: Callable[..., str], account: Account, time: Time, drifted: list[StackKey]
) -> None:
    arn = own("shop/web")
    await inventory.view(stack("web"), PREFIX)
    account.call("elbv2", "ModifyTargetGroup", {"TargetGroupArn": arn, "HealthCheckPath": "/changed"})

    await run_until(inventory, time, time.now + 310)

    assert drifted == [StackKey(PREFIX, "shop/web")]
    view = await inventory.view(stack("web"), PREFIX)
    assert view.target_groups[0].aws["HealthCheckPath"] == "/changed"


async def test_a_deletion_by_others_is_noticed_by_the_next_listing(
    inventory: Inventory, own: Callable[..., str], account: Account, time: Time, drifted: list[StackKey]
) -> None:
    arn = own("shop/web")
    await inventory.view(stack("web"), PREFIX)
    account.call("elbv2", "DeleteTargetGroup", {"TargetGroupArn": arn})

    with capture_logs() as lines:
        await run_until(inventory, time, time.now + 310)

    assert [(line["event"].partition(",")[0], line["stackID"]) for line in lines] == [
        ("changed or deleted in AWS by somebody else", "shop/web")
    ]
    assert inventory.drifts() == 1
    assert drifted == [StackKey(PREFIX, "shop/web")]
    assert (await inventory.view(stack("web"), PREFIX)).target_groups == ()


async def test_attributes_are_checked_within_their_time(
    inventory: Inventory, own: Callable[..., str], account: Account, time: Time, drifted: list[StackKey]
) -> None:
    arn = own("shop/web")
    await inventory.view(stack("web"), PREFIX)
    attribute = {"Key": "slow_start.duration_seconds", "Value": "60"}
    account.call("elbv2", "ModifyTargetGroupAttributes", {"TargetGroupArn": arn, "Attributes": [attribute]})

    await run_until(inventory, time, time.now + 1300)

    assert drifted == [StackKey(PREFIX, "shop/web")]


async def test_nothing_changed_means_nothing_is_reported(
    inventory: Inventory, own: Callable[..., str], time: Time, drifted: list[StackKey]
) -> None:
    own("shop/web")
    await inventory.view(stack("web"), PREFIX)

    await run_until(inventory, time, time.now + 3000)

    assert drifted == []


async def test_the_background_keeps_its_budget(
    inventory: Inventory, own: Callable[..., str], account: Account, time: Time
) -> None:
    for number in range(40):
        own(f"shop/s{number}")
        await inventory.view(stack(f"s{number}"), PREFIX)
    time.now += 1201
    account.calls.clear()
    begun = time.now

    await run_until(inventory, time, begun + 60)

    assert len(account.calls) <= 120


async def test_our_own_writes_are_known_without_asking(
    inventory: Inventory, aws: Aws, own: Callable[..., str], account: Account, drifted: list[StackKey], time: Time
) -> None:
    arn = own("shop/web")
    await inventory.view(stack("web"), PREFIX)
    request = {"TargetGroupArn": arn, "HealthCheckPath": "/ours"}
    inventory.wrote("elbv2", "modify_target_group", request, await aws.call("elbv2", "modify_target_group", **request))
    account.calls.clear()

    view = await inventory.view(stack("web"), PREFIX)

    assert view.target_groups[0].aws["HealthCheckPath"] == "/ours"
    assert operations(account) == []
    await run_until(inventory, time, time.now + 700)
    assert drifted == []


async def test_after_a_doubt_aws_is_asked_again(
    inventory: Inventory, own: Callable[..., str], account: Account
) -> None:
    await inventory.view(stack("web"), PREFIX)
    arn = own("shop/web")
    assert (await inventory.view(stack("web"), PREFIX)).target_groups == ()

    inventory.doubt(StackKey(PREFIX, "shop/web"))

    assert [group.arn for group in (await inventory.view(stack("web"), PREFIX)).target_groups] == [arn]


async def test_a_view_does_not_change_behind_its_readers_back(
    inventory: Inventory, aws: Aws, own: Callable[..., str]
) -> None:
    arn = own("shop/web")
    view = await inventory.view(stack("web"), PREFIX)
    request: dict[str, Any] = {"ResourceArns": [arn], "Tags": [{"Key": "team", "Value": "x"}]}

    inventory.wrote("elbv2", "add_tags", request, {})

    assert "team" not in view.target_groups[0].tags


async def test_statistics_tell_what_is_held(inventory: Inventory, own: Callable[..., str]) -> None:
    own("shop/web"), own("shop/web", 2), own("shop/blog")
    await inventory.view(stack("web"), PREFIX)

    statistics = inventory.statistics()

    assert (statistics.target_groups, statistics.stacks, statistics.unchecked) == (3, 2, 1)
    assert statistics.listed_seconds_ago == 0.0


async def test_a_listing_that_breaks_off_loses_nothing(
    inventory: Inventory, own: Callable[..., str], account: Account
) -> None:
    arn = own("shop/web")
    account.faults.add(Fault(FaultKind.ACCESS_DENIED, operation="DescribeSecurityGroups"))
    with pytest.raises(Forbidden):
        await inventory.view(stack("web"), PREFIX)

    assert [group.arn for group in (await inventory.view(stack("web"), PREFIX)).target_groups] == [arn]

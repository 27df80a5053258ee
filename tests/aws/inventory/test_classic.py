"""What is known of Classic Load Balancers, and for how many calls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from albc.aws.calls import Aws
from albc.aws.inventory import Inventory, InventorySettings, StackKey
from albc.aws.inventory.classic import ClassicBalancers
from albc.local.aws import Account
from albc.model.stack import Stack, StackID

pytestmark = pytest.mark.anyio

STACK = StackKey("service.k8s.aws", "shop/web")
READS = ["DescribeLoadBalancers", "DescribeLoadBalancerAttributes", "DescribeTags"]


@dataclass
class Known:
    """What is looked at, the time, and who was told of changes by others."""

    balancers: ClassicBalancers
    account: Account
    drifted: list[StackKey]
    now: list[float] = field(default_factory=list)

    def calls(self) -> list[str]:
        made = [call.operation for call in self.account.calls]
        self.account.calls.clear()
        return made


@pytest.fixture
def known(aws: Aws, account: Account) -> Known:
    drifted: list[StackKey] = []
    now = [0.0]
    return Known(ClassicBalancers(aws, 100.0, drifted.append, lambda: now[0]), account, drifted, now)


@pytest.fixture
def make(account: Account) -> Callable[..., None]:
    def make(name: str = "edge") -> None:
        subnets = account.call("ec2", "DescribeSubnets")["Subnets"]
        wanted: dict[str, Any] = {
            "LoadBalancerName": name,
            "Listeners": [{"Protocol": "TCP", "LoadBalancerPort": 80, "InstancePort": 30080}],
            "Subnets": [subnets[0]["SubnetId"]],
            "Tags": [{"Key": "team", "Value": "web"}],
        }
        account.call("elb", "CreateLoadBalancer", wanted)
        account.calls.clear()

    return make


async def test_one_is_read_once_in_a_window(known: Known, make: Callable[..., None]) -> None:
    make()

    found = await known.balancers.named("edge", STACK)

    assert found is not None
    assert found.tags == {"team": "web"}
    assert found.attributes["ConnectionSettings"] == {"IdleTimeout": 60}
    assert known.calls() == READS
    await known.balancers.named("edge", STACK)
    assert known.calls() == []
    known.now[0] = 100.0
    await known.balancers.named("edge", STACK)
    assert known.calls() == READS


async def test_one_that_aws_does_not_show_yet_is_asked_for_again(known: Known, make: Callable[..., None]) -> None:
    assert await known.balancers.named("edge", STACK) is None

    make()

    assert await known.balancers.named("edge", STACK) is not None


async def test_what_was_written_to_or_is_in_doubt_is_read_again(known: Known, make: Callable[..., None]) -> None:
    make()
    ways: list[Callable[[], None]] = [
        lambda: known.balancers.wrote("configure_health_check", {"LoadBalancerName": "edge"}, {}),
        lambda: known.balancers.wrote("add_tags", {"LoadBalancerNames": ["edge"]}, {}),
        lambda: known.balancers.doubt(STACK),
    ]
    for forget in ways:
        await known.balancers.named("edge", STACK)
        known.calls()
        forget()
        await known.balancers.named("edge", STACK)
        assert known.calls() == READS


async def test_instances_are_known_from_our_own_calls(known: Known, make: Callable[..., None]) -> None:
    make()
    await known.balancers.named("edge", STACK)
    known.calls()

    answer = {"Instances": [{"InstanceId": "i-1"}]}
    known.balancers.wrote("register_instances_with_load_balancer", {"LoadBalancerName": "edge"}, answer)

    found = await known.balancers.named("edge", STACK)
    assert found is not None
    assert found.instances == {"i-1"}
    assert known.calls() == []


async def test_one_look_finds_all_that_others_have_changed(known: Known, make: Callable[..., None]) -> None:
    other = StackKey("service.k8s.aws", "shop/other")
    make("edge")
    make("other")
    await known.balancers.named("edge", STACK)
    await known.balancers.named("other", other)
    await known.balancers.look()
    assert known.drifted == []
    known.account.call("elb", "DeleteLoadBalancer", {"LoadBalancerName": "other"})
    known.calls()

    await known.balancers.look()

    assert known.drifted == [other]
    assert known.calls() == ["DescribeLoadBalancers"]


async def test_where_there_is_none_nobody_looks(known: Known) -> None:
    await known.balancers.look()

    assert known.calls() == []


async def test_all_that_have_a_security_group_are_named(known: Known, make: Callable[..., None]) -> None:
    make("edge")
    make("other")
    found = await known.balancers.named("edge", STACK)
    assert found is not None

    assert await known.balancers.users_of(found.security_groups[0]) == {"edge", "other"}


async def test_the_tagging_api_may_list_a_classic_one_which_is_none_of_version_two(
    aws: Aws, account: Account, make: Callable[..., None]
) -> None:
    make()
    tag = {"LoadBalancerNames": ["edge"], "Tags": [{"Key": "elbv2.k8s.aws/cluster", "Value": "prod"}]}
    account.call("elb", "AddTags", tag)
    settings = InventorySettings(cluster_name="prod", vpc_id="vpc-1", tagging_api=True)

    view = await Inventory(aws, settings).view(Stack(StackID("shop", "web")), "service.k8s.aws")

    assert view.load_balancers == ()

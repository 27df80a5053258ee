"""Instances and rules on nodes, on the local account: a few calls for each change, none without one."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from direct_aws import DirectAws

from albc.aws.inventory import Inventory, InventorySettings, StackKey
from albc.errors import Invalid
from albc.kube.objects import Node
from albc.local.aws import Account, AccountOptions
from albc.model.inventory import ActualClassicLoadBalancer
from albc.targets.classic import ClassicTargets, Wishes

pytestmark = pytest.mark.anyio

MakeNode = Callable[..., Node]
STACK = StackKey("service.k8s.aws", "shop/web")
LISTENERS = [{"Protocol": "TCP", "LoadBalancerPort": 80, "InstancePort": 30080}]


class Site:
    """An account with one or more Classic Load Balancers, and what follows the nodes behind them."""

    def __init__(self, make_node: MakeNode) -> None:
        self.account = Account(AccountOptions(cluster_name="prod"))
        self.aws = cast(Any, DirectAws(self.account))
        self.vpc_id = self.account.call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
        self.inventory = Inventory(self.aws, InventorySettings(cluster_name="prod", vpc_id=self.vpc_id))
        self.targets = ClassicTargets(self.aws, self.inventory, "prod")
        reservations = self.account.call("ec2", "DescribeInstances")["Reservations"]
        self.instances = sorted(one["InstanceId"] for part in reservations for one in part["Instances"])
        self.nodes = [make_node(f"node-{id_}", provider=f"aws:///z/{id_}") for id_ in self.instances]
        groups = self.account.call("ec2", "DescribeSecurityGroups")["SecurityGroups"]
        [self.node_group] = [one["GroupId"] for one in groups if one["GroupName"] == "nodes"]

    def group(self, name: str) -> str:
        wanted = {"GroupName": name, "Description": name, "VpcId": self.vpc_id}
        return str(self.account.call("ec2", "CreateSecurityGroup", wanted)["GroupId"])

    def balancer(self, name: str, *groups: str) -> None:
        subnets = self.account.call("ec2", "DescribeSubnets")["Subnets"]
        wanted = {"LoadBalancerName": name, "Listeners": LISTENERS, "Subnets": [subnets[0]["SubnetId"]]}
        self.account.call("elb", "CreateLoadBalancer", {**wanted, "SecurityGroups": list(groups)})

    async def actual(self, name: str) -> ActualClassicLoadBalancer:
        found = await self.inventory.classic.named(name, STACK)
        assert found is not None
        return found

    async def sync(self, *nodes: Node, name: str = "edge", wishes: Wishes | None = None) -> bool:
        return await self.targets.sync(await self.actual(name), STACK, nodes, wishes or Wishes())

    def registered(self, name: str = "edge") -> list[str]:
        found = self.account.call("elb", "DescribeLoadBalancers", {"LoadBalancerNames": [name]})
        return sorted(one["InstanceId"] for one in found["LoadBalancerDescriptions"][0]["Instances"])

    def let_in(self) -> set[str]:
        """Groups that may do anything on the nodes."""
        [group] = self.account.call("ec2", "DescribeSecurityGroups", {"GroupIds": [self.node_group]})["SecurityGroups"]
        rules = [rule for rule in group["IpPermissions"] if rule["IpProtocol"] == "-1"]
        return {pair["GroupId"] for rule in rules for pair in rule["UserIdGroupPairs"]} - {self.node_group}

    def give(self, instance: str, *groups: str) -> None:
        """These security groups in place of those that the instance has."""
        self._overlay(instance, SecurityGroups=[{"GroupId": id_, "GroupName": id_} for id_ in groups])

    def hide(self, instance: str) -> None:
        """EC2 tells nothing of it."""
        self._overlay(instance)

    def _overlay(self, instance: str, **changes: Any) -> None:
        real = self.aws.paginate

        async def paginate(service: str, operation: str, result: str, **params: Any) -> Any:
            found = await real(service, operation, result, **params)
            if operation != "describe_instances":
                return found
            instances = [one for part in found for one in part["Instances"]]
            kept = [one for one in instances if one["InstanceId"] != instance]
            changed = [one | changes for one in instances if one["InstanceId"] == instance and changes]
            return [{"Instances": kept + changed}]

        self.aws.paginate = paginate

    def calls(self) -> list[str]:
        made = [call.operation for call in self.account.calls]
        self.account.calls.clear()
        return made


@pytest.fixture
def site(make_node: MakeNode) -> Site:
    return Site(make_node)


@pytest.fixture
def group(site: Site) -> str:
    """Of the load balancer `edge`."""
    made = site.group("edge")
    site.balancer("edge", made)
    return made


async def test_all_nodes_are_registered_and_let_the_load_balancer_in(site: Site, group: str) -> None:
    assert await site.sync(*site.nodes)

    assert site.registered() == site.instances
    assert site.let_in() == {group}


async def test_without_a_change_nothing_is_asked(site: Site, group: str) -> None:
    await site.sync(*site.nodes)
    site.calls()

    await site.sync(*site.nodes)

    assert site.calls() == []


async def test_a_node_that_goes_costs_one_call_and_so_does_one_that_comes_back(site: Site, group: str) -> None:
    await site.sync(*site.nodes)
    site.calls()

    await site.sync(*site.nodes[1:])
    assert site.calls() == ["DeregisterInstancesFromLoadBalancer"]
    assert site.registered() == site.instances[1:]
    site.calls()
    await site.sync(*site.nodes)
    assert site.calls() == ["RegisterInstancesWithLoadBalancer"]


async def test_what_ec2_does_not_know_is_passed_over(site: Site, group: str, make_node: MakeNode) -> None:
    assert await site.sync(*site.nodes, make_node("ghost", provider="aws:///z/i-0123"))

    assert site.registered() == site.instances


async def test_no_node_at_all_is_told(site: Site, group: str) -> None:
    await site.sync(*site.nodes)

    assert not await site.sync()

    assert site.registered() == []
    assert site.let_in() == set()


async def test_rules_are_left_alone_where_the_user_wants_that(site: Site, group: str) -> None:
    await site.sync(*site.nodes, wishes=Wishes(manage_rules=False))

    assert site.registered() == site.instances
    assert site.let_in() == set()


async def test_another_source_takes_the_place_of_the_old_one(site: Site, group: str) -> None:
    await site.sync(*site.nodes)
    other = site.group("other")
    request = {"LoadBalancerName": "edge", "SecurityGroups": [other]}
    site.account.call("elb", "ApplySecurityGroupsToLoadBalancer", request)
    site.inventory.classic.doubt(STACK)

    await site.sync(*site.nodes)

    assert site.let_in() == {other}


async def test_a_group_that_another_load_balancer_has_stays_let_in(site: Site, group: str) -> None:
    site.balancer("twin", group)
    await site.sync(*site.nodes)
    await site.sync(*site.nodes, name="twin")

    await site.targets.close("edge", [group], [])
    assert site.let_in() == {group}
    site.account.call("elb", "DeleteLoadBalancer", {"LoadBalancerName": "edge"})
    await site.targets.close("twin", [group], [])
    assert site.let_in() == set()


async def test_groups_of_others_are_not_touched(site: Site, group: str) -> None:
    foreign = site.group("foreign")
    rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    site.account.call("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": foreign, "IpPermissions": [rule]})
    await site.sync(*site.nodes)

    await site.targets.close("edge", [group], [])

    [found] = site.account.call("ec2", "DescribeSecurityGroups", {"GroupIds": [foreign]})["SecurityGroups"]
    assert found["IpPermissions"]


async def test_a_group_that_is_about_to_be_deleted_is_forgotten_everywhere(site: Site, group: str) -> None:
    foreign = site.group("foreign")
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": group}]}
    site.account.call("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": foreign, "IpPermissions": [rule]})
    await site.sync(*site.nodes)

    await site.targets.close("edge", [group], [group])

    [found] = site.account.call("ec2", "DescribeSecurityGroups", {"GroupIds": [foreign]})["SecurityGroups"]
    assert not found["IpPermissions"]
    assert site.let_in() == set()


async def test_the_operators_group_is_never_modified(make_node: MakeNode) -> None:
    site = Site(make_node)
    site.balancer("edge", site.node_group)
    site.targets = ClassicTargets(site.aws, site.inventory, "prod", site.node_group)
    site.calls()

    await site.sync(*site.nodes)

    assert "AuthorizeSecurityGroupIngress" not in site.calls()


async def test_a_node_whose_group_is_not_clear_is_told_and_keeps_no_other_out(site: Site, group: str) -> None:
    strange = site.instances[0]
    await site.sync(*site.nodes[1:])
    one, other = site.group("one"), site.group("other")
    site.give(strange, one, other)

    with pytest.raises(Invalid, match=f"^Multiple untagged security groups found for instance {strange}"):
        await site.sync(*site.nodes)

    assert site.registered() == site.instances
    assert site.let_in() == {group}


async def test_an_instance_that_ec2_does_not_show_stays_while_its_node_is_there(
    site: Site, group: str, make_node: MakeNode
) -> None:
    await site.sync(*site.nodes)
    site.targets = ClassicTargets(site.aws, site.inventory, "prod")
    site.hide(site.instances[0])

    await site.sync(*site.nodes)

    assert site.registered() == site.instances

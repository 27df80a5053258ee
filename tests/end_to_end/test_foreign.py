"""What another cluster has in the same account and VPC is never written to, whatever its names and stack tags say."""

from collections.abc import Mapping
from typing import Any

import pytest
from world import KINDS, World

pytestmark = pytest.mark.anyio

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
OTHER = {"elbv2.k8s.aws/cluster": "other", "kubernetes.io/cluster/other": "owned"}


def service(name: str, kind: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "type": "LoadBalancer",
            "loadBalancerClass": f"service.k8s.aws/{kind}",
            "ports": [{"port": 80}],
            **spec,
        },
    }


class Neighbour:
    """Another cluster, whose Services have the namespaces and names of ours."""

    def __init__(self, world: World) -> None:
        self._call = world.stack.account.call
        subnets = self._call("ec2", "DescribeSubnets", {})["Subnets"]
        self._vpc, self._subnet = subnets[0]["VpcId"], subnets[0]["SubnetId"]

    def group(self, name: str, stack: str) -> str:
        """Id of a security group."""
        request = {"GroupName": name, "Description": "of the neighbour", "VpcId": self._vpc}
        tags = _tags(stack, "ManagedLBSecurityGroup")
        id = self._call("ec2", "CreateSecurityGroup", request)["GroupId"]
        self._call("ec2", "CreateTags", {"Resources": [id], "Tags": tags})
        return str(id)

    def network(self, name: str, stack: str, group: str) -> list[str]:
        """ARNs of a load balancer and its target group."""
        request = {
            "Name": name,
            "Type": "network",
            "Scheme": "internal",
            "Subnets": [self._subnet],
            "SecurityGroups": [group],
            "Tags": _tags(stack, "LoadBalancer"),
        }
        balancer = self._call("elbv2", "CreateLoadBalancer", request)["LoadBalancers"][0]["LoadBalancerArn"]
        tags = _tags(stack, f"{stack}:80")
        wanted = {"Name": name, "Protocol": "TCP", "Port": 80, "VpcId": self._vpc, "TargetType": "ip", "Tags": tags}
        target_group = self._call("elbv2", "CreateTargetGroup", wanted)["TargetGroups"][0]["TargetGroupArn"]
        forward = {"Type": "forward", "TargetGroupArn": target_group}
        listener = {"LoadBalancerArn": balancer, "Protocol": "TCP", "Port": 80, "DefaultActions": [forward]}
        self._call("elbv2", "CreateListener", listener)
        return [balancer, target_group]

    def classic(self, name: str, group: str) -> str:
        """Name of a Classic Load Balancer."""
        listener = {"Protocol": "TCP", "LoadBalancerPort": 80, "InstanceProtocol": "TCP", "InstancePort": 30999}
        request = {
            "LoadBalancerName": name,
            "Listeners": [listener],
            "Subnets": [self._subnet],
            "SecurityGroups": [group],
        }
        self._call("elb", "CreateLoadBalancer", {**request, "Tags": _tags("shop/classic", "LoadBalancer")})
        return name

    def lets_in(self, group: str, source: str, *, not_any_more: bool = False) -> None:
        rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": source}]}
        verb = "Revoke" if not_any_more else "Authorize"
        self._call("ec2", f"{verb}SecurityGroupIngress", {"GroupId": group, "IpPermissions": [rule]})


def _tags(stack: str, resource: str) -> list[dict[str, str]]:
    tags = {**OTHER, "service.k8s.aws/stack": stack, "service.k8s.aws/resource": resource}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def touching(world: World, *ids: str) -> list[str]:
    """Writing calls that name one of these."""
    writes = [call for call in world.stack.account.calls if call.writing]
    return [f"{call.operation} {call.params}" for call in writes if any(id in str(call.params) for id in ids)]


@pytest.fixture(scope="module")
async def neighbour(world: World) -> Neighbour:
    await world.apply(NAMESPACE)
    return Neighbour(world)


async def test_a_network_load_balancer_of_the_same_stack_of_another_cluster(world: World, neighbour: Neighbour) -> None:
    group = neighbour.group("neighbours-network", "shop/web")
    theirs = [group, *neighbour.network("neighbours", "shop/web", group)]
    before = world.inventory()
    world.forget_calls()

    await world.apply(service("web", "nlb"))
    await world.reconciled("Service", "shop", "web")
    await world.edit("Service", "shop", "web", {"spec": {"ports": [{"port": 81}]}})
    await world.reconciled("Service", "shop", "web", before=1)
    await world.delete(service("web", "nlb"))

    assert touching(world, *theirs) == []
    assert before <= world.inventory()


async def test_a_classic_load_balancer_of_another_cluster_beside_ours(world: World, neighbour: Neighbour) -> None:
    group = neighbour.group("neighbours-classic", "shop/classic")
    theirs = [group, neighbour.classic("neighbours-classic", group)]
    before = world.inventory()
    world.forget_calls()

    await world.apply(service("classic", "clb"))
    await world.reconciled("Service", "shop", "classic")
    ours = managed_group(world, "shop/classic")
    neighbour.lets_in(group, ours)
    world.forget_calls()
    await world.client.delete(KINDS["Service"], "classic", "shop")

    async def refused() -> bool:
        calls = world.stack.account.calls
        return any(call.operation == "DeleteSecurityGroup" and call.outcome == "DependencyViolation" for call in calls)

    await world.until(refused, "the managed group stays while the neighbour refers to it")
    assert touching(world, *theirs) == []
    neighbour.lets_in(group, ours, not_any_more=True)
    await world.delete(service("classic", "clb"))
    assert before <= world.inventory()


async def test_a_classic_load_balancer_that_has_our_name_but_the_tags_of_another_cluster(
    world: World, neighbour: Neighbour
) -> None:
    await world.stop_controller()
    await world.apply(service("taken", "clb"))
    uid = (await world.get("Service", "shop", "taken"))["metadata"]["uid"]
    group = neighbour.group("neighbours-taken", "shop/taken")
    name = neighbour.classic(f"a{uid.replace('-', '')}"[:32], group)
    world.forget_calls()
    await world.start_controller()

    async def told() -> bool:
        events = (await world.client.list(KINDS["Event"])).items
        return any(f"{name} belongs to another cluster" in event["message"] for event in events)

    await world.until(told, "the Service is told whose the load balancer is")
    assert touching(world, group, name) == []


def managed_group(world: World, stack: str) -> str:
    found = world.stack.account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
    tags: list[tuple[str, Mapping[str, str]]] = [
        (group["GroupId"], {tag["Key"]: tag["Value"] for tag in group.get("Tags", ())}) for group in found
    ]
    return next(
        id
        for id, tags in tags
        if tags.get("service.k8s.aws/stack") == stack and tags["elbv2.k8s.aws/cluster"] != "other"
    )

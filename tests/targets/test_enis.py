"""The network interfaces of Nodes and Pods, found in the account."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from direct_aws import DirectAws

from albc.errors import Invalid
from albc.kube.objects import Node, Pod
from albc.local.aws import Account, instance_id
from albc.targets.enis import NO_INTERFACE, NetworkInterface, NetworkInterfaces, endpoint_security_group

pytestmark = pytest.mark.anyio

CLUSTER_TAG = "kubernetes.io/cluster/prod"


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def interfaces(account: Account) -> NetworkInterfaces:
    (vpc,) = account.call("ec2", "DescribeVpcs", {})["Vpcs"]
    account.calls.clear()
    aws: Any = DirectAws(account)
    return NetworkInterfaces(aws, vpc["VpcId"])


@pytest.fixture
def node(make_node: Callable[..., Node]) -> Node:
    return make_node("node-a", provider=f"aws:///us-west-2a/{instance_id('a')}")


def nodes_group(account: Account) -> str:
    groups = account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
    return next(
        str(group["GroupId"])
        for group in groups
        if any(tag["Key"].startswith("kubernetes.io/cluster/") for tag in group.get("Tags", ()))
    )


async def test_a_node_has_the_primary_interface_of_its_instance(
    account: Account, interfaces: NetworkInterfaces, node: Node
) -> None:
    found = await interfaces.of_nodes([node])
    assert found["node-a"].security_group_ids == (nodes_group(account),)


async def test_what_is_known_is_not_asked_for_again(
    account: Account, interfaces: NetworkInterfaces, node: Node
) -> None:
    await interfaces.of_nodes([node])
    account.calls.clear()
    await interfaces.of_nodes([node])
    assert list(account.calls) == []


async def test_a_pod_on_a_prefix_of_its_nodes_interface_has_that_interface(
    interfaces: NetworkInterfaces, node: Node, make_pod: Callable[..., Pod]
) -> None:
    pod = make_pod("web", "127.19.0.20")
    found = await interfaces.of_pods([pod], {"node-a": node})
    assert found["shop/web"] == (await interfaces.of_nodes([node]))["node-a"]


async def test_a_pod_with_an_interface_of_its_own_has_that_one(
    account: Account, interfaces: NetworkInterfaces, node: Node, make_pod: Callable[..., Pod]
) -> None:
    other = account.call("ec2", "DescribeNetworkInterfaces", {})["NetworkInterfaces"][1]
    annotation = json.dumps([{"eniId": other["NetworkInterfaceId"], "privateIp": "127.19.0.20"}])
    pod = make_pod("web", "127.19.0.20")
    metadata = msgspec.structs.replace(pod.metadata, annotations={"vpc.amazonaws.com/pod-eni": annotation})
    pod = msgspec.structs.replace(pod, metadata=metadata)
    found = await interfaces.of_pods([pod], {"node-a": node})
    assert found["shop/web"].id == other["NetworkInterfaceId"]


async def test_a_pod_that_aws_does_not_know_is_named(
    interfaces: NetworkInterfaces, node: Node, make_pod: Callable[..., Pod]
) -> None:
    with pytest.raises(Invalid, match="cannot resolve pod ENI for pods: shop/lost"):
        await interfaces.of_pods([make_pod("lost", "10.9.9.9")], {"node-a": node})


async def test_a_pod_on_a_hybrid_node_has_no_interface(
    account: Account, interfaces: NetworkInterfaces, make_node: Callable[..., Node], make_pod: Callable[..., Pod]
) -> None:
    hybrid = make_node("node-a", labels={"eks.amazonaws.com/compute-type": "hybrid"})
    found = await interfaces.of_pods([make_pod("web")], {"node-a": hybrid})
    assert found["shop/web"] is NO_INTERFACE
    assert list(account.calls) == []


def test_of_several_groups_the_one_with_the_clusters_tag_counts() -> None:
    interface = NetworkInterface("eni-1", ("sg-1", "sg-2"))
    tags = {"sg-1": {}, "sg-2": {CLUSTER_TAG: "owned"}}
    assert endpoint_security_group(interface, tags, "prod", {}) == "sg-2"


def test_several_groups_with_the_clusters_tag_are_named() -> None:
    interface = NetworkInterface("eni-1", ("sg-1", "sg-2"))
    tags = {"sg-1": {CLUSTER_TAG: "owned"}, "sg-2": {CLUSTER_TAG: "shared"}}
    with pytest.raises(Invalid, match=r"for eni eni-1, got: \[sg-1 sg-2\]"):
        endpoint_security_group(interface, tags, "prod", {})


def test_further_tags_tell_them_apart() -> None:
    interface = NetworkInterface("eni-1", ("sg-1", "sg-2"))
    tags = {"sg-1": {CLUSTER_TAG: "owned"}, "sg-2": {CLUSTER_TAG: "owned", "role": "pods"}}
    assert endpoint_security_group(interface, tags, "prod", {"role": "pods"}) == "sg-2"

"""The network interfaces of Nodes and Pods, found in the account."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from direct_aws import DirectAws

from albc.errors import Invalid
from albc.kube.objects import Node, Pod
from albc.kube.objects.core import NodeAddress
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


# Fargate, HyperPod, and Pods that come later


class Scripted:
    """EC2 that knows these interfaces, and remembers what it was asked."""

    def __init__(self, *interfaces: dict[str, Any]) -> None:
        self.interfaces = interfaces
        self.asked: list[tuple[str, list[str]]] = []

    async def paginate(self, service: str, operation: str, result: str, **params: Any) -> list[Any]:
        assert operation == "describe_network_interfaces"
        (by_vpc, by_address) = params["Filters"]
        assert by_vpc == {"Name": "vpc-id", "Values": ["vpc-1"]}
        self.asked.append((by_address["Name"], by_address["Values"]))
        return [each for each in self.interfaces if set(addresses(each)) & set(by_address["Values"])]


def addresses(interface: dict[str, Any]) -> list[str]:
    ipv4 = [each["PrivateIpAddress"] for each in interface.get("PrivateIpAddresses", ())]
    return ipv4 + [each["Ipv6Address"] for each in interface.get("Ipv6Addresses", ())]


def interface(id_: str, *ips: str, prefix: str = "") -> dict[str, Any]:
    return {
        "NetworkInterfaceId": id_,
        "Groups": [{"GroupId": f"sg-of-{id_}"}],
        "PrivateIpAddresses": [{"PrivateIpAddress": ip} for ip in ips if ":" not in ip],
        "Ipv6Addresses": [{"Ipv6Address": ip} for ip in ips if ":" in ip],
        "Ipv4Prefixes": [{"Ipv4Prefix": prefix}] if prefix else [],
    }


def on(ec2: Scripted) -> NetworkInterfaces:
    aws: Any = ec2
    return NetworkInterfaces(aws, "vpc-1")


FARGATE = {"eks.amazonaws.com/compute-type": "fargate"}
HYPERPOD = {"sagemaker.amazonaws.com/compute-type": "hyperpod"}


async def test_a_fargate_pod_is_found_by_its_address_of_either_family(
    make_node: Callable[..., Node], make_pod: Callable[..., Pod]
) -> None:
    ec2 = Scripted(interface("eni-4", "10.0.0.4"), interface("eni-6", "fd00::6"))
    pods = [make_pod("four", "10.0.0.4"), make_pod("six", "fd00::6")]
    found = await on(ec2).of_pods(pods, {"node-a": make_node("node-a", labels=FARGATE)})
    assert {name: each.id for name, each in found.items()} == {"shop/four": "eni-4", "shop/six": "eni-6"}
    assert ec2.asked == [
        ("addresses.private-ip-address", ["10.0.0.4"]),
        ("ipv6-addresses.ipv6-address", ["fd00::6"]),
    ]


async def test_many_fargate_pods_are_asked_for_199_at_a_time(
    make_node: Callable[..., Node], make_pod: Callable[..., Pod]
) -> None:
    ips = [f"10.0.{number // 250}.{number % 250}" for number in range(400)]
    ec2 = Scripted(*(interface(f"eni-{ip}", ip) for ip in ips))
    pods = [make_pod(f"p{ip}", ip) for ip in ips]
    await on(ec2).of_pods(pods, {"node-a": make_node("node-a", labels=FARGATE)})
    assert [len(values) for _, values in ec2.asked] == [199, 199, 2]


async def test_a_hyperpod_pod_on_a_prefix_is_found_by_its_nodes_address(
    make_node: Callable[..., Node], make_pod: Callable[..., Pod]
) -> None:
    ec2 = Scripted(interface("eni-node", "10.0.0.1", prefix="10.0.1.0/28"), interface("eni-own", "10.0.0.9"))
    node = make_node("node-a", labels=HYPERPOD)
    status = msgspec.structs.replace(node.status, addresses=(NodeAddress(type="InternalIP", address="10.0.0.1"),))
    nodes = {"node-a": msgspec.structs.replace(node, status=status)}
    found = await on(ec2).of_pods([make_pod("own", "10.0.0.9"), make_pod("prefixed", "10.0.1.5")], nodes)
    assert {name: each.id for name, each in found.items()} == {"shop/own": "eni-own", "shop/prefixed": "eni-node"}
    with pytest.raises(Invalid, match="cannot resolve pod ENI for pods: shop/elsewhere"):
        await on(ec2).of_pods([make_pod("elsewhere", "10.0.2.1")], nodes)


async def test_pods_that_come_to_a_known_instance_cost_no_call(
    account: Account, interfaces: NetworkInterfaces, node: Node, make_pod: Callable[..., Pod]
) -> None:
    await interfaces.of_pods([make_pod("one", "127.19.0.20")], {"node-a": node})
    account.calls.clear()
    found = await interfaces.of_pods([make_pod("two", "127.19.0.21")], {"node-a": node})
    assert found["shop/two"].security_group_ids == (nodes_group(account),)
    assert [call.operation for call in account.calls] == ["DescribeSecurityGroups"]  # the test's own


async def test_a_pod_without_an_address_is_named(
    interfaces: NetworkInterfaces, node: Node, make_pod: Callable[..., Pod]
) -> None:
    with pytest.raises(Invalid, match="cannot resolve pod ENI for pods: shop/young"):
        await interfaces.of_pods([make_pod("young", "")], {"node-a": node})


async def test_an_instance_without_a_primary_interface_is_named(make_node: Callable[..., Node]) -> None:
    class NoPrimary:
        async def paginate(self, *_: Any, **__: Any) -> list[Any]:
            secondary = {**interface("eni-2", "10.0.0.2"), "Attachment": {"DeviceIndex": 1}}
            return [{"Instances": [{"InstanceId": "i-1", "NetworkInterfaces": [secondary]}]}]

    aws: Any = NoPrimary()
    with pytest.raises(Invalid, match="cannot resolve node ENI for nodes: node-a"):
        await NetworkInterfaces(aws, "vpc-1").of_nodes([make_node("node-a")])

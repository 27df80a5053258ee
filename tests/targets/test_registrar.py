"""Targets are registered in few calls, in the zone that AWS wants."""

from typing import Any

import pytest
from target_world import TargetWorld

from albc.errors import AlbcError, Forbidden, Invalid, NotFound
from albc.local.aws import AccountOptions
from albc.local.aws.faults import Fault, FaultKind
from albc.local.aws.options import Quotas
from albc.targets.registration import Target
from albc.targets.wanted import WantedTarget
from albc.targets.zones import TargetZones

pytestmark = pytest.mark.anyio

NEEDS_ZONE = "For the IP address you must specify an Availability Zone"
ROLE = "arn:aws:iam::123456789012:role/other"


@pytest.fixture
def world() -> TargetWorld:
    return TargetWorld()


def fail(world: TargetWorld, operation: str, code: str, message: str = "", times: int = 1) -> None:
    world.account.faults.add(Fault(FaultKind.ERROR, operation=operation, code=code, message=message, times=times))


def pods(world: TargetWorld, *ips: str) -> None:
    for ip in ips:
        world.pod(f"p-{ip.replace('.', '-').replace(':', '-')}", ip)
    world.slice_of(*(f"p-{ip.replace('.', '-').replace(':', '-')}" for ip in ips))


def many(world: TargetWorld, count: int) -> None:
    pods(world, *(f"127.19.{1 + number // 250}.{number % 250 + 1}" for number in range(count)))


def sizes(world: TargetWorld, operation: str) -> list[int]:
    return [len(each["Targets"]) for each in world.called(operation)]


def zones(world: TargetWorld) -> list[str | None]:
    (call,) = world.called("RegisterTargets")[-1:]
    return [target.get("AvailabilityZone") for target in call["Targets"]]


async def test_a_whole_target_group_of_a_thousand_is_one_call(world: TargetWorld) -> None:
    many(world, 1000)
    await world.settle()
    assert sizes(world, "RegisterTargets") == [1000]
    world.slice_of()
    await world.settle()
    assert sizes(world, "DeregisterTargets") == [1000]


async def test_a_large_call_that_aws_refuses_is_made_in_parts(world: TargetWorld) -> None:
    many(world, 450)
    fail(world, "RegisterTargets", "ValidationError", "1 validation error detected: too many members")
    await world.settle()
    assert sizes(world, "RegisterTargets") == [450, 200, 200, 50]
    assert len(world.registered()) == 450


async def test_the_first_part_that_fails_stops_and_what_was_done_is_known() -> None:
    world = TargetWorld(AccountOptions(quotas=Quotas(targets_per_target_group=300)))
    many(world, 450)
    with pytest.raises(AlbcError, match="TooManyTargets"):
        await world.reconcile()
    assert sizes(world, "RegisterTargets") == [450, 200, 200]
    with pytest.raises(AlbcError, match="TooManyTargets"):
        await world.reconcile()
    assert sizes(world, "RegisterTargets")[3] == 250


async def test_targets_leave_as_aws_reported_them(world: TargetWorld) -> None:
    pods(world, "192.168.0.1")
    await world.settle()
    world.restart()
    world.slice_of()
    await world.settle()
    assert world.called("DeregisterTargets")[0]["Targets"] == [
        {"Id": "192.168.0.1", "Port": 8080, "AvailabilityZone": "all"}
    ]


# Zones


async def test_an_address_outside_the_vpc_is_registered_for_all_zones(world: TargetWorld) -> None:
    pods(world, "127.19.0.1", "192.168.0.1")
    await world.settle()
    assert zones(world) == [None, "all"]


async def test_an_ipv6_address_is_outside_a_vpc_that_has_none(world: TargetWorld) -> None:
    binding = world.cluster.typed("TargetGroupBinding")[0]
    zones = TargetZones(world.aws, world.vpc_id)
    (target,) = await zones.placed(binding, [WantedTarget(Target("fd00::1", 80), None)], {})
    assert target.availability_zone == "all"


async def test_what_is_no_address_is_named(world: TargetWorld) -> None:
    binding = world.cluster.typed("TargetGroupBinding")[0]
    with pytest.raises(Invalid, match="nonsense is no IP address"):
        await TargetZones(world.aws, world.vpc_id).placed(binding, [WantedTarget(Target("nonsense", 80), None)], {})


async def test_the_vpc_is_asked_for_once(world: TargetWorld) -> None:
    pods(world, "127.19.0.1")
    await world.settle()
    pods(world, "127.19.0.1", "127.19.0.2")
    await world.settle()
    assert len(world.called("DescribeVpcs")) == 1


async def test_the_bindings_vpc_counts_not_the_clusters(world: TargetWorld) -> None:
    made = world.account.call("ec2", "DescribeVpcs", {})["Vpcs"][0]["VpcId"]
    world.binding(vpcID=made)
    pods(world, "127.19.0.1")
    await world.settle()
    assert world.called("DescribeVpcs")[-1] == {"VpcIds": [made]}


async def test_a_vpc_of_another_account_that_cannot_be_seen_makes_every_address_one_outside(
    world: TargetWorld,
) -> None:
    world.binding(vpcID="vpc-00000000000000001", iamRoleArnToAssume=ROLE)
    pods(world, "192.168.0.1")
    await world.settle()
    assert zones(world) == ["all"]
    pods(world, "192.168.0.1", "192.168.0.2")
    await world.settle()
    assert len(world.called("DescribeVpcs")) == 1
    world.clock.advance(301)
    pods(world, "192.168.0.1")
    pods(world, "192.168.0.1", "192.168.0.3")
    await world.settle()
    assert len(world.called("DescribeVpcs")) == 2


async def test_a_vpc_that_is_not_there_is_an_error_without_a_role(world: TargetWorld) -> None:
    world.binding(vpcID="vpc-00000000000000001")
    pods(world, "127.19.0.1")
    with pytest.raises(NotFound):
        await world.reconcile()


async def test_another_error_about_the_vpc_is_one_with_a_role_too(world: TargetWorld) -> None:
    world.binding(vpcID="vpc-00000000000000001", iamRoleArnToAssume=ROLE)
    pods(world, "127.19.0.1")
    fail(world, "DescribeVpcs", "UnauthorizedOperation")
    with pytest.raises(Forbidden):
        await world.reconcile()


async def test_where_aws_asks_for_a_zone_the_node_tells_it_and_it_is_remembered(world: TargetWorld) -> None:
    pods(world, "192.168.0.1")
    fail(world, "RegisterTargets", "ValidationError", NEEDS_ZONE)
    with pytest.raises(AlbcError):  # the local account has no such zones; AWS has
        await world.reconcile()
    assert [each["Targets"][0]["AvailabilityZone"] for each in world.called("RegisterTargets")] == [
        "all",
        "us-west-2a",
    ]
    with pytest.raises(AlbcError):
        await world.reconcile()
    assert zones(world) == ["us-west-2a"]


async def test_a_zone_that_aws_asks_for_again_is_not_tried_again(world: TargetWorld) -> None:
    pods(world, "192.168.0.1")
    fail(world, "RegisterTargets", "ValidationError", NEEDS_ZONE, times=3)
    for calls in (2, 3):
        with pytest.raises(Invalid, match="you must specify an Availability Zone"):
            await world.reconcile()
        assert len(world.called("RegisterTargets")) == calls


async def test_with_a_role_pods_are_never_placed_by_their_node(world: TargetWorld) -> None:
    world.binding(iamRoleArnToAssume=ROLE)
    pods(world, "192.168.0.1")
    fail(world, "RegisterTargets", "ValidationError", NEEDS_ZONE)
    await world.settle()
    assert zones(world) == ["all"]


async def test_a_node_without_a_zone_is_in_all_of_them(world: TargetWorld) -> None:
    plain = world.cluster.read("Node", "node-a", "")
    plain["metadata"]["labels"] = {}
    world.cluster.apply("Node", plain, "")
    pods(world, "192.168.0.1")
    fail(world, "RegisterTargets", "ValidationError", NEEDS_ZONE)
    await world.settle()
    assert zones(world) == ["all"]


async def test_a_pod_without_a_node_cannot_be_placed(world: TargetWorld) -> None:
    world.pod("lost", "192.168.0.1", spec={"nodeName": ""})
    world.slice_of("lost")
    fail(world, "RegisterTargets", "ValidationError", NEEDS_ZONE)
    with pytest.raises(Invalid, match="pod shop/lost has no node assigned"):
        await world.reconcile()


# QUIC


def quic_pod(world: TargetWorld, name: str, ip: str, id_: str) -> None:
    env = [{"name": "AWS_LBC_QUIC_SERVER_ID", "value": id_}] if id_ else []
    container = {"name": "web", "ports": [{"containerPort": 8080}], "env": env}
    world.pod(name, ip, spec={"containers": [container], "terminationGracePeriodSeconds": 300})
    pod = world.cluster.read("Pod", name)
    pod["metadata"]["annotations"] = {"service.beta.kubernetes.io/aws-load-balancer-quic-enabled-containers": "web"}
    world.cluster.apply("Pod", pod)


async def test_a_quic_target_has_its_server_id_and_one_without_is_left_out(world: TargetWorld) -> None:
    arn = world.target_group("quic", Protocol="QUIC", HealthCheckProtocol="TCP")
    world.binding(targetGroupARN=arn, targetGroupProtocol="QUIC")
    quic_pod(world, "a", "127.19.0.1", "AAAAAfQAMgU=")
    quic_pod(world, "b", "127.19.0.2", "")
    world.slice_of("a", "b")
    await world.reconcile()
    assert [each["Targets"] for each in world.called("RegisterTargets")] == [
        [{"Id": "127.19.0.1", "Port": 8080, "QuicServerId": "0x00000001f4003205"}]
    ]


async def test_without_any_server_id_aws_is_not_called(world: TargetWorld) -> None:
    arn = world.target_group("quic", Protocol="QUIC", HealthCheckProtocol="TCP")
    world.binding(targetGroupARN=arn, targetGroupProtocol="QUIC")
    quic_pod(world, "b", "127.19.0.2", "")
    world.slice_of("b")
    await world.reconcile()
    assert world.called("RegisterTargets") == []


async def test_a_pod_with_a_new_server_id_is_another_target(world: TargetWorld) -> None:
    arn = world.target_group("quic", Protocol="QUIC", HealthCheckProtocol="TCP")
    world.binding(targetGroupARN=arn, targetGroupProtocol="QUIC")
    quic_pod(world, "a", "127.19.0.1", "AAAAAfQAMgU=")
    world.slice_of("a")
    await world.settle()
    quic_pod(world, "a", "127.19.0.1", "AAAAAAAAAAE=")
    await world.reconcile()
    assert world.called("DeregisterTargets") == [{"TargetGroupArn": arn, "Targets": [_described("0x00000001f4003205")]}]
    assert world.called("RegisterTargets")[-1]["Targets"] == [_described("0x0000000000000001")]


def _described(server_id: str) -> dict[str, Any]:
    return {"Id": "127.19.0.1", "Port": 8080, "QuicServerId": server_id}

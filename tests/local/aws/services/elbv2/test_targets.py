from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock, instance_id

Make = Callable[..., str]

POD = "127.19.0.20"


def register(account: Account, group: str, *targets: dict[str, Any]) -> None:
    account.call("elbv2", "RegisterTargets", {"TargetGroupArn": group, "Targets": list(targets)})


def deregister(account: Account, group: str, *targets: dict[str, Any]) -> None:
    account.call("elbv2", "DeregisterTargets", {"TargetGroupArn": group, "Targets": list(targets)})


def health(account: Account, group: str, *targets: dict[str, Any]) -> dict[tuple[str, int], str]:
    answer = account.call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": group, "Targets": list(targets)})
    return {
        (item["Target"]["Id"], item["Target"]["Port"]): item["TargetHealth"]["State"]
        for item in answer["TargetHealthDescriptions"]
    }


@pytest.fixture
def used(alb: Make, group: Make, listener: Make) -> str:
    """A target group that a listener forwards to."""
    web = group()
    listener(alb(), to=web)
    return web


def test_one_address_stands_there_with_several_ports(account: Account, group: Make) -> None:
    web = group()
    register(account, web, {"Id": POD, "Port": 8080}, {"Id": POD, "Port": 8081}, {"Id": POD})
    assert set(health(account, web)) == {(POD, 8080), (POD, 8081), (POD, 80)}
    deregister(account, web, {"Id": POD, "Port": 8080})
    assert set(health(account, web)) == {(POD, 8081), (POD, 80)}


def test_a_target_is_unused_until_a_load_balancer_uses_its_group(
    account: Account, alb: Make, group: Make, listener: Make, clock: ManualClock
) -> None:
    web = group()
    register(account, web, {"Id": POD, "Port": 80})
    clock.advance(1000)
    assert health(account, web) == {(POD, 80): "unused"}
    listener(alb(), to=web)
    assert health(account, web) == {(POD, 80): "initial"}
    clock.advance(10)
    assert health(account, web) == {(POD, 80): "healthy"}


def test_a_target_in_use_drains_for_its_groups_delay(account: Account, used: str, clock: ManualClock) -> None:
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
    account.call("elbv2", "ModifyTargetGroupAttributes", {"TargetGroupArn": used, "Attributes": [delay]})
    register(account, used, {"Id": POD, "Port": 80})
    deregister(account, used, {"Id": POD, "Port": 80})
    clock.advance(29)
    assert health(account, used) == {(POD, 80): "draining"}
    assert account.snapshot().targets[used][0]["State"] == "draining"
    clock.advance(1)
    assert health(account, used) == {}
    assert account.snapshot().targets[used] == ()


def test_a_draining_target_that_comes_back_starts_anew(account: Account, used: str, clock: ManualClock) -> None:
    register(account, used, {"Id": POD, "Port": 80})
    clock.advance(10)
    deregister(account, used, {"Id": POD, "Port": 80})
    register(account, used, {"Id": POD, "Port": 80})
    assert health(account, used) == {(POD, 80): "initial"}


def test_registering_again_does_not_disturb_a_healthy_target(account: Account, used: str, clock: ManualClock) -> None:
    register(account, used, {"Id": POD, "Port": 80})
    clock.advance(10)
    register(account, used, {"Id": POD, "Port": 80})
    assert health(account, used) == {(POD, 80): "healthy"}


def test_what_a_data_plane_reports_goes_before_the_timer(account: Account, used: str, clock: ManualClock) -> None:
    register(account, used, {"Id": POD, "Port": 80})
    account.report_health(used, POD, 80, False, "Elb.InitialHealthChecking")
    clock.advance(1000)
    assert health(account, used) == {(POD, 80): "initial"}
    account.report_health(used, POD, 80, False, "Target.Timeout")
    answer = account.call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": used})
    assert answer["TargetHealthDescriptions"][0]["TargetHealth"] == {
        "State": "unhealthy",
        "Reason": "Target.Timeout",
        "Description": "Request timed out",
    }
    account.report_health(used, POD, 80, True)
    assert health(account, used) == {(POD, 80): "healthy"}


def test_a_report_on_something_unknown_is_ignored(account: Account, used: str) -> None:
    account.report_health(used, POD, 80, True)
    account.report_health("arn:gone", POD, 80, True)
    assert health(account, used) == {}


def test_a_target_that_is_not_registered_says_so(account: Account, used: str) -> None:
    answer = account.call(
        "elbv2", "DescribeTargetHealth", {"TargetGroupArn": used, "Targets": [{"Id": POD, "Port": 1}]}
    )
    (item,) = answer["TargetHealthDescriptions"]
    assert (item["TargetHealth"]["State"], item["TargetHealth"]["Reason"]) == ("unused", "Target.NotRegistered")


def test_deregistering_what_is_not_there_succeeds(account: Account, used: str) -> None:
    deregister(account, used, {"Id": POD, "Port": 80})
    assert health(account, used) == {}


def test_targets_of_an_unused_group_go_at_once(account: Account, group: Make) -> None:
    web = group()
    register(account, web, {"Id": POD, "Port": 80})
    deregister(account, web, {"Id": POD, "Port": 80})
    assert health(account, web) == {}


def test_instances_must_exist_and_are_reached_at_their_private_address(account: Account, group: Make) -> None:
    nodes = group("nodes", TargetType="instance")
    register(account, nodes, {"Id": instance_id("b"), "Port": 30080})
    assert account.snapshot().targets[nodes][0]["Address"] == "127.19.64.10"
    with pytest.raises(ApiError, match=r"^InvalidTarget: .*i-0"):
        register(account, nodes, {"Id": "i-00000000000000000", "Port": 30080})


def test_an_address_outside_the_vpc_needs_all_zones(account: Account, group: Make) -> None:
    web = group()
    with pytest.raises(ApiError, match=r"^ValidationError: .*must be 'all'"):
        register(account, web, {"Id": "10.1.2.3", "Port": 80})
    register(account, web, {"Id": "10.1.2.3", "Port": 80, "AvailabilityZone": "all"})
    assert set(health(account, web)) == {("10.1.2.3", 80)}


@pytest.mark.parametrize(
    "target",
    [
        {"Id": "not-an-address"},
        {"Id": "2001:db8::1"},
        {"Id": "8.8.8.8", "AvailabilityZone": "all"},
        {"Id": POD, "AvailabilityZone": "us-west-2c"},
        {"Id": POD, "QuicServerId": "0x0123456789abcdef"},
    ],
    ids=["text", "other-family", "public", "wrong-zone", "quic-for-http"],
)
def test_targets_that_aws_refuses(account: Account, group: Make, target: dict[str, str]) -> None:
    with pytest.raises(ApiError, match=r"^ValidationError"):
        register(account, group(), target)


def test_one_bad_target_keeps_the_others_out(account: Account, group: Make) -> None:
    web = group()
    with pytest.raises(ApiError):
        register(account, web, {"Id": POD, "Port": 80}, {"Id": "10.1.2.3", "Port": 80})
    assert health(account, web) == {}


def test_quic_targets_have_a_server_id(account: Account, group: Make) -> None:
    quic = group("quic", Protocol="QUIC")
    with pytest.raises(ApiError, match=r"^ValidationError: A QUIC server ID"):
        register(account, quic, {"Id": POD, "Port": 443})
    register(account, quic, {"Id": POD, "Port": 443, "QuicServerId": "0x0123456789abcdef"})
    answer = account.call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": quic})
    assert answer["TargetHealthDescriptions"][0]["Target"]["QuicServerId"] == "0x0123456789abcdef"


def test_a_load_balancer_is_a_target_by_a_port_that_it_listens_on(
    account: Account, alb: Make, nlb: Make, group: Make, listener: Make
) -> None:
    inner, front = alb(), group("front", TargetType="alb", Protocol="TCP")
    with pytest.raises(ApiError, match=r"^InvalidTarget: .*no listener on port 80"):
        register(account, front, {"Id": inner, "Port": 80})
    port = listener(inner, 80)
    listener(nlb(), Protocol="TCP", to=front)
    register(account, front, {"Id": inner, "Port": 80})
    address = next(item["Address"] for item in account.snapshot().load_balancers if item["LoadBalancerArn"] == inner)
    assert account.snapshot().targets[front][0]["Address"] == address
    for operation, params in (
        ("DeleteLoadBalancer", {"LoadBalancerArn": inner}),
        ("DeleteListener", {"ListenerArn": port}),
    ):
        with pytest.raises(ApiError, match=r"^ResourceInUse"):
            account.call("elbv2", operation, params)
    deregister(account, front, {"Id": inner, "Port": 80})
    assert account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": inner}) == {}


def test_targets_in_zones_that_the_load_balancer_is_not_in_get_no_traffic(
    account: Account, alb: Make, group: Make, listener: Make, subnets: list[str]
) -> None:
    web = group()
    listener(alb(Subnets=subnets[:2]), to=web)
    register(account, web, {"Id": "127.19.128.20", "Port": 80}, {"Id": POD, "Port": 80})
    assert health(account, web) == {("127.19.128.20", 80): "unused", (POD, 80): "initial"}


steps = st.lists(
    st.tuples(st.sampled_from(["register", "deregister", "wait"]), st.integers(1, 3), st.integers(80, 81)), max_size=30
)


@given(steps)
def test_after_any_history_the_live_targets_are_those_registered_last(history: list[tuple[str, int, int]]) -> None:
    clock = ManualClock()
    account = Account(AccountOptions(), clock=clock)
    vpc = account.call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
    wanted = {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc, "TargetType": "ip"}
    web = account.call("elbv2", "CreateTargetGroup", wanted)["TargetGroups"][0]["TargetGroupArn"]
    expected: set[tuple[str, int]] = set()
    for verb, host, port in history:
        target = {"Id": f"127.19.0.{host}", "Port": port}
        if verb == "register":
            register(account, web, target)
            expected.add((f"127.19.0.{host}", port))
        elif verb == "deregister":
            deregister(account, web, target)
            expected.discard((f"127.19.0.{host}", port))
        else:
            clock.advance(100)
    assert set(health(account, web)) == expected

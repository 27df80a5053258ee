"""Networks in which load balancers and targets cannot be: another VPC, no internet gateway, no free addresses."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from aws_things import Things, things_in

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock, instance_id, loopback_layout

FAR = "vpc-far"
"""A VPC beside the account's own, without an internet gateway; its subnets begin with `subnet-far-`."""
FULL = "subnet-full"
"""A subnet of the account's own VPC with seven free addresses; Elastic Load Balancing wants eight."""


@pytest.fixture
def things() -> Things:
    options = AccountOptions(active_seconds=0)
    layout = loopback_layout(options)
    (vpc,) = layout.vpcs
    own = layout.subnets[0]
    far = [
        {**subnet, "VpcId": FAR, "SubnetId": f"subnet-far-{letter}", "CidrBlock": f"10.0.{number}.0/24", "Tags": []}
        for number, (letter, subnet) in enumerate(zip("abc", layout.subnets, strict=False))
    ]
    full = {**own, "SubnetId": FULL, "CidrBlock": "127.18.255.240/28", "AvailableIpAddressCount": 7, "Tags": []}
    stopped = {**layout.instances[0], "InstanceId": "i-stopped", "State": {"Code": 80, "Name": "stopped"}}
    default = {**layout.security_groups[0], "GroupId": "sg-far", "VpcId": FAR}
    layout = replace(
        layout,
        vpcs=(vpc, {**vpc, "VpcId": FAR, "CidrBlock": "10.0.0.0/16", "CidrBlockAssociationSet": []}),
        subnets=(*layout.subnets, *far, full),
        instances=(*layout.instances, stopped),
        security_groups=(*layout.security_groups, default),
    )
    return things_in(Account(options, clock=ManualClock(), layout=layout))


def far_group(things: Things) -> dict[str, Any]:
    made = things.account.call("elbv2", "CreateTargetGroup", {**things.create_group(VpcId=FAR)})
    return {"Type": "forward", "TargetGroupArn": made["TargetGroups"][0]["TargetGroupArn"]}


Case = Callable[[Things], tuple[str, Mapping[str, Any]]]

REFUSED: tuple[tuple[Case, str], ...] = (
    (
        lambda t: ("CreateLoadBalancer", {"Name": "a", "Subnets": [t.subnets[0], "subnet-far-b"]}),
        "InvalidSubnet: All subnets must belong to the same VPC",
    ),
    (
        lambda t: ("CreateLoadBalancer", {"Name": "a", "Subnets": ["subnet-far-a", "subnet-far-b"]}),
        "InvalidSubnet: VPC vpc-far has no internet gateway",
    ),
    (
        lambda t: ("CreateLoadBalancer", {"Name": "a", "Subnets": [FULL, t.subnets[1]]}),
        "InvalidSubnet: Not enough IP space available in subnet-full",
    ),
    (
        lambda t: ("SetSubnets", {"LoadBalancerArn": t.internal, "Subnets": ["subnet-far-a", "subnet-far-b"]}),
        "InvalidSubnet: The subnets are not in the load balancer's VPC",
    ),
    (
        lambda t: ("CreateRule", t.create_rule(far_group(t))),
        "InvalidConfigurationRequest: The target group .* is not in the load balancer's VPC",
    ),
    (
        lambda t: ("SetSecurityGroups", {"LoadBalancerArn": t.alb, "SecurityGroups": ["sg-far"]}),
        "InvalidConfigurationRequest: One or more security groups are invalid",
    ),
    (
        lambda t: ("RegisterTargets", {"TargetGroupArn": t.instances, "Targets": [{"Id": "i-stopped"}]}),
        "InvalidTarget: The following targets are not in a running state: 'i-stopped'",
    ),
)


@pytest.mark.parametrize(("case", "says"), REFUSED)
def test_what_lies_elsewhere_is_refused(things: Things, case: Case, says: str) -> None:
    operation, params = case(things)
    with pytest.raises(ApiError, match=rf"^{says}"):
        things.account.call("elbv2", operation, params)


def test_an_internal_load_balancer_needs_no_internet_gateway(things: Things) -> None:
    wanted = {"Name": "a", "Scheme": "internal", "Subnets": ["subnet-far-a", "subnet-far-b"]}
    (made,) = things.account.call("elbv2", "CreateLoadBalancer", wanted)["LoadBalancers"]
    assert made["VpcId"] == FAR


def test_a_target_group_of_load_balancers_takes_application_load_balancers_only(things: Things) -> None:
    wanted = things.create_group(Protocol="TCP", TargetType="alb")
    arn = things.account.call("elbv2", "CreateTargetGroup", wanted)["TargetGroups"][0]["TargetGroupArn"]
    for target, says in ((things.nlb, "is not an Application Load Balancer"), (instance_id("a"), "is not an")):
        with pytest.raises(ApiError, match=rf"^InvalidTarget: .*{says}"):
            things.account.call("elbv2", "RegisterTargets", {"TargetGroupArn": arn, "Targets": [{"Id": target}]})
    things.account.call("elbv2", "RegisterTargets", {"TargetGroupArn": arn, "Targets": [{"Id": things.alb}]})
    health = things.account.call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": arn})["TargetHealthDescriptions"]
    assert [each["Target"]["Id"] for each in health] == [things.alb]

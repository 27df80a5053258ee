"""Load balancers in subnets that have IPv6: what AWS allows and refuses there."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from aws_things import Things, things_in

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock, loopback_layout


@pytest.fixture
def things() -> Things:
    options = AccountOptions(active_seconds=0)
    layout = loopback_layout(options)
    subnets = tuple(
        {**subnet, "Ipv6CidrBlockAssociationSet": [block(f"fd00:0:0:{number}::/64")]}
        for number, subnet in enumerate(layout.subnets)
    )
    return things_in(Account(options, clock=ManualClock(), layout=replace(layout, subnets=subnets)))


def block(cidr: str) -> dict[str, Any]:
    return {"Ipv6CidrBlock": cidr, "Ipv6CidrBlockState": {"State": "associated"}}


def forward(arn: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": arn}


def dual_stack(things: Things, *, name: str = "dual", **params: Any) -> str:
    """A network load balancer with both kinds of addresses; gives its ARN."""
    wanted = {"Name": name, "Type": "network", "IpAddressType": "dualstack", "Subnets": list(things.subnets), **params}
    answer = things.account.call("elbv2", "CreateLoadBalancer", wanted)
    return str(answer["LoadBalancers"][0]["LoadBalancerArn"])


def ipv6_group(things: Things) -> str:
    wanted = things.create_group(Protocol="TCP", IpAddressType="ipv6")
    return str(things.account.call("elbv2", "CreateTargetGroup", wanted)["TargetGroups"][0]["TargetGroupArn"])


def udp_group(things: Things) -> str:
    wanted = things.create_group(Protocol="UDP", TargetType="instance")
    return str(things.account.call("elbv2", "CreateTargetGroup", wanted)["TargetGroups"][0]["TargetGroupArn"])


def test_datagrams_need_a_source_nat_prefix(things: Things) -> None:
    arn = dual_stack(things)
    wanted = things.create_listener(arn, "UDP", forward(udp_group(things)))
    with pytest.raises(ApiError, match=r"^InvalidConfigurationRequest: UDP listeners .* need source NAT prefixes"):
        things.account.call("elbv2", "CreateListener", wanted)
    things.account.call(
        "elbv2",
        "SetSubnets",
        {"LoadBalancerArn": arn, "Subnets": list(things.subnets), "EnablePrefixForIpv6SourceNat": "on"},
    )
    assert things.account.call("elbv2", "CreateListener", wanted)["Listeners"]


def test_ipv6_targets_are_reached_over_a_dual_stack_load_balancer_only(things: Things) -> None:
    group = ipv6_group(things)
    with pytest.raises(ApiError, match="needs a dualstack load balancer"):
        things.account.call("elbv2", "CreateListener", things.create_listener(things.nlb, "TCP", forward(group)))
    listener = things.create_listener(dual_stack(things), "TCP", forward(group))
    assert things.account.call("elbv2", "CreateListener", listener)["Listeners"]


def test_the_address_type_of_a_load_balancer_can_be_changed_and_back(things: Things) -> None:
    for wanted in ("dualstack", "dualstack-without-public-ipv4", "ipv4"):
        params = {"LoadBalancerArn": things.alb, "IpAddressType": wanted}
        assert things.account.call("elbv2", "SetIpAddressType", params) == {"IpAddressType": wanted}


Case = Callable[[Things], tuple[str, Mapping[str, Any]]]

REFUSED: tuple[tuple[Case, str], ...] = (
    (
        lambda t: ("SetIpAddressType", {"LoadBalancerArn": t.internal, "IpAddressType": WITHOUT_PUBLIC}),
        "needs scheme internet-facing",
    ),
    (
        lambda t: ("SetIpAddressType", {"LoadBalancerArn": t.nlb, "IpAddressType": WITHOUT_PUBLIC}),
        "is not supported for load balancers of type 'network'",
    ),
    (
        lambda t: (
            "SetIpAddressType",
            {"LoadBalancerArn": dual_stack(t, EnablePrefixForIpv6SourceNat="on"), "IpAddressType": "ipv4"},
        ),
        "Source NAT prefixes must be switched off first",
    ),
    (
        lambda t: (
            "CreateLoadBalancer",
            {"Name": "six", "Type": "network", "IpAddressType": "dualstack"}
            | {"SubnetMappings": [{"SubnetId": t.subnets[0], "IPv6Address": "fd99::1"}]},
        ),
        "is not in subnet-",
    ),
)
WITHOUT_PUBLIC = "dualstack-without-public-ipv4"


@pytest.mark.parametrize(("case", "says"), REFUSED)
def test_what_does_not_go_together_is_refused(things: Things, case: Case, says: str) -> None:
    operation, params = case(things)
    with pytest.raises(ApiError, match=rf"^InvalidConfigurationRequest: .*{says}"):
        things.account.call("elbv2", operation, params)


def test_a_pool_must_go_before_the_address_type_changes(things: Things) -> None:
    pool = {"LoadBalancerArn": things.alb, "IpamPools": {"Ipv4IpamPoolId": "ipam-pool-1"}}
    things.account.call("elbv2", "ModifyIpPools", pool)
    change = {"LoadBalancerArn": things.alb, "IpAddressType": "dualstack"}
    with pytest.raises(ApiError, match="The IPAM pool must be removed"):
        things.account.call("elbv2", "SetIpAddressType", change)
    things.account.call("elbv2", "ModifyIpPools", {"LoadBalancerArn": things.alb, "RemoveIpamPools": ["ipv4"]})
    assert things.account.call("elbv2", "SetIpAddressType", change)

from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def described(account: Account, arn: str) -> dict[str, Any]:
    answer = account.call("elbv2", "DescribeLoadBalancers", {"LoadBalancerArns": [arn]})
    return dict(answer["LoadBalancers"][0])


def test_security_groups_must_exist(alb: Make) -> None:
    with pytest.raises(ApiError, match=r"^InvalidConfigurationRequest: One or more security groups are invalid"):
        alb(SecurityGroups=["sg-00000000000000000"])


def test_an_application_load_balancer_without_groups_gets_the_default_one(account: Account, alb: Make) -> None:
    (group,) = described(account, alb())["SecurityGroups"]
    shown = account.call("ec2", "DescribeSecurityGroups", {"GroupIds": [group]})["SecurityGroups"]
    assert [each["GroupName"] for each in shown] == ["default"]


def test_a_network_load_balancer_made_without_groups_never_gets_any(account: Account, nlb: Make) -> None:
    arn = nlb()
    group = account.call("ec2", "DescribeSecurityGroups")["SecurityGroups"][0]["GroupId"]
    with pytest.raises(ApiError, match=r"^InvalidConfigurationRequest: .*without security groups"):
        account.call("elbv2", "SetSecurityGroups", {"LoadBalancerArn": arn, "SecurityGroups": [group]})
    assert "SecurityGroups" not in described(account, arn)


def test_dual_stack_needs_subnets_with_ipv6(account: Account, alb: Make) -> None:
    with pytest.raises(ApiError, match=r"^ValidationError: .*IPv6 CIDR block"):
        alb(IpAddressType="dualstack")
    with pytest.raises(ApiError, match=r"^ValidationError: .*IPv6 CIDR block"):
        account.call("elbv2", "SetIpAddressType", {"LoadBalancerArn": alb(), "IpAddressType": "dualstack"})


def test_address_pools_come_and_go(account: Account, alb: Make) -> None:
    arn = alb(IpamPools={"Ipv4IpamPoolId": "ipam-pool-1"})
    assert described(account, arn)["IpamPools"] == {"Ipv4IpamPoolId": "ipam-pool-1"}
    account.call("elbv2", "ModifyIpPools", {"LoadBalancerArn": arn, "RemoveIpamPools": ["ipv4"]})
    assert "IpamPools" not in described(account, arn)

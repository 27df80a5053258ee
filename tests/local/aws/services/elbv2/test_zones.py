from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def described(account: Account, arn: str) -> dict[str, Any]:
    answer = account.call("elbv2", "DescribeLoadBalancers", {"LoadBalancerArns": [arn]})
    return dict(answer["LoadBalancers"][0])


def test_an_application_load_balancer_needs_two_zones(alb: Make, nlb: Make, subnets: list[str]) -> None:
    with pytest.raises(ApiError, match=r"^ValidationError: At least two subnets"):
        alb(Subnets=subnets[:1])
    assert nlb(Subnets=subnets[:1])


def test_subnets_must_exist_and_lie_in_different_zones(alb: Make, account: Account, subnets: list[str]) -> None:
    private = account.call("ec2", "DescribeSubnets", {"Filters": [{"Name": "tag:Name", "Values": ["private-a"]}]})
    with pytest.raises(ApiError, match=r"^InvalidConfigurationRequest: .*same Availability Zone"):
        alb(Subnets=[*subnets, private["Subnets"][0]["SubnetId"]])
    with pytest.raises(ApiError, match=r"^SubnetNotFound"):
        alb(Subnets=["subnet-0", "subnet-1"])


def test_a_load_balancer_has_an_interface_in_each_of_its_zones(account: Account, alb: Make, subnets: list[str]) -> None:
    arn = alb()
    wanted = {"Filters": [{"Name": "description", "Values": [f"ELB {arn.partition('loadbalancer/')[2]}"]}]}
    interfaces = account.call("ec2", "DescribeNetworkInterfaces", wanted)["NetworkInterfaces"]
    assert {interface["SubnetId"] for interface in interfaces} == set(subnets)
    account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": arn})
    assert account.call("ec2", "DescribeNetworkInterfaces", wanted)["NetworkInterfaces"] == []


def test_moving_to_other_subnets_keeps_the_address_in_the_zones_that_stay(
    account: Account, nlb: Make, subnets: list[str]
) -> None:
    arn = nlb(Subnets=subnets[:2])
    own = {"Filters": [{"Name": "description", "Values": ["ELB net/tcp/*"]}]}

    def addresses() -> dict[str, str]:
        found = account.call("ec2", "DescribeNetworkInterfaces", own)["NetworkInterfaces"]
        return {interface["SubnetId"]: interface["PrivateIpAddress"] for interface in found}

    before = addresses()
    account.call("elbv2", "SetSubnets", {"LoadBalancerArn": arn, "Subnets": subnets[1:]})
    after = addresses()
    assert set(after) == set(subnets[1:])
    assert after[subnets[1]] == before[subnets[1]]


def test_an_elastic_address_serves_one_load_balancer(account: Account, nlb: Make, subnets: list[str]) -> None:
    address = account.call("ec2", "DescribeAddresses")["Addresses"][0]
    mapping = {"SubnetId": subnets[0], "AllocationId": address["AllocationId"]}
    arn = nlb("one", Subnets=None, SubnetMappings=[mapping])
    assert described(account, arn)["AvailabilityZones"][0]["LoadBalancerAddresses"] == [
        {"IpAddress": address["PublicIp"], "AllocationId": address["AllocationId"]}
    ]
    with pytest.raises(ApiError, match=r"^ResourceInUse"):
        nlb("two", Subnets=None, SubnetMappings=[mapping])
    with pytest.raises(ApiError, match=r"^AllocationIdNotFound"):
        nlb("two", Subnets=None, SubnetMappings=[{**mapping, "AllocationId": "eipalloc-0"}])


def test_a_chosen_private_address_must_be_free_and_in_the_subnet(
    account: Account, nlb: Make, subnets: list[str]
) -> None:
    def internal(name: str, address: str) -> str:
        mapping = {"SubnetId": subnets[0], "PrivateIPv4Address": address}
        return nlb(name, Scheme="internal", Subnets=None, SubnetMappings=[mapping])

    arn = internal("one", "127.18.0.9")
    zone = described(account, arn)["AvailabilityZones"][0]
    assert zone["LoadBalancerAddresses"] == [{"PrivateIPv4Address": "127.18.0.9"}]
    with pytest.raises(ApiError, match="is in use"):
        internal("two", "127.18.0.9")
    with pytest.raises(ApiError, match="is not in the subnet"):
        internal("two", "10.0.0.1")

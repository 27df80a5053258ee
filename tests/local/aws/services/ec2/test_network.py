from collections.abc import Callable, Mapping
from typing import Any

import pytest

from albc.local.aws import Account, ApiError, instance_id

Make = Callable[..., str]


def find(account: Account, operation: str, key: str, **filters: str | list[str]) -> list[Mapping[str, Any]]:
    wanted = [
        {"Name": name.replace("__", ":").replace("_", "-"), "Values": [values] if isinstance(values, str) else values}
        for name, values in filters.items()
    ]
    return list(account.call("ec2", operation, {"Filters": wanted})[key])


def test_subnets_are_found_by_their_role_as_the_controller_asks(account: Account, vpc_id: str) -> None:
    for role, public in (("elb", True), ("internal-elb", False)):
        filters = [
            {"Name": "vpc-id", "Values": [vpc_id]},
            {"Name": f"tag:kubernetes.io/role/{role}", "Values": ["", "1"]},
        ]
        found = account.call("ec2", "DescribeSubnets", {"Filters": filters})["Subnets"]
        assert {subnet["AvailabilityZone"] for subnet in found} == {"us-west-2a", "us-west-2b", "us-west-2c"}
        assert all(subnet["MapPublicIpOnLaunch"] is public for subnet in found)


def test_public_subnets_have_a_route_to_the_internet_gateway_and_private_ones_do_not(account: Account) -> None:
    for kind, prefix in (("public", "igw-"), ("private", "nat-")):
        (table,) = account.call("ec2", "DescribeRouteTables", {"Filters": [{"Name": "tag:Name", "Values": [kind]}]})[
            "RouteTables"
        ]
        ways = [str(route.get("GatewayId") or route.get("NatGatewayId")) for route in table["Routes"]]
        assert ways[-1].startswith(prefix)


def test_nodes_are_in_their_zones_with_tagged_groups(account: Account) -> None:
    reservations = account.call("ec2", "DescribeInstances", {"InstanceIds": [instance_id("c")]})["Reservations"]
    (instance,) = reservations[0]["Instances"]
    assert (instance["PrivateIpAddress"], instance["Placement"]["AvailabilityZone"]) == ("127.19.128.10", "us-west-2c")
    (interface,) = instance["NetworkInterfaces"]
    (group,) = account.call("ec2", "DescribeSecurityGroups", {"GroupIds": [interface["Groups"][0]["GroupId"]]})[
        "SecurityGroups"
    ]
    assert group["Tags"] == [{"Key": "kubernetes.io/cluster/local", "Value": "owned"}]
    assert interface["Attachment"]["DeviceIndex"] == 0


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("DescribeInstances", {"InstanceIds": ["i-0"]}, r"InvalidInstanceID\.NotFound"),
        ("DescribeInstances", {"InstanceIds": ["node-a"]}, r"InvalidInstanceID\.Malformed"),
        ("DescribeSubnets", {"SubnetIds": ["subnet-0"]}, r"InvalidSubnetID\.NotFound"),
        ("DescribeVpcs", {"VpcIds": ["vpc-0"]}, r"InvalidVpcID\.NotFound"),
        ("DescribeSecurityGroups", {"GroupIds": ["sg-0"]}, r"InvalidGroup\.NotFound"),
        ("DescribeNetworkInterfaces", {"NetworkInterfaceIds": ["eni-0"]}, r"InvalidNetworkInterfaceID\.NotFound"),
        ("DescribeAvailabilityZones", {"ZoneIds": ["usw2-az9"]}, "InvalidParameterValue"),
        ("GetCoipPoolUsage", {"PoolId": "ipv4pool-coip-0"}, r"InvalidPoolID\.NotFound"),
        ("DescribeSubnets", {"Filters": [{"Name": "colour", "Values": ["red"]}]}, "InvalidParameterValue"),
        ("DescribeSubnets", {"Filters": [{"Name": "vpc-id", "Values": ["x"] * 201}]}, "FilterLimitExceeded"),
        ("DescribeSubnets", {"NextToken": "!"}, "InvalidParameterValue"),
    ],
)
def test_what_is_not_there_is_an_error(account: Account, operation: str, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ApiError, match=rf"^{code}"):
        account.call("ec2", operation, params)


def test_filters_take_wildcards_and_all_must_match(account: Account) -> None:
    by_name = [
        subnet["Tags"][0]["Value"] for subnet in find(account, "DescribeSubnets", "Subnets", tag__Name="public-*")
    ]
    assert sorted(by_name) == ["public-a", "public-b", "public-c"]
    assert find(account, "DescribeSubnets", "Subnets", availability_zone="us-west-2?", cidr_block="10.*") == []


def test_interfaces_are_found_by_address(account: Account) -> None:
    filters = [{"Name": "addresses.private-ip-address", "Values": ["127.19.64.10", "127.19.64.11"]}]
    (found,) = account.call("ec2", "DescribeNetworkInterfaces", {"Filters": filters})["NetworkInterfaces"]
    assert found["Attachment"]["InstanceId"] == instance_id("b")


def test_load_balancers_use_up_addresses_of_their_subnets(account: Account, alb: Make, subnets: list[str]) -> None:
    def left() -> int:
        (subnet,) = account.call("ec2", "DescribeSubnets", {"SubnetIds": subnets[:1]})["Subnets"]
        return int(subnet["AvailableIpAddressCount"])

    before = left()
    arn = alb()
    assert left() == before - 1
    account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": arn})
    assert left() == before


def test_an_elastic_address_shows_who_has_it(account: Account, nlb: Make, subnets: list[str]) -> None:
    allocation = account.call("ec2", "DescribeAddresses")["Addresses"][0]["AllocationId"]
    nlb(Subnets=None, SubnetMappings=[{"SubnetId": subnets[0], "AllocationId": allocation}])
    (address,) = account.call("ec2", "DescribeAddresses", {"AllocationIds": [allocation]})["Addresses"]
    assert address["NetworkInterfaceId"].startswith("eni-")


def test_pages_follow_one_another(account: Account) -> None:
    first = account.call("ec2", "DescribeSubnets", {"MaxResults": 5})
    second = account.call("ec2", "DescribeSubnets", {"MaxResults": 5, "NextToken": first["NextToken"]})
    assert [len(page["Subnets"]) for page in (first, second)] == [5, 1]
    assert second["NextToken"] is None

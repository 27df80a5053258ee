from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock, Quotas

Make = Callable[..., str]


def described(account: Account, arn: str) -> dict[str, Any]:
    answer = account.call("elbv2", "DescribeLoadBalancers", {"LoadBalancerArns": [arn]})
    return dict(answer["LoadBalancers"][0])


def test_names_of_load_balancers_look_like_those_of_aws(account: Account, alb: Make, nlb: Make) -> None:
    public, private, network = described(account, alb("a")), described(account, alb("b", Scheme="internal")), nlb("c")
    assert public["DNSName"].startswith("a-")
    assert public["DNSName"].endswith(".us-west-2.elb.amazonaws.com")
    assert private["DNSName"].startswith("internal-b-")
    assert described(account, network)["DNSName"].endswith(".elb.us-west-2.amazonaws.com")
    assert ":loadbalancer/net/c/" in network


def test_a_new_load_balancer_is_provisioning_and_then_active(account: Account, alb: Make, clock: ManualClock) -> None:
    arn = alb()
    assert described(account, arn)["State"] == {"Code": "provisioning"}
    clock.advance(60)
    assert described(account, arn)["State"] == {"Code": "active"}


def test_the_same_request_twice_makes_one_load_balancer(account: Account, alb: Make) -> None:
    assert alb("shop") == alb("shop")
    assert len(account.call("elbv2", "DescribeLoadBalancers")["LoadBalancers"]) == 1


def test_a_name_in_use_with_other_settings_is_refused(alb: Make) -> None:
    alb("shop")
    with pytest.raises(ApiError, match=r"^DuplicateLoadBalancerName: .*'shop'"):
        alb("shop", Scheme="internal")


def test_a_load_balancer_that_is_made_again_has_another_arn(account: Account, alb: Make) -> None:
    arn = alb()
    account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": arn})
    assert alb() != arn


@pytest.mark.parametrize("name", ["a" * 33, "under_score", "-front", "back-", "internal-x", ""])
def test_names_that_aws_refuses(alb: Make, name: str) -> None:
    with pytest.raises(ApiError, match=r"^ValidationError: Load balancer name"):
        alb(name)


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


def test_each_load_balancer_has_a_loopback_address_of_its_own(account: Account, alb: Make, nlb: Make) -> None:
    alb("a"), alb("b"), nlb("c")
    addresses = [item["Address"] for item in account.snapshot().load_balancers]
    assert len(set(addresses)) == 3
    assert all(address.startswith("127.18.") for address in addresses)


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


def test_deletion_protection_is_kept(account: Account, alb: Make) -> None:
    arn = alb()
    protect = {"Key": "deletion_protection.enabled", "Value": "true"}
    account.call("elbv2", "ModifyLoadBalancerAttributes", {"LoadBalancerArn": arn, "Attributes": [protect]})
    with pytest.raises(ApiError, match=r"^OperationNotPermitted: .*deletion protection"):
        account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": arn})


def test_deleting_takes_listeners_and_rules_along_and_frees_target_groups(
    account: Account, alb: Make, group: Make, listener: Make, rule: Make
) -> None:
    arn, web = alb(), group()
    front = listener(arn)
    path = rule(front, to=web)
    account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": arn})
    for operation, params in (
        ("DescribeListeners", {"ListenerArns": [front]}),
        ("DescribeRules", {"RuleArns": [path]}),
    ):
        with pytest.raises(ApiError, match="NotFound"):
            account.call("elbv2", operation, params)
    groups = account.call("elbv2", "DescribeTargetGroups", {"TargetGroupArns": [web]})["TargetGroups"]
    assert groups[0]["LoadBalancerArns"] == []
    assert account.call("elbv2", "DeleteTargetGroup", {"TargetGroupArn": web}) == {}


def test_deleting_what_is_gone_succeeds(account: Account, alb: Make) -> None:
    arn = alb()
    account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": arn})
    assert account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": arn}) == {}


def test_one_unknown_arn_among_those_asked_is_an_error(account: Account, alb: Make) -> None:
    arn = alb()
    with pytest.raises(ApiError, match=r"^LoadBalancerNotFound"):
        account.call("elbv2", "DescribeLoadBalancers", {"LoadBalancerArns": [arn, arn + "0"]})
    with pytest.raises(ApiError, match=r"^LoadBalancerNotFound: .*nobody"):
        account.call("elbv2", "DescribeLoadBalancers", {"Names": ["shop", "nobody"]})


def test_a_listing_in_pages_has_each_load_balancer_once_also_when_some_go_meanwhile(
    account: Account, alb: Make
) -> None:
    arns = sorted(alb(f"lb{number}") for number in range(7))
    seen: list[str] = []
    marker: str | None = None
    while True:
        answer = account.call("elbv2", "DescribeLoadBalancers", {"PageSize": 2, "Marker": marker})
        seen += [item["LoadBalancerArn"] for item in answer["LoadBalancers"]]
        account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": seen[0]})
        marker = answer["NextMarker"]
        if marker is None:
            break
    assert seen == arns


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


def test_dual_stack_needs_subnets_with_ipv6(account: Account, alb: Make) -> None:
    with pytest.raises(ApiError, match=r"^ValidationError: .*IPv6 CIDR block"):
        alb(IpAddressType="dualstack")
    with pytest.raises(ApiError, match=r"^ValidationError: .*IPv6 CIDR block"):
        account.call("elbv2", "SetIpAddressType", {"LoadBalancerArn": alb(), "IpAddressType": "dualstack"})


def test_a_capacity_is_pending_and_then_provisioned_in_each_zone(
    account: Account, alb: Make, clock: ManualClock
) -> None:
    arn = alb()
    wanted = {"LoadBalancerArn": arn, "MinimumLoadBalancerCapacity": {"CapacityUnits": 300}}
    with pytest.raises(ApiError, match="not active yet"):
        account.call("elbv2", "ModifyCapacityReservation", wanted)
    clock.advance(60)
    account.call("elbv2", "ModifyCapacityReservation", wanted)
    with pytest.raises(ApiError, match=r"^CapacityReservationPending"):
        account.call("elbv2", "ModifyCapacityReservation", wanted)
    clock.advance(60)
    answer = account.call("elbv2", "DescribeCapacityReservation", {"LoadBalancerArn": arn})
    assert answer["MinimumLoadBalancerCapacity"] == {"CapacityUnits": 300}
    assert [zone["State"]["Code"] for zone in answer["CapacityReservationState"]] == ["provisioned"] * 3
    account.call("elbv2", "ModifyCapacityReservation", {"LoadBalancerArn": arn, "ResetCapacityReservation": True})
    answer = account.call("elbv2", "DescribeCapacityReservation", {"LoadBalancerArn": arn})
    assert "MinimumLoadBalancerCapacity" not in answer


def test_address_pools_come_and_go(account: Account, alb: Make) -> None:
    arn = alb(IpamPools={"Ipv4IpamPoolId": "ipam-pool-1"})
    assert described(account, arn)["IpamPools"] == {"Ipv4IpamPoolId": "ipam-pool-1"}
    account.call("elbv2", "ModifyIpPools", {"LoadBalancerArn": arn, "RemoveIpamPools": ["ipv4"]})
    assert "IpamPools" not in described(account, arn)


def test_the_quota_of_load_balancers_holds_for_each_type(clock: ManualClock) -> None:
    account = Account(AccountOptions(quotas=Quotas(application_load_balancers=1)), clock=clock)
    public = {"Filters": [{"Name": "map-public-ip-on-launch", "Values": ["true"]}]}
    places = [subnet["SubnetId"] for subnet in account.call("ec2", "DescribeSubnets", public)["Subnets"]]
    account.call("elbv2", "CreateLoadBalancer", {"Name": "a", "Subnets": places})
    with pytest.raises(ApiError, match=r"^TooManyLoadBalancers"):
        account.call("elbv2", "CreateLoadBalancer", {"Name": "b", "Subnets": places})
    assert account.call("elbv2", "CreateLoadBalancer", {"Name": "b", "Subnets": places, "Type": "network"})

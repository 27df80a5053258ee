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


def test_each_load_balancer_has_a_loopback_address_of_its_own(account: Account, alb: Make, nlb: Make) -> None:
    alb("a"), alb("b"), nlb("c")
    addresses = [item["Address"] for item in account.snapshot().load_balancers]
    assert len(set(addresses)) == 3
    assert all(address.startswith("127.18.") for address in addresses)


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


def test_the_quota_of_load_balancers_holds_for_each_type(clock: ManualClock) -> None:
    account = Account(AccountOptions(quotas=Quotas(application_load_balancers=1)), clock=clock)
    public = {"Filters": [{"Name": "map-public-ip-on-launch", "Values": ["true"]}]}
    places = [subnet["SubnetId"] for subnet in account.call("ec2", "DescribeSubnets", public)["Subnets"]]
    account.call("elbv2", "CreateLoadBalancer", {"Name": "a", "Subnets": places})
    with pytest.raises(ApiError, match=r"^TooManyLoadBalancers"):
        account.call("elbv2", "CreateLoadBalancer", {"Name": "b", "Subnets": places})
    assert account.call("elbv2", "CreateLoadBalancer", {"Name": "b", "Subnets": places, "Type": "network"})

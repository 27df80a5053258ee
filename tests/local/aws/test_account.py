from collections.abc import Callable

import pytest

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock

Make = Callable[..., str]


def test_subscribers_hear_of_changes_and_not_of_reading_or_refusals(account: Account, group: Make) -> None:
    heard: list[str] = []
    unsubscribe = account.subscribe(lambda: heard.append("change"))
    account.call("elbv2", "DescribeTargetGroups")
    with pytest.raises(ApiError):
        group("under_score")
    assert heard == []
    group()
    assert heard == ["change"]
    unsubscribe()
    group("other")
    assert heard == ["change"]


def test_an_operation_that_is_not_there_is_named(account: Account) -> None:
    with pytest.raises(ApiError, match=r"^InvalidAction: .*RunInstances in ec2"):
        account.call("ec2", "RunInstances")


def test_the_same_calls_give_the_same_arns_in_every_run(clock: ManualClock) -> None:
    def play() -> list[str]:
        account = Account(clock=clock)
        vpc = account.call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
        wanted = {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc}
        group = account.call("elbv2", "CreateTargetGroup", wanted)["TargetGroups"][0]["TargetGroupArn"]
        certificate = account.call("acm", "RequestCertificate", {"DomainName": "a.example.com"})["CertificateArn"]
        return [vpc, group, certificate]

    assert play() == play()


def test_a_fresh_resource_is_not_seen_by_reading_calls_for_a_while(clock: ManualClock) -> None:
    account = Account(AccountOptions(consistency_seconds=5), clock=clock)
    public = {"Filters": [{"Name": "map-public-ip-on-launch", "Values": ["true"]}]}
    places = [subnet["SubnetId"] for subnet in account.call("ec2", "DescribeSubnets", public)["Subnets"]]
    balancer = account.call("elbv2", "CreateLoadBalancer", {"Name": "shop", "Subnets": places})
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    assert account.call("elbv2", "DescribeLoadBalancers")["LoadBalancers"] == []
    assert len(account.call("ec2", "DescribeSecurityGroups")["SecurityGroups"]) == 2, "what was there is seen at once"
    for operation in ("DescribeLoadBalancerAttributes", "DescribeListeners"):
        with pytest.raises(ApiError, match=r"^LoadBalancerNotFound"):
            account.call("elbv2", operation, {"LoadBalancerArn": arn})
    reply = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    wanted = {"LoadBalancerArn": arn, "Port": 80, "Protocol": "HTTP", "DefaultActions": [reply]}
    front = account.call("elbv2", "CreateListener", wanted)["Listeners"][0]["ListenerArn"]
    rule = {
        "ListenerArn": front,
        "Priority": 1,
        "Conditions": [{"Field": "path-pattern", "Values": ["/"]}],
        "Actions": [reply],
    }
    with pytest.raises(ApiError, match=r"^ListenerNotFound"):
        account.call("elbv2", "CreateRule", rule)
    clock.advance(5)
    assert account.call("elbv2", "CreateRule", rule)
    assert len(account.call("elbv2", "DescribeLoadBalancers")["LoadBalancers"]) == 1


def test_listings_show_what_is_deleted_a_little_longer_although_it_is_gone(clock: ManualClock) -> None:
    account = Account(AccountOptions(consistency_seconds=5), clock=clock)
    vpc = account.call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
    wanted = {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc}
    arn = account.call("elbv2", "CreateTargetGroup", wanted)["TargetGroups"][0]["TargetGroupArn"]
    clock.advance(5)
    account.call("elbv2", "DeleteTargetGroup", {"TargetGroupArn": arn})
    listed = account.call("elbv2", "DescribeTargetGroups")["TargetGroups"]
    assert [group["TargetGroupArn"] for group in listed] == [arn]
    with pytest.raises(ApiError, match=r"^TargetGroupNotFound"):
        account.call("elbv2", "DescribeTags", {"ResourceArns": [arn]})
    clock.advance(5)
    assert account.call("elbv2", "DescribeTargetGroups")["TargetGroups"] == []


@pytest.mark.parametrize(
    ("region", "arn", "end"),
    [
        ("us-west-2", "arn:aws:", ".us-west-2.elb.amazonaws.com"),
        ("cn-north-1", "arn:aws-cn:", ".cn-north-1.elb.amazonaws.com.cn"),
        ("us-gov-west-1", "arn:aws-us-gov:", ".us-gov-west-1.elb.amazonaws.com"),
    ],
)
def test_arns_and_names_are_those_of_the_regions_partition(region: str, arn: str, end: str) -> None:
    account = Account(AccountOptions(region=region))
    public = {"Filters": [{"Name": "map-public-ip-on-launch", "Values": ["true"]}]}
    places = [subnet["SubnetId"] for subnet in account.call("ec2", "DescribeSubnets", public)["Subnets"]]
    (made,) = account.call("elbv2", "CreateLoadBalancer", {"Name": "shop", "Subnets": places})["LoadBalancers"]
    assert made["LoadBalancerArn"].startswith(arn)
    assert made["DNSName"].endswith(end)
    assert account.call("sts", "GetCallerIdentity")["Arn"].startswith(arn)

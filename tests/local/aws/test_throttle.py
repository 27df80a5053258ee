"""AWS's published request rates, when they are asked for."""

from contextlib import suppress
from typing import Any

import pytest

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def throttled(clock: ManualClock) -> Account:
    return Account(AccountOptions(throttling=True), clock=clock)


def admitted(account: Account, service: str, operation: str, calls: int, **params: Any) -> int:
    """How many of so many calls at one moment are not throttled, whatever else is wrong with them."""
    before = len(account.calls)
    for _ in range(calls):
        with suppress(ApiError):
            account.call(service, operation, params)
    outcomes = [call.outcome for call in account.calls[before:]]
    return len(outcomes) - sum(
        code in ("ThrottlingException", "RequestLimitExceeded", "Throttling") for code in outcomes
    )


def test_a_burst_passes_and_then_the_published_rate(throttled: Account, clock: ManualClock) -> None:
    assert admitted(throttled, "elbv2", "DescribeTargetGroups", 100) == 40
    clock.advance(1)
    assert admitted(throttled, "elbv2", "DescribeTargetGroups", 100) == 10
    clock.advance(3600)
    assert admitted(throttled, "elbv2", "DescribeTargetGroups", 100) == 40, "a bucket holds no more than its burst"


@pytest.mark.parametrize(
    ("service", "operation", "params", "burst"),
    [
        ("elbv2", "CreateLoadBalancer", {"Name": "a"}, 10),
        ("elbv2", "DeregisterTargets", {"TargetGroupArn": "arn:gone", "Targets": []}, 20),
        ("elbv2", "DeleteRule", {"RuleArn": "arn:gone"}, 20),
        ("elb", "AttachLoadBalancerToSubnets", {"LoadBalancerName": "gone", "Subnets": []}, 10),
        ("elb", "RegisterInstancesWithLoadBalancer", {"LoadBalancerName": "gone", "Instances": []}, 20),
        ("ec2", "DescribeVpcs", {}, 100),
        ("ec2", "DescribeSecurityGroups", {}, 50),
        ("ec2", "DescribeSecurityGroups", {"Filters": [{"Name": "group-name", "Values": ["a"]}]}, 100),
        ("ec2", "DescribeNetworkInterfaces", {"MaxResults": 100}, 100),
        ("ec2", "DeleteSecurityGroup", {"GroupId": "sg-gone"}, 50),
        ("ec2", "CreateTags", {"Resources": [], "Tags": []}, 100),
        ("acm", "ListCertificates", {}, 8),
        ("acm", "DescribeCertificate", {"CertificateArn": "arn:aws:acm:us-west-2:1:certificate/a"}, 10),
        ("wafv2", "ListWebACLs", {"Scope": "REGIONAL"}, 5),
        ("wafv2", "DisassociateWebACL", {"ResourceArn": "arn:gone"}, 1),
        ("waf-regional", "GetWebACLForResource", {"ResourceArn": "arn:gone"}, 1),
    ],
)
def test_each_operation_has_its_burst(
    throttled: Account, service: str, operation: str, params: dict[str, Any], burst: int
) -> None:
    assert admitted(throttled, service, operation, 120, **params) == burst


def test_all_operations_of_elbv2_share_one_more_bucket(throttled: Account, clock: ManualClock) -> None:
    registered = admitted(throttled, "elbv2", "DeregisterTargets", 20, TargetGroupArn="arn:gone", Targets=[])
    written = admitted(throttled, "elbv2", "DeleteRule", 20, RuleArn="arn:gone")
    assert (registered, written) == (20, 20)
    assert admitted(throttled, "elbv2", "DescribeLoadBalancers", 1) == 0, "40 of all kinds are the account's burst"
    clock.advance(1)
    assert admitted(throttled, "elbv2", "DescribeLoadBalancers", 20) == 10
    assert admitted(throttled, "elb", "DescribeLoadBalancers", 1) == 1, "the other API version has its own"


def test_in_ec2_every_operation_has_a_bucket_of_its_own(throttled: Account) -> None:
    assert admitted(throttled, "ec2", "DescribeVpcs", 200) == 100
    assert admitted(throttled, "ec2", "DescribeSubnets", 200) == 100


def test_a_refused_call_takes_no_token(throttled: Account, clock: ManualClock) -> None:
    admitted(throttled, "elbv2", "DescribeLoadBalancers", 40)
    admitted(throttled, "elbv2", "DeleteRule", 100, RuleArn="arn:gone")
    clock.advance(2)
    assert admitted(throttled, "elbv2", "DeleteRule", 100, RuleArn="arn:gone") == 20


def test_nothing_is_throttled_unless_asked_for(account: Account) -> None:
    assert admitted(account, "elbv2", "DescribeTargetGroups", 100) == 100

from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]

HTTP = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 30080}


def described(account: Account, name: str = "edge") -> dict[str, Any]:
    answer = account.call("elb", "DescribeLoadBalancers", {"LoadBalancerNames": [name]})
    return dict(answer["LoadBalancerDescriptions"][0])


def test_a_load_balancer_is_made_once_and_found_by_name(account: Account, edge: Make) -> None:
    assert edge() == edge() == described(account)["DNSName"]
    with pytest.raises(ApiError, match=r"^DuplicateLoadBalancerName"):
        edge(Scheme="internal")
    with pytest.raises(ApiError, match=r"^LoadBalancerNotFound: .*'nobody'"):
        described(account, "nobody")


def test_it_begins_with_a_tcp_check_of_its_first_instance_port(account: Account, edge: Make) -> None:
    edge()
    assert described(account)["HealthCheck"]["Target"] == "TCP:30080"
    check = {
        "Target": "HTTP:30080/healthz",
        "Interval": 10,
        "Timeout": 5,
        "UnhealthyThreshold": 2,
        "HealthyThreshold": 2,
    }
    account.call("elb", "ConfigureHealthCheck", {"LoadBalancerName": "edge", "HealthCheck": check})
    assert described(account)["HealthCheck"] == check
    for wrong in ({"Target": "TCP:30080/x"}, {"Target": "HTTP:30080"}, {"Target": "UDP:1"}, {"Timeout": 10}):
        with pytest.raises(ApiError, match=r"^ValidationError"):
            account.call("elb", "ConfigureHealthCheck", {"LoadBalancerName": "edge", "HealthCheck": {**check, **wrong}})


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"Subnets": []}, "ValidationError"),
        ({"Subnets": ["subnet-0"]}, "SubnetNotFound"),
        ({"SecurityGroups": ["sg-0"]}, "InvalidSecurityGroup"),
        ({"Scheme": "public"}, "InvalidScheme"),
        ({"Listeners": []}, "ValidationError"),
        ({"Listeners": [{**HTTP, "Protocol": "UDP"}]}, "UnsupportedProtocol"),
        ({"Listeners": [{**HTTP, "InstanceProtocol": "TCP"}]}, "ValidationError"),
        ({"Listeners": [{**HTTP, "Protocol": "HTTPS"}]}, "ValidationError"),
        ({"Listeners": [{**HTTP, "Protocol": "HTTPS", "SSLCertificateId": "arn:typo"}]}, "CertificateNotFound"),
        ({"Listeners": [HTTP, {**HTTP, "InstancePort": 1}]}, "DuplicateListener"),
    ],
)
def test_what_aws_refuses(edge: Make, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ApiError, match=rf"^{code}"):
        edge(**params)


def test_subnets_are_attached_and_detached_but_never_all(account: Account, edge: Make, subnets: list[str]) -> None:
    edge()
    third = {"LoadBalancerName": "edge", "Subnets": subnets[2:]}
    account.call("elb", "AttachLoadBalancerToSubnets", third)
    assert described(account)["AvailabilityZones"] == ["us-west-2a", "us-west-2b", "us-west-2c"]
    account.call("elb", "DetachLoadBalancerFromSubnets", {"LoadBalancerName": "edge", "Subnets": subnets[:2]})
    assert described(account)["Subnets"] == subnets[2:]
    with pytest.raises(ApiError, match=r"^InvalidConfigurationRequest"):
        account.call("elb", "DetachLoadBalancerFromSubnets", third)


def test_its_group_cannot_be_deleted_before_it(account: Account, edge: Make, vpc_id: str) -> None:
    wanted = {"GroupName": "k8s-elb-edge", "Description": "edge", "VpcId": vpc_id}
    group = account.call("ec2", "CreateSecurityGroup", wanted)["GroupId"]
    edge()
    account.call("elb", "ApplySecurityGroupsToLoadBalancer", {"LoadBalancerName": "edge", "SecurityGroups": [group]})
    assert described(account)["SourceSecurityGroup"]["GroupName"] == "k8s-elb-edge"
    with pytest.raises(ApiError, match=r"^DependencyViolation"):
        account.call("ec2", "DeleteSecurityGroup", {"GroupId": group})
    account.call("elb", "DeleteLoadBalancer", {"LoadBalancerName": "edge"})
    assert account.call("elb", "DeleteLoadBalancer", {"LoadBalancerName": "edge"}) == {}, (
        "deleting what is gone succeeds"
    )
    assert account.call("ec2", "DeleteSecurityGroup", {"GroupId": group})

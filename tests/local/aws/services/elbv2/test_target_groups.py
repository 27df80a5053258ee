from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def described(account: Account, arn: str) -> dict[str, Any]:
    return dict(account.call("elbv2", "DescribeTargetGroups", {"TargetGroupArns": [arn]})["TargetGroups"][0])


def test_health_checks_have_the_defaults_of_their_protocol(account: Account, group: Make) -> None:
    http, grpc = described(account, group("http")), described(account, group("grpc", ProtocolVersion="GRPC"))
    tcp = described(account, group("tcp", Protocol="TCP"))
    assert (http["HealthCheckProtocol"], http["HealthCheckPath"], http["Matcher"]) == ("HTTP", "/", {"HttpCode": "200"})
    assert (grpc["HealthCheckPath"], grpc["Matcher"]) == ("/AWS.ALB/healthcheck", {"GrpcCode": "12"})
    assert tcp["HealthCheckProtocol"] == "TCP"
    assert "HealthCheckPath" not in tcp
    assert http["ProtocolVersion"] == "HTTP1"
    assert "ProtocolVersion" not in tcp


def test_the_same_request_twice_makes_one_group_and_another_one_is_refused(group: Make) -> None:
    assert group("web") == group("web")
    with pytest.raises(ApiError, match=r"^DuplicateTargetGroupName: .*'web'"):
        group("web", Port=81)


@pytest.mark.parametrize(
    "params",
    [
        {"Protocol": "HTTP", "HealthCheckProtocol": "TCP"},
        {"Protocol": "TCP", "HealthCheckPath": "/"},
        {"Protocol": "TCP", "ProtocolVersion": "HTTP2"},
        {"TargetType": "alb", "Protocol": "HTTP"},
        {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 5},
        {"HealthCheckPort": "0"},
        {"HealthCheckPort": "http"},
        {"HealthCheckPath": "healthz"},
        {"HealthCheckEnabled": False},
        {"Matcher": {"HttpCode": "600"}},
        {"Matcher": {"HttpCode": "200-"}},
        {"Matcher": {"GrpcCode": "0"}},
        {"VpcId": "vpc-0"},
    ],
    ids=lambda params: ",".join(f"{key}={value}" for key, value in params.items()),
)
def test_settings_that_aws_refuses(group: Make, params: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match=r"^ValidationError"):
        group(**params)


def test_a_network_load_balancers_check_may_take_its_whole_interval(group: Make) -> None:
    assert group(Protocol="TCP", HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=10)


def test_a_health_check_is_changed_and_the_rest_stays(account: Account, group: Make) -> None:
    arn = group(HealthCheckPath="/old", HealthCheckIntervalSeconds=20)
    account.call("elbv2", "ModifyTargetGroup", {"TargetGroupArn": arn, "HealthCheckPath": "/new"})
    now = described(account, arn)
    assert (now["HealthCheckPath"], now["HealthCheckIntervalSeconds"]) == ("/new", 20)
    with pytest.raises(ApiError, match=r"^ValidationError: Health check interval"):
        account.call("elbv2", "ModifyTargetGroup", {"TargetGroupArn": arn, "HealthCheckTimeoutSeconds": 30})
    assert described(account, arn) == now


def test_a_check_that_becomes_http_gets_path_and_matcher(account: Account, group: Make) -> None:
    arn = group(Protocol="TCP")
    account.call("elbv2", "ModifyTargetGroup", {"TargetGroupArn": arn, "HealthCheckProtocol": "HTTP"})
    assert described(account, arn)["Matcher"] == {"HttpCode": "200-399"}
    account.call("elbv2", "ModifyTargetGroup", {"TargetGroupArn": arn, "HealthCheckProtocol": "TCP"})
    assert "HealthCheckPath" not in described(account, arn)


def test_groups_are_found_by_name_by_arn_and_by_their_load_balancer(
    account: Account, alb: Make, group: Make, listener: Make
) -> None:
    web, _idle, balancer = group("web"), group("idle"), alb()
    listener(balancer, to=web)
    for selector in ({"LoadBalancerArn": balancer}, {"Names": ["web"]}, {"TargetGroupArns": [web]}):
        (found,) = account.call("elbv2", "DescribeTargetGroups", selector)["TargetGroups"]
        assert (found["TargetGroupArn"], found["LoadBalancerArns"]) == (web, [balancer])
    with pytest.raises(ApiError, match=r"^TargetGroupNotFound"):
        account.call("elbv2", "DescribeTargetGroups", {"Names": ["web", "nobody"]})


def test_a_group_in_use_cannot_be_deleted(account: Account, alb: Make, group: Make, listener: Make) -> None:
    web = group()
    front = listener(alb(), to=web)
    with pytest.raises(ApiError, match=r"^ResourceInUse"):
        account.call("elbv2", "DeleteTargetGroup", {"TargetGroupArn": web})
    account.call("elbv2", "DeleteListener", {"ListenerArn": front})
    assert account.call("elbv2", "DeleteTargetGroup", {"TargetGroupArn": web}) == {}
    assert account.call("elbv2", "DeleteTargetGroup", {"TargetGroupArn": web}) == {}, "deleting what is gone succeeds"

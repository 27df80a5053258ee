"""What a data plane sees of a Classic Load Balancer, and what it tells back."""

from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account, instance_id

Make = Callable[..., str]
NODE = instance_id("a")


def listener(port: int, protocol: str, instance_protocol: str, certificate: str = "") -> dict[str, Any]:
    shape = {
        "LoadBalancerPort": port,
        "Protocol": protocol,
        "InstanceProtocol": instance_protocol,
        "InstancePort": 30000 + port,
    }
    return {**shape, "SSLCertificateId": certificate} if certificate else shape


@pytest.mark.parametrize(
    ("classic", "served", "behind"),
    [
        (("HTTP", "HTTP"), "HTTP", "HTTP"),
        (("HTTPS", "HTTP"), "HTTPS", "HTTP"),
        (("HTTPS", "HTTPS"), "HTTPS", "HTTPS"),
        (("TCP", "TCP"), "TCP", "TCP"),
        (("SSL", "TCP"), "TLS", "TCP"),
        (("SSL", "SSL"), "TLS", "TLS"),
    ],
)
def test_each_listener_is_served_to_the_instances(
    account: Account, edge: Make, certificate: Make, classic: tuple[str, str], served: str, behind: str
) -> None:
    arn = certificate("a.example.com") if classic[0] in ("HTTPS", "SSL") else ""
    edge(Listeners=[listener(443, *classic, arn)])
    nodes = {"LoadBalancerName": "edge", "Instances": [{"InstanceId": NODE}]}
    account.call("elb", "RegisterInstancesWithLoadBalancer", nodes)

    seen = account.snapshot()

    [balancer] = seen.load_balancers
    [front] = seen.listeners[balancer["LoadBalancerArn"]]
    group = front["DefaultActions"][0]["TargetGroupArn"]
    [target] = seen.targets[group]
    assert (front["Protocol"], front["Port"]) == (served, 443)
    assert [each["CertificateArn"] for each in front["Certificates"]] == ([arn] if arn else [])
    assert seen.target_groups[group]["Protocol"] == behind
    assert (target["Id"], target["Port"]) == (NODE, 30443)


@pytest.mark.parametrize(
    ("target", "protocol", "port", "path"),
    [
        ("TCP:30080", "TCP", "30080", ""),
        ("SSL:30080", "TLS", "30080", ""),
        ("HTTP:8080/up", "HTTP", "8080", "/up"),
        ("HTTPS:8080/", "HTTPS", "8080", "/"),
    ],
)
def test_the_health_check_is_that_of_every_group(
    account: Account, edge: Make, target: str, protocol: str, port: str, path: str
) -> None:
    edge()
    check = {"Target": target, "Interval": 6, "Timeout": 5, "HealthyThreshold": 2, "UnhealthyThreshold": 3}
    account.call("elb", "ConfigureHealthCheck", {"LoadBalancerName": "edge", "HealthCheck": check})

    [group] = account.snapshot().target_groups.values()

    assert (group["HealthCheckProtocol"], group["HealthCheckPort"], group["HealthCheckPath"]) == (protocol, port, path)
    assert (group["HealthCheckIntervalSeconds"], group["UnhealthyThresholdCount"]) == (6, 3)


def test_what_a_probe_finds_is_told_of_the_instance(account: Account, edge: Make) -> None:
    edge()
    nodes = {"LoadBalancerName": "edge", "Instances": [{"InstanceId": NODE}]}
    account.call("elb", "RegisterInstancesWithLoadBalancer", nodes)
    [group] = account.snapshot().target_groups

    def state() -> str:
        [found] = account.call("elb", "DescribeInstanceHealth", {"LoadBalancerName": "edge"})["InstanceStates"]
        return str(found["State"])

    account.report_health(group, NODE, 30080, healthy=True)
    assert state() == "InService"
    account.report_health(group, NODE, 30080, healthy=False, reason="Target.Timeout")
    assert state() == "OutOfService"
    account.report_health(group, "i-0", 30080, healthy=True)
    assert state() == "OutOfService"


def test_every_load_balancer_has_an_address_of_its_own(account: Account, edge: Make, alb: Make) -> None:
    edge("one")
    alb()
    edge("two")

    addresses = [balancer["Address"] for balancer in account.snapshot().load_balancers]

    assert len(set(addresses)) == 3


def test_proxy_protocol_is_spoken_where_its_policy_is_set(account: Account, edge: Make) -> None:
    edge(Listeners=[listener(80, "TCP", "TCP"), listener(81, "TCP", "TCP")])
    policy = {
        "LoadBalancerName": "edge",
        "PolicyName": "proxy",
        "PolicyTypeName": "ProxyProtocolPolicyType",
        "PolicyAttributes": [{"AttributeName": "ProxyProtocol", "AttributeValue": "true"}],
    }
    account.call("elb", "CreateLoadBalancerPolicy", policy)
    on = {"LoadBalancerName": "edge", "InstancePort": 30080, "PolicyNames": ["proxy"]}
    account.call("elb", "SetLoadBalancerPoliciesForBackendServer", on)

    spoken = {
        group["Port"]: group["Attributes"]["proxy_protocol_v1.enabled"]
        for group in account.snapshot().target_groups.values()
    }

    assert spoken == {30080: "true", 30081: "false"}

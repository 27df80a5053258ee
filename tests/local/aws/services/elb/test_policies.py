from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def described(account: Account, name: str = "edge") -> dict[str, Any]:
    answer = account.call("elb", "DescribeLoadBalancers", {"LoadBalancerNames": [name]})
    return dict(answer["LoadBalancerDescriptions"][0])


def test_policies_are_made_once_and_set_on_ports(account: Account, edge: Make) -> None:
    edge()
    proxy = {
        "LoadBalancerName": "edge",
        "PolicyName": "k8s-proxyprotocol-enabled",
        "PolicyTypeName": "ProxyProtocolPolicyType",
        "PolicyAttributes": [{"AttributeName": "ProxyProtocol", "AttributeValue": "true"}],
    }
    account.call("elb", "CreateLoadBalancerPolicy", proxy)
    with pytest.raises(ApiError, match=r"^DuplicatePolicyName"):
        account.call("elb", "CreateLoadBalancerPolicy", proxy)
    on_port = {"LoadBalancerName": "edge", "InstancePort": 30080, "PolicyNames": ["k8s-proxyprotocol-enabled"]}
    account.call("elb", "SetLoadBalancerPoliciesForBackendServer", on_port)
    assert described(account)["BackendServerDescriptions"] == [
        {"InstancePort": 30080, "PolicyNames": ["k8s-proxyprotocol-enabled"]}
    ]
    account.call("elb", "SetLoadBalancerPoliciesForBackendServer", {**on_port, "PolicyNames": []})
    assert described(account)["BackendServerDescriptions"] == []
    with pytest.raises(ApiError, match=r"^PolicyNotFound"):
        account.call("elb", "DescribeLoadBalancerPolicies", {"LoadBalancerName": "edge", "PolicyNames": ["nothing"]})


def test_a_security_policy_is_set_on_a_secure_listener(account: Account, edge: Make, certificate: Make) -> None:
    secure = {"Protocol": "SSL", "LoadBalancerPort": 443, "InstancePort": 30080, "SSLCertificateId": certificate()}
    edge(Listeners=[secure])
    policy = {
        "LoadBalancerName": "edge",
        "PolicyName": "k8s-SSLNegotiationPolicy",
        "PolicyTypeName": "SSLNegotiationPolicyType",
        "PolicyAttributes": [
            {"AttributeName": "Reference-Security-Policy", "AttributeValue": "ELBSecurityPolicy-TLS-1-2-2017-01"}
        ],
    }
    account.call("elb", "CreateLoadBalancerPolicy", policy)
    names = {"PolicyNames": ["k8s-SSLNegotiationPolicy"]}
    account.call(
        "elb", "SetLoadBalancerPoliciesOfListener", {"LoadBalancerName": "edge", "LoadBalancerPort": 443, **names}
    )
    assert described(account)["ListenerDescriptions"][0]["PolicyNames"] == names["PolicyNames"]
    with pytest.raises(ApiError, match=r"^ListenerNotFound"):
        account.call(
            "elb", "SetLoadBalancerPoliciesOfListener", {"LoadBalancerName": "edge", "LoadBalancerPort": 80, **names}
        )

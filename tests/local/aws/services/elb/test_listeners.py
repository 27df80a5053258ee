from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def described(account: Account, name: str = "edge") -> dict[str, Any]:
    answer = account.call("elb", "DescribeLoadBalancers", {"LoadBalancerNames": [name]})
    return dict(answer["LoadBalancerDescriptions"][0])


def test_listeners_come_and_go_by_port(account: Account, edge: Make, certificate: Make) -> None:
    edge()
    secure = {"Protocol": "HTTPS", "LoadBalancerPort": 443, "InstancePort": 30080, "SSLCertificateId": certificate()}
    account.call("elb", "CreateLoadBalancerListeners", {"LoadBalancerName": "edge", "Listeners": [secure]})
    account.call("elb", "DeleteLoadBalancerListeners", {"LoadBalancerName": "edge", "LoadBalancerPorts": [80, 81]})
    (listener,) = described(account)["ListenerDescriptions"]
    assert listener == {
        "Listener": {**secure, "InstanceProtocol": "HTTP"},
        "PolicyNames": ["ELBSecurityPolicy-2016-08"],
    }
    with pytest.raises(ApiError, match=r"^ResourceInUseException"):
        account.call("acm", "DeleteCertificate", {"CertificateArn": secure["SSLCertificateId"]})

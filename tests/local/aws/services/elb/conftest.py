"""A Classic Load Balancer with one HTTP listener."""

from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account

Make = Callable[..., str]

HTTP = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 30080}


@pytest.fixture
def edge(account: Account, subnets: list[str]) -> Callable[..., str]:
    """Make a Classic Load Balancer; gives its DNS name."""

    def make(name: str = "edge", **params: Any) -> str:
        wanted = {"LoadBalancerName": name, "Listeners": [HTTP], "Subnets": subnets[:2], **params}
        return str(account.call("elb", "CreateLoadBalancer", wanted)["DNSName"])

    return make

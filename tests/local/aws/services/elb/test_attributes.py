from collections.abc import Callable

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def test_the_named_parts_of_attributes_change(account: Account, edge: Make) -> None:
    edge()
    change = {"ConnectionDraining": {"Enabled": True, "Timeout": 30}, "ConnectionSettings": {"IdleTimeout": 90}}
    account.call("elb", "ModifyLoadBalancerAttributes", {"LoadBalancerName": "edge", "LoadBalancerAttributes": change})
    answer = account.call("elb", "DescribeLoadBalancerAttributes", {"LoadBalancerName": "edge"})
    now = answer["LoadBalancerAttributes"]
    assert {key: now[key] for key in change} == change
    assert now["CrossZoneLoadBalancing"] == {"Enabled": False}
    logs = {"LoadBalancerName": "edge", "LoadBalancerAttributes": {"AccessLog": {"Enabled": True}}}
    with pytest.raises(ApiError, match=r"^InvalidConfigurationRequest: An S3 bucket"):
        account.call("elb", "ModifyLoadBalancerAttributes", logs)

from collections.abc import Callable

import pytest

from albc.local.aws import Account, ApiError, ManualClock, instance_id

Make = Callable[..., str]


def test_instances_take_a_while_to_be_in_service(account: Account, edge: Make, clock: ManualClock) -> None:
    edge()
    nodes = {"LoadBalancerName": "edge", "Instances": [{"InstanceId": instance_id("a")}]}
    account.call("elb", "RegisterInstancesWithLoadBalancer", nodes)

    def states() -> list[str]:
        answer = account.call("elb", "DescribeInstanceHealth", {"LoadBalancerName": "edge"})
        return [each["State"] for each in answer["InstanceStates"]]

    assert states() == ["OutOfService"]
    clock.advance(10)
    assert states() == ["InService"]
    account.call("elb", "DeregisterInstancesFromLoadBalancer", nodes)
    assert states() == []
    with pytest.raises(ApiError, match=r"^InvalidInstance"):
        account.call(
            "elb",
            "RegisterInstancesWithLoadBalancer",
            {"LoadBalancerName": "edge", "Instances": [{"InstanceId": "i-0"}]},
        )

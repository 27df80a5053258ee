from collections.abc import Callable

import pytest

from albc.local.aws import Account, ApiError, ManualClock

Make = Callable[..., str]


def test_a_capacity_is_pending_and_then_provisioned_in_each_zone(
    account: Account, alb: Make, clock: ManualClock
) -> None:
    arn = alb()
    wanted = {"LoadBalancerArn": arn, "MinimumLoadBalancerCapacity": {"CapacityUnits": 300}}
    with pytest.raises(ApiError, match="not active yet"):
        account.call("elbv2", "ModifyCapacityReservation", wanted)
    clock.advance(60)
    account.call("elbv2", "ModifyCapacityReservation", wanted)
    with pytest.raises(ApiError, match=r"^CapacityReservationPending"):
        account.call("elbv2", "ModifyCapacityReservation", wanted)
    clock.advance(60)
    answer = account.call("elbv2", "DescribeCapacityReservation", {"LoadBalancerArn": arn})
    assert answer["MinimumLoadBalancerCapacity"] == {"CapacityUnits": 300}
    assert [zone["State"]["Code"] for zone in answer["CapacityReservationState"]] == ["provisioned"] * 3
    account.call("elbv2", "ModifyCapacityReservation", {"LoadBalancerArn": arn, "ResetCapacityReservation": True})
    answer = account.call("elbv2", "DescribeCapacityReservation", {"LoadBalancerArn": arn})
    assert "MinimumLoadBalancerCapacity" not in answer

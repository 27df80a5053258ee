from contextlib import suppress

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock
from albc.local.aws.throttle import rate_of


def admitted(account: Account, service: str, operation: str, calls: int) -> int:
    """How many of so many calls at one moment are let through."""
    before = len(account.calls)
    for _ in range(calls):
        with suppress(ApiError):
            account.call(service, operation)
    return [call.outcome for call in account.calls[before:]].count("ok")


def test_a_burst_passes_and_then_the_published_rate() -> None:
    clock = ManualClock()
    account = Account(AccountOptions(throttling=True), clock=clock)
    assert admitted(account, "elbv2", "DescribeTargetGroups", 100) == 40
    clock.advance(1)
    assert admitted(account, "elbv2", "DescribeTargetGroups", 100) == 10
    clock.advance(3600)
    assert admitted(account, "elbv2", "DescribeTargetGroups", 100) == 40, "a bucket holds no more than its burst"


def test_groups_of_operations_have_buckets_of_their_own() -> None:
    account = Account(AccountOptions(throttling=True), clock=ManualClock())
    admitted(account, "elbv2", "DescribeTargetGroups", 100)
    assert admitted(account, "elbv2", "DescribeLoadBalancers", 1) == 0, "reading calls share one"
    assert admitted(account, "ec2", "DescribeVpcs", 1) == 1
    assert rate_of("elbv2", "RegisterTargets") != rate_of("elbv2", "CreateRule")


def test_nothing_is_throttled_unless_asked_for(account: Account) -> None:
    assert admitted(account, "elbv2", "DescribeTargetGroups", 100) == 100

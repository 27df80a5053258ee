"""Token buckets slow us down before AWS does, and the flag says how."""

import pytest

from albc.aws.services import SERVICE_IDS
from albc.aws.throttle import DEFAULT_LIMITS, Limit, Throttle, parse_limits, with_published
from albc.errors import Invalid
from albc.local.aws.throttle import Throttle as Rates

pytestmark = pytest.mark.anyio

SERVICE = "Elastic Load Balancing v2"


class Time:
    """Passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def throttle(time: Time, *limits: Limit) -> Throttle:
    return Throttle(limits, clock=time, sleep=time.sleep)


async def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    time = Time()
    calls = throttle(time, Limit(SERVICE, "^Modify", 2.0, 3))

    waits = [await calls.wait(SERVICE, "ModifyRule") for _ in range(5)]

    assert waits == [0, 0, 0, 0.5, 0.5]


async def test_unused_tokens_come_back_but_never_more_than_the_burst() -> None:
    time = Time()
    calls = throttle(time, Limit(SERVICE, "^Modify", 2.0, 2))
    for _ in range(2):
        await calls.wait(SERVICE, "ModifyRule")
    time.now += 1000

    waits = [await calls.wait(SERVICE, "ModifyRule") for _ in range(3)]

    assert waits == [0, 0, 0.5]


async def test_every_matching_bucket_is_waited_for() -> None:
    time = Time()
    calls = throttle(time, Limit(SERVICE, "^Modify", 1.0, 1), Limit(SERVICE, "Rule$", 0.5, 1))
    await calls.wait(SERVICE, "ModifyRule")

    assert await calls.wait(SERVICE, "ModifyRule") == 2.0


async def test_other_operations_and_services_do_not_wait() -> None:
    time = Time()
    calls = throttle(time, Limit(SERVICE, "^Modify", 0.001, 1))
    await calls.wait(SERVICE, "ModifyRule")

    assert await calls.wait(SERVICE, "CreateRule") == 0
    assert await calls.wait("EC2", "ModifyRule") == 0


async def test_statistics_say_who_waits() -> None:
    time = Time()
    calls = throttle(time, Limit(SERVICE, "^Modify", 1.0, 1))
    for _ in range(3):
        await calls.wait(SERVICE, "ModifyRule")

    [bucket] = calls.statistics()

    assert bucket.waited_seconds == 2.0
    assert bucket.tokens == 0.0


def test_given_limits_replace_all_defaults_of_their_service() -> None:
    limits = parse_limits("WAFV2:^Get=2:3,EC2:.=10.5:20")

    assert [limit for limit in limits if limit.service_id == "WAFV2"] == [Limit("WAFV2", "^Get", 2.0, 3)]
    assert [limit for limit in limits if limit.service_id == "EC2"] == [Limit("EC2", ".", 10.5, 20)]
    assert [limit for limit in limits if limit.service_id == SERVICE] == list(DEFAULT_LIMITS[4:])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", " must be formatted as serviceID:operationRegex=rate:burst"),
        ("EC2:^A", "EC2:^A must be formatted as serviceID:operationRegex=rate:burst"),
        ("EC2=1:2", "EC2 must be formatted as serviceID:operationRegex"),
        ("EC2:^A=1", "1 must be formatted as rate:burst"),
        ("EC2:(=1:2", "( must be valid regex expression for operation"),
        ("EC2:^A=x:2", "x must be valid float number as rate for operations per second"),
        ("EC2:^A=1:y", "y must be valid integer as burst for operations"),
    ],
)
def test_a_limit_that_cannot_be_read_is_told(text: str, message: str) -> None:
    with pytest.raises(Invalid) as error:
        parse_limits(text)

    assert str(error.value) == message


CALLS = {
    "elbv2": ("CreateLoadBalancer", "SetSubnets", "CreateRule", "ModifyListener", "DescribeRules", "RegisterTargets"),
    "ec2": ("AuthorizeSecurityGroupIngress", "CreateSecurityGroup", "DeleteSecurityGroup", "CreateTags"),
    "acm": ("DescribeCertificate", "ListCertificates", "RequestCertificate", "ListTagsForCertificate"),
    "wafv2": ("AssociateWebACL", "GetWebACLForResource"),
}


async def test_aws_finds_no_call_too_many() -> None:
    time = Time()
    calls = Throttle(with_published(DEFAULT_LIMITS, SERVICE_IDS.values()), clock=time, sleep=time.sleep)
    aws = Rates(time)

    for number in range(150):
        for service, operations in CALLS.items():
            for operation in operations[: 1 + number % len(operations)]:
                await calls.wait(SERVICE_IDS[service], operation)
                assert aws.admits(service, operation, {"Filters": [{}]}), (number, operation)


def test_rates_that_a_user_has_chosen_hold_alone() -> None:
    limits = with_published(parse_limits("EC2:.=100:200"), ["EC2", "ACM"])

    assert [limit for limit in limits if limit.service_id == "EC2"] == [Limit("EC2", ".", 100.0, 200)]
    assert [limit for limit in limits if limit.service_id == "ACM"]

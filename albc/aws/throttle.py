"""Client-side token buckets per operation group (spec/aws.md §8.4): we slow down before AWS makes us.

* Every bucket whose service and pattern match an operation is waited for, one after the other, once for each call
  (each page is a call, a retry is not).
* Waiting calls go in the order in which they came.
* Not promised: fairness between operations that share no bucket.

Called by `albc.aws.calls`; the flag's text is parsed by `parse_limits`.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Final

import anyio

from albc.errors import Invalid


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` calls a second of the operations that `pattern` is found in, and `burst` at once."""

    service_id: str
    pattern: str
    rate: float
    burst: int

    def __str__(self) -> str:
        return f"{self.service_id}:{self.pattern}={self.rate:g}:{self.burst}"


DEFAULT_LIMITS: Final = (
    Limit("WAF Regional", "^AssociateWebACL|DisassociateWebACL", 0.5, 1),
    Limit("WAF Regional", "^GetWebACLForResource|ListResourcesForWebACL", 1, 1),
    Limit("WAFV2", "^AssociateWebACL|DisassociateWebACL", 0.5, 1),
    Limit("WAFV2", "^GetWebACLForResource|ListResourcesForWebACL", 1, 1),
    Limit("Elastic Load Balancing v2", "^RegisterTargets|^DeregisterTargets", 4, 20),
    Limit("Elastic Load Balancing v2", "^Describe.*", 50, 200),
    Limit("Elastic Load Balancing v2", "^Modify.*", 3, 20),
)
"""What `--aws-api-throttle` says when nobody sets it."""

PUBLISHED_LIMITS: Final = (
    Limit("Elastic Load Balancing v2", "^(CreateLoadBalancer|SetSubnets)$", 0.2, 9),
    Limit("Elastic Load Balancing v2", "^Describe", 10, 36),
    Limit(
        "Elastic Load Balancing v2",
        "^(?!Describe|CreateLoadBalancer$|SetSubnets$|RegisterTargets$|DeregisterTargets$)",
        3,
        18,
    ),
    Limit("Elastic Load Balancing v2", ".", 10, 36),
    *(
        Limit("EC2", f"^{operation}$", rate, burst)
        for rate, burst, operations in (
            (20, 90, ("DescribeSecurityGroups", "DescribeSubnets", "DescribeNetworkInterfaces", "DescribeInstances")),
            (5, 45, ("CreateSecurityGroup", "DeleteSecurityGroup")),
            (5, 45, ("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress")),
            (10, 90, ("CreateTags", "DeleteTags")),
        )
        for operation in operations
    ),
    Limit("ACM", "^(DescribeCertificate|ListTagsForCertificate|DeleteCertificate)$", 10, 9),
    Limit("ACM", "^ListCertificates$", 8, 7),
    Limit("ACM", "^RequestCertificate$", 5, 4),
)
"""What AWS publishes and refuses calls above, a tenth of the burst left over for calls that arrive closer together than
they were sent: Elastic Load Balancing user guide, EC2 developer guide and ACM user guide, "throttling" and "quotas"."""


def parse_limits(text: str) -> tuple[Limit, ...]:
    """The value of `--aws-api-throttle`: its entries replace all defaults of each service that it names."""
    given = tuple(_parse_limit(pair) for pair in text.split(","))
    named = {limit.service_id for limit in given}
    return tuple(limit for limit in DEFAULT_LIMITS if limit.service_id not in named) + given


def with_published(limits: Iterable[Limit], service_ids: Iterable[str]) -> tuple[Limit, ...]:
    """The limits, and AWS's published rates for those of the services for which nobody has chosen other ones."""
    limits = tuple(limits)
    chosen = {limit.service_id for limit in limits if limit not in DEFAULT_LIMITS}
    paced = frozenset(service_ids) - chosen
    return (*limits, *(limit for limit in PUBLISHED_LIMITS if limit.service_id in paced))


def _parse_limit(pair: str) -> Limit:
    operations, equals, amounts = pair.partition("=")
    if not equals or "=" in amounts:
        raise Invalid(f"{pair} must be formatted as serviceID:operationRegex=rate:burst")
    service_id, colon, pattern = operations.partition(":")
    if not colon or ":" in pattern:
        raise Invalid(f"{operations} must be formatted as serviceID:operationRegex")
    rate, colon, burst = amounts.partition(":")
    if not colon or ":" in burst:
        raise Invalid(f"{amounts} must be formatted as rate:burst")
    try:
        re.compile(pattern)
    except re.error as error:
        raise Invalid(f"{pattern} must be valid regex expression for operation") from error
    try:
        per_second = float(rate)
    except ValueError as error:
        raise Invalid(f"{rate} must be valid float number as rate for operations per second") from error
    try:
        at_once = int(burst)
    except ValueError as error:
        raise Invalid(f"{burst} must be valid integer as burst for operations") from error
    return Limit(service_id, pattern, per_second, at_once)


@dataclass(frozen=True, slots=True)
class LimitStatistics:
    """One bucket as it stands."""

    limit: Limit
    tokens: float
    """Calls that could go at once; below zero: calls that wait."""
    waited_seconds: float
    """By all calls so far."""


class _Bucket:
    """Starts full. Taking is a promise: a call is told how long it has to wait, and the token is gone."""

    def __init__(self, limit: Limit, now: float) -> None:
        self.limit = limit
        self.matches = re.compile(limit.pattern).search
        self.tokens = float(limit.burst)
        self.waited = 0.0
        self._at = now

    def take(self, now: float) -> float:
        self.refill(now)
        self.tokens -= 1
        wait = max(0.0, -self.tokens / self.limit.rate) if self.limit.rate > 0 else 0.0
        self.waited += wait
        return wait

    def refill(self, now: float) -> None:
        self.tokens = min(float(self.limit.burst), self.tokens + (now - self._at) * self.limit.rate)
        self._at = now


class Throttle:
    """The buckets of one set of credentials."""

    def __init__(
        self,
        limits: Iterable[Limit] = DEFAULT_LIMITS,
        *,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._buckets = [_Bucket(limit, clock()) for limit in limits]
        self._matching: dict[tuple[str, str], tuple[_Bucket, ...]] = {}

    async def wait(self, service_id: str, operation: str) -> float:
        """Returns when the call may go: seconds waited. `operation` is AWS's name, `CreateRule`."""
        waited = 0.0
        for bucket in self._of(service_id, operation):
            if (seconds := bucket.take(self._clock())) > 0:
                await self._sleep(seconds)
                waited += seconds
        return waited

    def statistics(self) -> tuple[LimitStatistics, ...]:
        now = self._clock()
        for bucket in self._buckets:
            bucket.refill(now)
        return tuple(LimitStatistics(bucket.limit, bucket.tokens, bucket.waited) for bucket in self._buckets)

    def _of(self, service_id: str, operation: str) -> tuple[_Bucket, ...]:
        key = (service_id, operation)
        if key not in self._matching:
            self._matching[key] = tuple(
                bucket
                for bucket in self._buckets
                if bucket.limit.service_id == service_id and bucket.matches(operation)
            )
        return self._matching[key]

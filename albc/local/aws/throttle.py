"""Request rates: the token buckets that AWS publishes. They start full, and a call takes a token from each of its own.

* ELB: https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html (a bucket for each
  group of operations, and one that all operations of an API version share)
* EC2: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html (a bucket for each operation; a smaller
  one for some reading operations when they are asked without filter and without page size)
* ACM: https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
* WAF: https://docs.aws.amazon.com/waf/latest/developerguide/limits.html and …/classic-limits.html

Where AWS publishes nothing for an operation, no rate holds. What a service answers above its rate is in `faults`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from albc.local.aws.clock import Clock


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket of `burst` tokens, refilled with `per_second`, for the operations that match one of the patterns."""

    service: str
    operations: tuple[str, ...]
    burst: int
    per_second: float
    each: bool = False
    """Whether every operation has a bucket of this size to itself; otherwise they share one."""


RATES = (
    Rate("elbv2", ("CreateLoadBalancer", "SetSubnets"), 10, 0.2),
    Rate("elbv2", ("RegisterTargets", "DeregisterTargets"), 20, 4),
    Rate("elbv2", ("CreateTrustStore",), 10, 0.2),
    Rate("elbv2", ("DeleteTrustStore",), 10, 0.2),
    Rate("elbv2", ("DescribeTrustStores",), 40, 10),
    Rate("elbv2", ("Describe*",), 40, 10),
    Rate("elbv2", ("*",), 20, 3),
    Rate(
        "elb",
        ("CreateLoadBalancer", "AttachLoadBalancerToSubnets", "DetachLoadBalancerFromSubnets", "*Zones*"),
        10,
        0.2,
    ),
    Rate("elb", ("RegisterInstances*", "DeregisterInstances*"), 20, 4),
    Rate("elb", ("Describe*",), 40, 10),
    Rate("elb", ("*",), 20, 3),
    Rate("ec2", ("CreateTags", "DeleteTags"), 100, 10, each=True),
    Rate("ec2", ("Describe*", "Get*"), 100, 20, each=True),
    Rate("ec2", ("*",), 50, 5, each=True),
    Rate("acm", ("DescribeCertificate", "GetCertificate", "ListTagsForCertificate", "Delete*"), 10, 10, each=True),
    Rate("acm", ("ListCertificates",), 8, 8),
    Rate("acm", ("ImportCertificate",), 1, 1),
    Rate("acm", ("RequestCertificate", "AddTagsToCertificate", "RemoveTagsFromCertificate"), 5, 5, each=True),
    Rate("wafv2", ("AssociateWebACL", "DisassociateWebACL"), 1, 0.5, each=True),
    Rate("wafv2", ("GetWebACLForResource", "ListResourcesForWebACL"), 1, 1, each=True),
    Rate("wafv2", ("Get*", "List*"), 5, 5, each=True),
    Rate("waf-regional", ("AssociateWebACL", "DisassociateWebACL"), 1, 0.5, each=True),
    Rate("waf-regional", ("List*",), 5, 5, each=True),
    Rate("waf-regional", ("Get*",), 1, 1, each=True),
)
"""The first that matches an operation is its bucket."""

ALL_OPERATIONS = (Rate("elbv2", ("*",), 40, 10), Rate("elb", ("*",), 40, 10))
"""Buckets that every operation of a service takes from as well."""

UNFILTERED = Rate(
    "ec2", ("DescribeInstances", "DescribeNetworkInterfaces", "DescribeSecurityGroups"), 50, 10, each=True
)
"""Takes the place of the ordinary bucket when a call of these has neither a filter nor a page size."""

Bucket = tuple[Rate, str]
"""A rate, and the operation whose own bucket it is, or "" for a shared one."""


class Throttle:
    """The account's buckets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[Bucket, tuple[float, float]] = {}
        """Tokens and the moment at which there were so many."""

    def admits(self, service: str, operation: str, params: Mapping[str, Any]) -> bool:
        """Take a token of each of the call's buckets; False, and none is taken, when one of them is empty."""
        now = self._clock()
        tokens = {bucket: self._tokens(bucket, now) for bucket in buckets_of(service, operation, params)}
        if any(left < 1 for left in tokens.values()):
            return False
        self._left.update({bucket: (left - 1, now) for bucket, left in tokens.items()})
        return True

    def _tokens(self, bucket: Bucket, now: float) -> float:
        rate, _ = bucket
        left, then = self._left.get(bucket, (float(rate.burst), now))
        return min(rate.burst, left + (now - then) * rate.per_second)


def buckets_of(service: str, operation: str, params: Mapping[str, Any]) -> Iterator[Bucket]:
    """The buckets that a call takes its tokens from."""
    ordinary = RATES if params.get("Filters") or params.get("MaxResults") else (UNFILTERED, *RATES)
    yield from _first_match(ordinary, service, operation)
    yield from _first_match(ALL_OPERATIONS, service, operation)


def _first_match(rates: tuple[Rate, ...], service: str, operation: str) -> Iterator[Bucket]:
    for rate in rates:
        if rate.service == service and any(fnmatchcase(operation, pattern) for pattern in rate.operations):
            yield rate, operation if rate.each else ""
            return

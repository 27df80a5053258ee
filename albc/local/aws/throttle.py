"""Request rates: token buckets as AWS publishes them, one for each group of operations.

Sources: Elastic Load Balancing user guide and EC2 developer guide, "Request throttling"; ACM and WAF quotas. Where AWS
publishes nothing for an operation, no rate holds.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from albc.local.aws.clock import Clock


@dataclass(frozen=True, slots=True)
class Rate:
    """A group of operations (patterns) that share a bucket of `burst` tokens, refilled with `per_second`."""

    service: str
    operations: tuple[str, ...]
    burst: int
    per_second: float


RATES = (
    Rate("elbv2", ("RegisterTargets", "DeregisterTargets"), 20, 4),
    Rate("elbv2", ("CreateLoadBalancer", "SetSubnets"), 10, 0.2),
    Rate("elbv2", ("Describe*",), 40, 10),
    Rate("elbv2", ("*",), 20, 3),
    Rate("elb", ("Describe*",), 40, 10),
    Rate("elb", ("*",), 20, 3),
    Rate("ec2", ("Describe*", "Get*"), 100, 20),
    Rate("ec2", ("AuthorizeSecurityGroup*", "RevokeSecurityGroup*", "DeleteSecurityGroup"), 50, 5),
    Rate("ec2", ("*",), 200, 5),
    Rate("acm", ("DescribeCertificate",), 10, 10),
    Rate("acm", ("ListCertificates",), 8, 8),
    Rate("acm", ("ListTagsForCertificate",), 10, 10),
    Rate("acm", ("RequestCertificate",), 5, 5),
    Rate("acm", ("ImportCertificate",), 1, 1),
    Rate("acm", ("DeleteCertificate",), 10, 10),
    Rate("wafv2", ("AssociateWebACL", "DisassociateWebACL"), 1, 0.5),
    Rate("wafv2", ("GetWebACLForResource",), 1, 1),
    Rate("waf-regional", ("AssociateWebACL", "DisassociateWebACL"), 1, 0.5),
    Rate("waf-regional", ("GetWebACLForResource",), 1, 1),
    Rate("resourcegroupstaggingapi", ("GetResources",), 15, 15),
)
"""The first that matches an operation is its bucket."""


class Throttle:
    """The account's buckets. They start full."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[Rate, tuple[float, float]] = {}
        """Tokens and the moment at which there were so many."""

    def admits(self, service: str, operation: str) -> bool:
        """Take a token for one call; False when there is none."""
        rate = rate_of(service, operation)
        if rate is None:
            return True
        now = self._clock()
        tokens, then = self._left.get(rate, (float(rate.burst), now))
        tokens = min(rate.burst, tokens + (now - then) * rate.per_second)
        admitted = tokens >= 1
        self._left[rate] = (tokens - admitted, now)
        return admitted


def rate_of(service: str, operation: str) -> Rate | None:
    """The bucket that an operation takes its token from."""
    for rate in RATES:
        if rate.service == service and any(fnmatchcase(operation, pattern) for pattern in rate.operations):
            return rate
    return None

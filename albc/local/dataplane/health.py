"""When is a target healthy? The counting is PURE, and so is the reading of a target group's health check.

Rules are those of the AWS page "Health checks for your target groups": the first success makes a new target healthy,
after that it takes as many in a row as the thresholds say. `probes` asks the targets and feeds the answers in here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from albc.local.dataplane.balancing import Health


@dataclass(frozen=True)
class HealthCheck:
    """How one target group wants its targets probed. Times in seconds."""

    protocol: str
    """`HTTP`, `HTTPS` or `TCP`."""
    port: int | None
    """None: the port that gets the traffic."""
    path: str
    interval: float
    timeout: float
    healthy_threshold: int
    unhealthy_threshold: int
    codes: tuple[tuple[int, int], ...]
    """Ranges of HTTP status codes that count as success, both ends included."""

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "HealthCheck":
        """From a DescribeTargetGroups item."""
        port = str(item.get("HealthCheckPort", "traffic-port"))
        return cls(
            protocol=item.get("HealthCheckProtocol") or "TCP",
            port=int(port) if port.isdecimal() else None,
            path=item.get("HealthCheckPath") or "/",
            interval=float(item.get("HealthCheckIntervalSeconds", 30)),
            timeout=float(item.get("HealthCheckTimeoutSeconds", 5)),
            healthy_threshold=int(item.get("HealthyThresholdCount", 5)),
            unhealthy_threshold=int(item.get("UnhealthyThresholdCount", 2)),
            codes=parse_codes((item.get("Matcher") or {}).get("HttpCode") or "200"),
        )

    def accepts(self, status: int) -> bool:
        return any(low <= status <= high for low, high in self.codes)


def parse_codes(text: str) -> tuple[tuple[int, int], ...]:
    """`200,300-399` → ((200, 200), (300, 399)). What is no number is left out."""
    ranges = []
    for part in text.split(","):
        low, _, high = part.strip().partition("-")
        if low.isdecimal() and (high or low).isdecimal():
            ranges.append((int(low), int(high or low)))
    return tuple(ranges)


@dataclass(frozen=True)
class Finding:
    """What one probe found. `reason`: an AWS reason code and a description, `Target.Timeout: Request timed out`."""

    passed: bool
    reason: str = ""


TIMED_OUT = Finding(False, "Target.Timeout: Request timed out")
FAILED = Finding(False, "Target.FailedHealthChecks: Health checks failed")


def mismatch(status: int) -> Finding:
    return Finding(False, f"Target.ResponseCodeMismatch: Health checks failed with these codes: [{status}]")


@dataclass(frozen=True)
class Tally:
    """A target's health and how many findings of the same kind came in a row."""

    health: Health = Health.INITIAL
    passed: int = 0
    failed: int = 0

    def after(self, finding: Finding, check: HealthCheck) -> "Tally":
        if finding.passed:
            passed = self.passed + 1
            enough = self.health is Health.INITIAL or passed >= check.healthy_threshold
            return Tally(Health.HEALTHY if enough else self.health, passed=passed)
        failed = self.failed + 1
        enough = failed >= check.unhealthy_threshold
        return Tally(Health.UNHEALTHY if enough else self.health, failed=failed)

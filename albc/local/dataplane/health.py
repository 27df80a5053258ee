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
    """`HTTP`, `HTTPS`, `TCP`, or `TLS` for a handshake alone, as Classic Load Balancers do it."""
    port: int | None
    """None: the port that gets the traffic."""
    path: str
    interval: float
    timeout: float
    healthy_threshold: int
    unhealthy_threshold: int
    codes: tuple[tuple[int, int], ...]
    """Ranges of HTTP (or gRPC) status codes that count as success, both ends included."""
    version: str = "HTTP1"
    """`HTTP1`, `HTTP2` or `GRPC`."""

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "HealthCheck":
        """From a DescribeTargetGroups item."""
        port = str(item.get("HealthCheckPort", "traffic-port"))
        version = item.get("ProtocolVersion") or "HTTP1"
        matcher = item.get("Matcher") or {}
        path, codes = "/", matcher.get("HttpCode") or "200"
        if version == "GRPC":
            path, codes = "/AWS.ALB/healthcheck", matcher.get("GrpcCode") or "12"
        return cls(
            protocol=item.get("HealthCheckProtocol") or "TCP",
            port=int(port) if port.isdecimal() else None,
            path=item.get("HealthCheckPath") or path,
            interval=float(item.get("HealthCheckIntervalSeconds", 30)),
            timeout=float(item.get("HealthCheckTimeoutSeconds", 5)),
            healthy_threshold=int(item.get("HealthyThresholdCount", 5)),
            unhealthy_threshold=int(item.get("UnhealthyThresholdCount", 2)),
            codes=parse_codes(codes),
            version=version,
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


INITIAL_CHECKS = "Elb.InitialHealthChecking"
TIMED_OUT = "Target.Timeout"
FAILED = "Target.FailedHealthChecks"
MISMATCH = "Target.ResponseCodeMismatch"

Finding = str | None
"""What one probe found: None when it passed, else AWS's reason code."""


@dataclass(frozen=True)
class Tally:
    """A target's health, how many findings of the same kind came in a row, and what the last failure was."""

    health: Health = Health.INITIAL
    passed: int = 0
    failed: int = 0
    failure: str = INITIAL_CHECKS

    def after(self, finding: Finding, check: HealthCheck) -> "Tally":
        if finding is None:
            passed = self.passed + 1
            enough = self.health is Health.INITIAL or passed >= check.healthy_threshold
            return Tally(Health.HEALTHY if enough else self.health, passed=passed, failure=self.failure)
        failed = self.failed + 1
        enough = failed >= check.unhealthy_threshold
        return Tally(Health.UNHEALTHY if enough else self.health, failed=failed, failure=finding)

    @property
    def reason(self) -> str:
        """Why the target is not healthy, as AWS's reason code; empty for a healthy one."""
        match self.health:
            case Health.HEALTHY:
                return ""
            case Health.INITIAL:
                return INITIAL_CHECKS
            case Health.UNHEALTHY:
                return self.failure

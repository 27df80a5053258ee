"""Metrics of AWS calls under the reference's names (spec/runtime.md §15). Called by `albc.aws.calls`."""

from dataclasses import dataclass
from typing import Final

from opentelemetry.metrics import Meter

from albc.aws.translation import THROTTLE_CODES, is_quota
from albc.telemetry.metrics import DEFAULT_BUCKETS

_RETRY_BUCKETS: Final = tuple(range(11))
_PERMISSION_CODES: Final = frozenset({"AccessDeniedException", "AuthFailure"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What AWS said, as far as metrics care: `code` is "" on success."""

    service_id: str
    operation: str
    status: int
    code: str

    def operation_labels(self) -> dict[str, str]:
        return {"service": self.service_id, "operation": self.operation}

    def labels(self) -> dict[str, str]:
        return {**self.operation_labels(), "status_code": str(self.status), "error_code": self.code}


class CallMetrics:
    """Instruments for calls (one for each `Aws.call` or page) and requests (one for each HTTP attempt)."""

    def __init__(self, meter: Meter) -> None:
        self._calls = meter.create_counter("aws_api_calls", description="AWS API calls")
        self._call_seconds = meter.create_histogram(
            "aws_api_call_duration",
            unit="s",
            description="Seconds from call to answer, with retries and throttle waits",
            explicit_bucket_boundaries_advisory=DEFAULT_BUCKETS,
        )
        self._retries = meter.create_histogram(
            "aws_api_call_retries",
            description="Retries of one call",
            explicit_bucket_boundaries_advisory=_RETRY_BUCKETS,
        )
        self._requests = meter.create_counter("aws_api_requests", description="HTTP requests to AWS")
        self._request_seconds = meter.create_histogram(
            "aws_api_request_duration",
            unit="s",
            description="Seconds of one HTTP request",
            explicit_bucket_boundaries_advisory=DEFAULT_BUCKETS,
        )
        self._permission = meter.create_counter(
            "aws_api_call_permission_errors", description="Calls that failed for lack of a permission"
        )
        self._limit = meter.create_counter(
            "aws_api_call_service_limit_exceeded_errors", description="Calls that failed at a quota"
        )
        self._throttled = meter.create_counter("aws_api_call_throttled_errors", description="Calls that were throttled")
        self._validation = meter.create_counter(
            "aws_api_call_validation_errors", description="Calls that AWS found invalid"
        )

    def request(self, reply: Reply, seconds: float) -> None:
        """One HTTP attempt that was answered."""
        self._request_seconds.record(seconds, reply.operation_labels())
        self._requests.add(1, reply.labels())

    def call(self, reply: Reply, seconds: float, retries: int) -> None:
        """One call that was answered in the end."""
        self._call_seconds.record(seconds, reply.operation_labels())
        self._retries.record(retries, reply.operation_labels())
        labels = reply.labels()
        self._calls.add(1, labels)
        if reply.status in (401, 403) or reply.code in _PERMISSION_CODES:
            self._permission.add(1, labels)
        elif "LimitExceeded" in reply.code or is_quota(reply.code):
            self._limit.add(1, labels)
        elif reply.code in THROTTLE_CODES:
            self._throttled.add(1, labels)
        elif reply.code == "ValidationError":
            self._validation.add(1, labels)

"""What the webhooks count, under the names that dashboards know (spec/runtime.md §15)."""

from opentelemetry.metrics import Meter

from albc.telemetry.metrics import FINE_BUCKETS
from albc.webhooks.review import Denied

_TARGET_CONTROL_PATH = "/mutate-alb-target-control-namespace-v1-pod"


class WebhookMetrics:
    def __init__(self, meter: Meter) -> None:
        runtime = "controller_runtime_webhook"
        self._requests = meter.create_counter(f"{runtime}_requests_total")
        self._latency = meter.create_histogram(
            f"{runtime}_latency_seconds", explicit_bucket_boundaries_advisory=FINE_BUCKETS
        )
        self._in_flight = meter.create_up_down_counter(f"{runtime}_requests_in_flight")
        self._panics = meter.create_counter(f"{runtime}_panics_total")
        self._denied = {
            True: meter.create_counter("awslbc_webhook_mutation_failure_total"),
            False: meter.create_counter("awslbc_webhook_validation_failure_total"),
        }
        self._certificates = meter.create_counter("certwatcher_read_certificate_total")
        self._unreadable = meter.create_counter("certwatcher_read_certificate_errors_total")
        # There is nothing to convert, so nothing ever fails at it; dashboards ask all the same.
        conversions = meter.create_counter("controller_runtime_conversion_webhook_panics_total")
        for counter in (self._panics, self._certificates, self._unreadable, conversions):
            counter.add(0)

    def began(self, path: str) -> None:
        self._in_flight.add(1, {"webhook": path})

    def ended(self, path: str, code: int, seconds: float) -> None:
        self._in_flight.add(-1, {"webhook": path})
        self._requests.add(1, {"webhook": path, "code": str(code)})
        self._latency.record(seconds, {"webhook": path})

    def denied(self, path: str, mutates: bool, verdict: Denied) -> None:
        """Both side-car webhooks count under the path of the first, as the reference does."""
        name = _TARGET_CONTROL_PATH if "alb-target-control" in path else path
        self._denied[mutates].add(1, {"webhook_name": name, "error_category": verdict.check})

    def crashed(self) -> None:
        self._panics.add(1)

    def certificate_read(self) -> None:
        self._certificates.add(1)

    def certificate_unreadable(self) -> None:
        self._unreadable.add(1)

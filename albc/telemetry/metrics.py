"""Metrics: OpenTelemetry instruments, shown as Prometheus text, and exported by OTLP if so configured.

Whoever measures makes its instruments on `Metrics.meter` once and binds their labels once (`Bound…`); names are those
of spec/runtime.md §15. Labels are bounded by what makes them: kinds, controllers, operations, never free text.

Called by `albc.cli` (made once), `albc.engine.metrics`, `albc.aws`, `albc.webhooks`; shown by `albc.telemetry.http`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Counter as OtelCounter
from opentelemetry.metrics import Histogram as OtelHistogram
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import (
    Counter,
    Histogram,
    MeterProvider,
    ObservableCounter,
    ObservableGauge,
    ObservableUpDownCounter,
    UpDownCounter,
)
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest

# Whole numbers are int, so that the text says le="1" and not "1.0": as Go's client writes it.
DEFAULT_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Seconds; Prometheus' own."""
FINE_BUCKETS: Final = (1e-08, 1e-07, 1e-06, 1e-05, 0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000)
"""Seconds, from 10 ns: of the work queue and of webhooks."""
LABEL_SETS: Final = 100_000
"""Label sets of one instrument; OpenTelemetry's default of 2,000 folds the rest into one and adds a label to all."""


class Metrics:
    """The meter on which all instruments are made, and their text."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Also exported by OTLP if `environment` has OTEL_EXPORTER_OTLP_ENDPOINT or …_METRICS_ENDPOINT."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        reader = PrometheusMetricReader(
            disable_target_info=True,
            scope_info_enabled=False,
            registry=self._registry,
            cardinality_limits=dict.fromkeys(
                (Counter, UpDownCounter, Histogram, ObservableCounter, ObservableUpDownCounter, ObservableGauge),
                LABEL_SETS,
            ),
        )
        self._provider = MeterProvider(
            [reader, *_otlp(environment or {})], resource=Resource.get_empty(), shutdown_on_exit=False
        )
        self.meter: Meter = self._provider.get_meter("albc")

    def render(self) -> bytes:
        """All metrics in Prometheus' text format. Some ms for 100 series: call it in a thread."""
        return generate_latest(self._registry)

    def shutdown(self) -> None:
        """Sends what OTLP has not sent yet."""
        self._provider.shutdown()


def _otlp(environment: Mapping[str, str]) -> tuple[MetricReader, ...]:
    """Raises ImportError if the extra `otlp` is not installed."""
    if not (environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") or environment.get("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")):
        return ()
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    return (PeriodicExportingMetricReader(OTLPMetricExporter()),)


@dataclass(frozen=True, slots=True)
class BoundCounter:
    """A counter with its labels."""

    counter: OtelCounter
    labels: Mapping[str, str]

    def add(self, amount: float = 1) -> None:
        self.counter.add(amount, self.labels)


@dataclass(frozen=True, slots=True)
class BoundHistogram:
    """A histogram with its labels."""

    histogram: OtelHistogram
    labels: Mapping[str, str]

    def record(self, value: float) -> None:
        self.histogram.record(value, self.labels)

"""Spans: one for a reconcile, children for its steps, one for each AWS call.

Without `configure` every span is OpenTelemetry's no-op. Attributes never hold secrets: they are names, ids, counts.
Called by `albc.cli` (configure), `albc.engine` and `albc.aws` (span).
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.trace import Span, StatusCode
from opentelemetry.util.types import AttributeValue

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_tracer = trace.get_tracer("albc")


def span(name: str, attributes: Mapping[str, AttributeValue] | None = None) -> AbstractContextManager[Span]:
    """A span around what is done inside; an exception that leaves it is recorded on it and goes on."""
    return _tracer.start_as_current_span(name, attributes=attributes)


def failed(current: Span, reason: str) -> None:
    """Marks a span whose work failed without an exception."""
    current.set_status(StatusCode.ERROR, reason)


def configure(version: str, environment: Mapping[str, str]) -> "TracerProvider | None":
    """Exports spans by OTLP if OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT) is set; else does nothing.

    The caller shuts the provider down at the end, so that the last spans are sent. Raises ImportError if the extra
    `otlp` is not installed.
    """
    if not (environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") or environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "albc", "service.version": version}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider

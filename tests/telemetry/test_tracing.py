"""Spans cost nothing unless somebody wants them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from albc.telemetry import tracing


def test_without_an_endpoint_spans_are_not_recorded() -> None:
    assert tracing.configure("1.0", {}) is None
    with tracing.span("reconcile", {"controller": "ingress"}) as span:
        assert not span.is_recording()


def test_an_exception_goes_through_a_span() -> None:
    with pytest.raises(ZeroDivisionError), tracing.span("map"):
        raise ZeroDivisionError


PROGRAM = """
import os
from albc.telemetry import tracing
from albc.telemetry.metrics import Metrics

provider = tracing.configure("1.2.3", os.environ)
metrics = Metrics(os.environ)
metrics.meter.create_counter("reconciles").add(1)
with tracing.span("reconcile", {"controller": "ingress"}) as span:
    tracing.failed(span, "no subnets")
provider.shutdown()
metrics.shutdown()
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, dict[str, bytes]]]:
    """An OTLP endpoint, and what it was sent, by path."""
    received: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join()


def test_with_an_endpoint_spans_and_metrics_are_exported(collector: tuple[str, dict[str, bytes]]) -> None:
    # A process of its own: OpenTelemetry's provider is global and can be set only once.
    url, received = collector
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
    subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True, timeout=60)
    for word in (b"albc", b"1.2.3", b"reconcile", b"controller", b"ingress", b"no subnets"):
        assert word in received["/v1/traces"]
    assert b"reconciles" in received["/v1/metrics"]

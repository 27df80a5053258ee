"""Every metric that the reference's dashboards know is made somewhere in the code.

tests/end_to_end/test_metrics.py sees those that show from the start, the tests of each room the others.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from metric_names import ENGINE

import albc

ROOT = Path(albc.__file__).parent
NAMES = [
    *sorted(ENGINE),
    "aws_api_calls_total",
    "aws_api_call_duration_seconds",
    "aws_api_call_retries",
    "aws_api_requests_total",
    "aws_api_request_duration_seconds",
    "aws_api_call_permission_errors_total",
    "aws_api_call_service_limit_exceeded_errors_total",
    "aws_api_call_throttled_errors_total",
    "aws_api_call_validation_errors_total",
    "aws_target_group_info",
    "awslbc_readiness_gate_ready_seconds",
    "awslbc_controller_reconcile_errors_total",
    "awslbc_controller_reconcile_stage_duration",
    "awslbc_webhook_validation_failure_total",
    "awslbc_webhook_mutation_failure_total",
    "awslbc_controller_cache_object_total",
    "awslbc_controller_top_talkers",
    "controller_runtime_webhook_requests_total",
    "controller_runtime_webhook_latency_seconds",
    "controller_runtime_webhook_requests_in_flight",
    "controller_runtime_webhook_panics_total",
    "controller_runtime_conversion_webhook_panics_total",
    "certwatcher_read_certificate_total",
    "certwatcher_read_certificate_errors_total",
]
"""Of spec/runtime.md §15; those of the process and of Python come from prometheus_client."""


def names_in_the_code() -> Iterator[str]:
    """Whole texts, and those of which a prefix is put in front (`{prefix}_controller_…`)."""
    for file in ROOT.rglob("*.py"):
        if file.relative_to(ROOT).parts[0] != "local":
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and "_" in node.value:
                    yield node.value


IN_THE_CODE = frozenset(names_in_the_code())


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_of_the_reference_is_made(name: str) -> None:
    # The exporter adds the unit, and _total to counters.
    forms = {name, name.removesuffix("_total"), name.removesuffix("_seconds")}
    for prefix in ("awslbc", "controller_runtime_webhook"):
        forms |= {form.removeprefix(prefix) for form in forms}

    assert forms & IN_THE_CODE

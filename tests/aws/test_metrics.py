"""Metrics and spans of AWS calls (spec/runtime.md §15)."""

from collections.abc import AsyncIterator, Mapping

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from albc.aws.calls import Aws, open_aws
from albc.aws.clients import AwsSettings
from albc.aws.metrics import CallMetrics, Reply
from albc.errors import AlbcError, Throttled
from albc.local.aws import Account, Fault, FaultKind
from albc.telemetry import tracing
from albc.telemetry.metrics import Metrics

pytestmark = pytest.mark.anyio

ELBV2 = {"service": "Elastic Load Balancing v2", "operation": "DescribeRules"}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def measured(credentials: None, settings: AwsSettings, metrics: Metrics) -> AsyncIterator[Aws]:
    async with open_aws(settings, metrics=CallMetrics(metrics.meter)) as aws:
        yield aws


def value(metrics: Metrics, name: str, **labels: str) -> float:
    """Sum of the samples of that name whose labels hold these."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def test_a_call_counts_once_and_each_of_its_requests(measured: Aws, account: Account, metrics: Metrics) -> None:
    account.faults.add(Fault(FaultKind.THROTTLE, times=2))
    await measured.call("ec2", "describe_vpcs")

    of_call = {"service": "EC2", "operation": "DescribeVpcs"}
    assert value(metrics, "aws_api_calls_total", **of_call, status_code="200", error_code="") == 1
    assert value(metrics, "aws_api_requests_total", **of_call, status_code="200", error_code="") == 1
    throttled = {**of_call, "status_code": "503", "error_code": "RequestLimitExceeded"}
    assert value(metrics, "aws_api_requests_total", **throttled) == 2
    assert value(metrics, "aws_api_call_retries_sum", **of_call) == 2
    assert value(metrics, "aws_api_call_duration_seconds_count", **of_call) == 1
    assert value(metrics, "aws_api_request_duration_seconds_count", **of_call) == 3


async def test_a_call_that_gets_no_answer_is_not_counted(measured: Aws, account: Account, metrics: Metrics) -> None:
    account.faults.add(Fault(FaultKind.RESET_BEFORE, times=100))
    with pytest.raises(AlbcError):
        await measured.call("ec2", "describe_vpcs")
    assert value(metrics, "aws_api_calls_total") == 0


KINDS = ("permission", "service_limit_exceeded", "throttled", "validation")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDenied", "permission"),
        (401, "LimitExceeded", "permission"),
        (400, "AccessDeniedException", "permission"),
        (400, "AuthFailure", "permission"),
        (400, "RulesPerSecurityGroupLimitExceeded", "service_limit_exceeded"),
        (400, "TooManyRules", "service_limit_exceeded"),
        (503, "RequestLimitExceeded", "service_limit_exceeded"),
        (400, "ThrottlingException", "throttled"),
        (400, "PriorRequestNotComplete", "throttled"),
        (400, "ValidationError", "validation"),
        (400, "TargetGroupNotFound", ""),
        (200, "", ""),
    ],
)
def test_a_failed_call_is_counted_by_what_was_wrong(metrics: Metrics, status: int, code: str, kind: str) -> None:
    CallMetrics(metrics.meter).call(Reply(ELBV2["service"], ELBV2["operation"], status, code), 0.1, 0)

    counted = {each: value(metrics, f"aws_api_call_{each}_errors_total", error_code=code) for each in KINDS}
    assert counted == {each: float(each == kind) for each in KINDS}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What is traced, without the process's own tracer, which can be set but once."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("albc"))
    return exporter


def attributes(spans: InMemorySpanExporter) -> Mapping[str, object]:
    [span] = spans.get_finished_spans()
    return dict(span.attributes or {})


async def test_a_call_is_one_span_with_its_attempts(aws: Aws, account: Account, spans: InMemorySpanExporter) -> None:
    account.faults.add(Fault(FaultKind.THROTTLE))
    await aws.call("ec2", "describe_vpcs")

    said = attributes(spans)
    assert {key: said[key] for key in said if key != "aws.request_id"} == {
        "rpc.system": "aws-api",
        "rpc.service": "EC2",
        "rpc.method": "DescribeVpcs",
        "albc.throttle_wait_seconds": 0.0,
        "albc.attempts": 2,
        "http.response.status_code": 200,
        "aws.error_code": "",
    }
    assert said["aws.request_id"]


async def test_a_failed_call_says_why_on_its_span(aws: Aws, account: Account, spans: InMemorySpanExporter) -> None:
    account.faults.add(Fault(FaultKind.THROTTLE, times=100))
    with pytest.raises(Throttled):
        await aws.call("ec2", "describe_vpcs")

    said = attributes(spans)
    assert (said["aws.error_code"], said["http.response.status_code"]) == ("RequestLimitExceeded", 503)


async def test_no_parameter_shows_on_a_span(aws: Aws, spans: InMemorySpanExporter) -> None:
    secret = "hunter2"
    action = {
        "Type": "authenticate-oidc",
        "AuthenticateOidcConfig": {
            "Issuer": "https://id.example.com",
            "AuthorizationEndpoint": "https://id.example.com/a",
            "TokenEndpoint": "https://id.example.com/t",
            "UserInfoEndpoint": "https://id.example.com/u",
            "ClientId": "albc",
            "ClientSecret": secret,
        },
    }
    with pytest.raises(AlbcError) as refused:
        await aws.call("elbv2", "modify_rule", RuleArn="arn:gone", Actions=[action])

    [span] = spans.get_finished_spans()
    assert secret not in span.to_json()
    assert secret not in str(refused.value)

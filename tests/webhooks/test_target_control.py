"""The target-control side-car (spec/targets.md §4.7)."""

from typing import Any

import pytest

from albc.crds.target_control import ALBTargetControlConfigSpec
from albc.webhooks.review import Denied
from albc.webhooks.target_control import inject_agent, wants_agent

PREFIX = "elbv2.k8s.aws/alb-target-control-agent-"
ENABLED = {"elbv2.k8s.aws/alb-target-control-agent-injection": "enabled"}
PLAIN = {
    "image": "agent:1",
    "dataAddress": "0.0.0.0:80",
    "controlAddress": "0.0.0.0:3000",
    "destinationAddress": "127.0.0.1:8080",
}


def config(**changes: Any) -> ALBTargetControlConfigSpec:
    return ALBTargetControlConfigSpec.model_validate(PLAIN | changes)


def pod(label: str | None = None, container: str = "web", **overrides: str) -> dict[str, Any]:
    """Overrides by suffix, with underscores for dashes."""
    annotations = {PREFIX + suffix.replace("_", "-"): value for suffix, value in overrides.items()}
    labels = {} if label is None else {PREFIX + "inject": label}
    return {"metadata": {"labels": labels, "annotations": annotations}, "spec": {"containers": [{"name": container}]}}


@pytest.mark.parametrize(
    ("label", "namespace", "wanted"),
    [
        ("true", {}, True),
        ("false", ENABLED, False),
        (None, ENABLED, True),
        ("maybe", ENABLED, True),
        (None, {}, False),
    ],
)
def test_the_pod_decides_before_its_namespace(
    review: Any, label: str | None, namespace: dict[str, str], wanted: bool
) -> None:
    assert wants_agent(review(pod(label)), namespace) is wanted


def test_a_pod_with_an_agent_gets_no_second_one(review: Any) -> None:
    assert not wants_agent(review(pod("true", container="alb-target-control-agent")), {})


def test_the_agent_comes_last_with_its_settings(review: Any, admitted: Any) -> None:
    asked = review(pod())

    changed = admitted(asked, inject_agent(asked, config(rustLog="info", resources={"limits": {"cpu": "1"}})))

    assert changed["spec"]["containers"][-1] == {
        "name": "alb-target-control-agent",
        "image": "agent:1",
        "env": [
            {"name": "TARGET_CONTROL_DATA_ADDRESS", "value": "0.0.0.0:80"},
            {"name": "TARGET_CONTROL_CONTROL_ADDRESS", "value": "0.0.0.0:3000"},
            {"name": "TARGET_CONTROL_DESTINATION_ADDRESS", "value": "127.0.0.1:8080"},
            {"name": "TARGET_CONTROL_MAX_CONCURRENCY", "value": "1"},
            {"name": "RUST_LOG", "value": "info"},
        ],
        "ports": [
            {"name": "data", "containerPort": 80, "protocol": "TCP"},
            {"name": "control", "containerPort": 3000, "protocol": "TCP"},
        ],
        "resources": {"limits": {"cpu": "1"}},
    }
    assert changed["metadata"]["annotations"] == {PREFIX + "injected": "true"}


def test_annotations_override_single_settings(review: Any, admitted: Any) -> None:
    asked = review(
        pod(data_address="[::]:81", max_concurrency="7", protocol_version="GRPC", cpu_request="100m", memory_limit="x")
    )

    changed = admitted(asked, inject_agent(asked, config()))

    agent = changed["spec"]["containers"][-1]
    values = {variable["name"]: variable["value"] for variable in agent["env"]}
    assert values["TARGET_CONTROL_DATA_ADDRESS"] == "[::]:81"
    assert values["TARGET_CONTROL_MAX_CONCURRENCY"] == "7"
    assert values["TARGET_CONTROL_PROTOCOL_VERSION"] == "GRPC"
    assert agent["ports"][0]["containerPort"] == 81
    assert agent["resources"] == {"requests": {"cpu": "100m"}}
    assert changed["metadata"]["annotations"][PREFIX + "injected"] == "true"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"max_concurrency": "1001"}, "invalid concurrency value: 1001 (must be 0-1000)"),
        ({"max_concurrency": "-1"}, "invalid concurrency value: -1 (must be 0-1000)"),
        (
            {"data_address": "localhost:80"},
            "invalid data address format: localhost:80 (expected host:port format, e.g., 0.0.0.0:80)",
        ),
        (
            {"control_address": "::1:3000"},
            "invalid control address format: ::1:3000 (expected host:port format, e.g., 0.0.0.0:3000)",
        ),
        (
            {"destination_address": "127.0.0.1"},
            "invalid destination address format: 127.0.0.1 (expected host:port format, e.g., 127.0.0.1:8080)",
        ),
        ({"protocol_version": "http1"}, "invalid protocol version: http1 (must be HTTP1, HTTP2, or GRPC)"),
        ({"rust_log": "trace"}, "invalid rust log level: trace (must be debug, info, or error)"),
    ],
)
def test_a_bad_override_is_refused_with_what_is_allowed(review: Any, override: dict[str, str], message: str) -> None:
    verdict = inject_agent(review(pod(**override)), config())

    assert verdict == Denied(message, "albTargetControlAgentInjector")


def test_overrides_never_reach_the_next_pod(review: Any) -> None:
    shared = config(resources={"requests": {"cpu": "1"}})

    inject_agent(review(pod(cpu_request="2")), shared)

    assert shared.resources is not None
    assert shared.resources.requests == {"cpu": "1"}


def test_without_a_configuration_the_pod_passes(review: Any, admitted: Any) -> None:
    asked = review(pod("true"))

    assert admitted(asked, inject_agent(asked, None)) == asked.object

"""Health checks: by default, for Services with local traffic policy, and as annotations say."""

from typing import Any

import pytest

from albc.mapping.settings import MappingSettings
from albc.model.target_group import HealthCheck, HealthCheckMatcher
from tests.mapping.service.kit import IP, TCP_80, fault, service, stack, target_group

CHECK = "aws-load-balancer-healthcheck-"
LOCAL: dict[str, Any] = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 32000}
GATE_OFF = MappingSettings(cluster_name="demo", nlb_health_check_advanced_config=False)

USUAL = HealthCheck(
    port="traffic-port",
    protocol="TCP",
    interval_seconds=10,
    timeout_seconds=10,
    healthy_threshold_count=3,
    unhealthy_threshold_count=3,
)
LOCAL_CHECK = HealthCheck(
    port=32000,
    protocol="HTTP",
    path="/healthz",
    matcher=HealthCheckMatcher(http_code="200-399"),
    interval_seconds=10,
    timeout_seconds=6,
    healthy_threshold_count=2,
    unhealthy_threshold_count=2,
)


def check(
    annotations: dict[str, str] | None = None,
    *ports: dict[str, Any],
    settings: MappingSettings | None = None,
    **spec: Any,
) -> HealthCheck:
    subject = service(*ports, annotations=annotations, **spec)
    built = stack(subject, settings=settings) if settings else stack(subject)
    found = target_group(built).health_check
    assert found is not None
    return found


def test_targets_are_asked_for_a_connection_on_the_traffic_port() -> None:
    assert check() == USUAL


def test_with_local_traffic_policy_nodes_are_asked_whether_they_have_a_pod() -> None:
    assert check(**LOCAL) == LOCAL_CHECK


def test_ip_targets_do_not_care_for_the_traffic_policy() -> None:
    assert check(IP, **LOCAL) == USUAL


def test_a_node_port_service_has_no_local_health_check() -> None:
    assert check(type="NodePort", **LOCAL) == USUAL


def test_annotations_win_over_the_local_defaults() -> None:
    given = {f"{CHECK}protocol": "tcp", f"{CHECK}port": "traffic-port", f"{CHECK}timeout": "20"}

    found = check(given, **LOCAL)

    assert (found.protocol, found.port, found.timeout_seconds) == ("TCP", "traffic-port", 20)
    assert (found.path, found.matcher) == (None, None)


def test_numbers_are_taken_from_annotations() -> None:
    found = check(
        {
            f"{CHECK}interval": "30",
            f"{CHECK}timeout": "+20",
            f"{CHECK}healthy-threshold": "4",
            f"{CHECK}unhealthy-threshold": "5",
        }
    )

    assert (found.interval_seconds, found.timeout_seconds) == (30, 20)
    assert (found.healthy_threshold_count, found.unhealthy_threshold_count) == (4, 5)


@pytest.mark.parametrize("word", ["http", "HTTPS", "hTTp"])
def test_http_checks_have_a_path_and_success_codes(word: str) -> None:
    found = check({f"{CHECK}protocol": word})

    assert found.protocol == word.upper()
    assert (found.path, found.matcher) == ("/", HealthCheckMatcher(http_code="200-399"))


def test_path_and_success_codes_are_the_users() -> None:
    given = {f"{CHECK}protocol": "http", f"{CHECK}path": "/up", f"{CHECK}success-codes": "204"}

    assert (check(given).path, check(given).matcher) == ("/up", HealthCheckMatcher(http_code="204"))


def test_tcp_checks_have_neither_path_nor_codes() -> None:
    found = check({f"{CHECK}path": "/up", f"{CHECK}success-codes": "204"})

    assert (found.path, found.matcher) == (None, None)


def test_with_the_gate_off_there_are_no_codes_and_the_timeout_is_not_even_parsed() -> None:
    found = check({f"{CHECK}protocol": "http", f"{CHECK}timeout": "nonsense"}, settings=GATE_OFF)

    assert (found.path, found.matcher, found.timeout_seconds) == ("/", None, 10)


@pytest.mark.parametrize(("annotations", "port"), [({}, 30081), (IP, 8081)])
def test_a_port_of_the_service_can_be_named(annotations: dict[str, str], port: int) -> None:
    admin = {"name": "admin", "port": 81, "targetPort": 8081, "nodePort": 30081}

    assert check({**annotations, f"{CHECK}port": "admin"}, {"name": "http", **TCP_80}, admin).port == port


def test_a_number_is_the_port_itself() -> None:
    assert check({f"{CHECK}port": "9000"}).port == 9000


@pytest.mark.parametrize("name", ["nowhere", "", "HTTP"])
def test_a_name_that_no_port_has_is_refused(name: str) -> None:
    message = fault(service({"name": "http", **TCP_80}, annotations={f"{CHECK}port": name}))

    assert f"{CHECK}port: unable to find port {name} on service shop/web" in message


def test_ip_targets_need_a_number_behind_the_name() -> None:
    port = {"name": "http", "port": 80, "targetPort": "web"}

    message = fault(service(port, annotations={**IP, f"{CHECK}port": "http"}))

    assert 'targetPort is a name ("web")' in message


@pytest.mark.parametrize("word", ["UDP", "grpc", "", "HTTP "])
def test_another_protocol_is_refused(word: str) -> None:
    assert "must be one of TCP, HTTP, HTTPS" in fault(service(annotations={f"{CHECK}protocol": word}))


@pytest.mark.parametrize(
    ("suffix", "value", "allowed"),
    [
        ("port", "0", "between 1 and 65535"),
        ("port", "70000", "between 1 and 65535"),
        ("interval", "0", "between 5 and 300"),
        ("timeout", "-3", "between 2 and 120"),
        ("healthy-threshold", "1", "between 2 and 10"),
        ("unhealthy-threshold", "11", "between 2 and 10"),
    ],
)
def test_a_number_that_aws_would_refuse_is_refused_with_the_range(suffix: str, value: str, allowed: str) -> None:
    message = fault(service(annotations={f"{CHECK}{suffix}": value}))

    assert f'{CHECK}{suffix}: the value "{value}"' in message
    assert allowed in message


@pytest.mark.parametrize("suffix", ["interval", "timeout", "healthy-threshold", "unhealthy-threshold"])
def test_a_text_that_is_no_number_is_refused(suffix: str) -> None:
    assert f"{CHECK}{suffix}" in fault(service(annotations={f"{CHECK}{suffix}": "6.5"}))


def test_a_local_service_without_health_check_node_port_is_told_what_is_missing() -> None:
    assert "no healthCheckNodePort" in fault(service(externalTrafficPolicy="Local"))

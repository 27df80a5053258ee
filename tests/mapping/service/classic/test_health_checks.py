"""The one health check."""

from dataclasses import replace
from typing import Any

import pytest

from albc.model.classic import ClassicHealthCheck
from tests.mapping.service.classic.kit import HTTP, HTTPS, NAME, annotated, balancer, fault, service
from tests.mapping.service.kit import SETTINGS

LOCAL: dict[str, Any] = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 32000}


def target(**annotations: str) -> str:
    return balancer(annotated(**annotations)).health_check.target


def local_target(**annotations: str) -> str:
    given = {f"aws-load-balancer-{name.replace('_', '-')}": value for name, value in annotations.items()}
    return balancer(service(annotations=given, **LOCAL)).health_check.target


def test_the_first_listeners_node_port_is_tried() -> None:
    assert balancer(service(HTTPS, HTTP)).health_check == ClassicHealthCheck(
        target="TCP:31443", interval=10, timeout=5, healthy_threshold=2, unhealthy_threshold=6
    )


@pytest.mark.parametrize(("backend", "protocol"), [("https", "SSL"), ("SSL", "SSL"), ("http", "TCP"), ("tcp", "TCP")])
def test_the_backend_protocol_says_how(backend: str, protocol: str) -> None:
    assert target(backend_protocol=backend) == f"{protocol}:30080"


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({"healthcheck_protocol": "http"}, "HTTP:30080/"),
        ({"healthcheck_protocol": "HTTPS", "healthcheck_path": "/up"}, "HTTPS:30080/up"),
        ({"healthcheck_protocol": "tcp", "healthcheck_path": "/up"}, "TCP:30080"),
        ({"healthcheck_protocol": "Ssl"}, "SSL:30080"),
        ({"healthcheck_port": "3124"}, "TCP:3124"),
        ({"healthcheck_port": "traffic-port"}, "TCP:30080"),
        ({"healthcheck_protocol": "http", "healthcheck_path": ""}, "HTTP:30080/"),
        ({"healthcheck_protocol": "", "healthcheck_port": ""}, "TCP:30080"),
    ],
)
def test_annotations_say_what_is_tried(annotations: dict[str, str], expected: str) -> None:
    assert target(**annotations) == expected


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({}, "HTTP:32000/healthz"),
        ({"healthcheck_port": "traffic-port"}, "HTTP:30080/healthz"),
        ({"healthcheck_port": "8080", "healthcheck_path": "/up"}, "HTTP:8080/up"),
        ({"healthcheck_protocol": "TCP"}, "TCP:32000"),
        ({"backend_protocol": "https"}, "HTTP:32000/healthz"),
    ],
)
def test_with_local_traffic_the_nodes_own_port_is_asked(annotations: dict[str, str], expected: str) -> None:
    assert local_target(**annotations) == expected


def test_local_traffic_without_a_port_of_its_own_is_as_any_other() -> None:
    assert balancer(service(externalTrafficPolicy="Local")).health_check.target == "TCP:30080"


def test_kube_proxy_is_asked_where_the_operator_says_so() -> None:
    shared = replace(SETTINGS, classic_shared_health_probe=True)

    assert balancer(service(), settings=shared).health_check.target == "HTTP:10256/healthz"
    assert balancer(service(**LOCAL), settings=shared).health_check.target == "HTTP:32000/healthz"
    own = replace(shared, classic_shared_health_probe_port=10300, classic_shared_health_probe_path="/livez")
    assert balancer(service(), settings=own).health_check.target == "HTTP:10300/livez"


def test_thresholds_and_times_are_the_annotations() -> None:
    found = balancer(
        annotated(
            healthcheck_healthy_threshold="3",
            healthcheck_unhealthy_threshold="4",
            healthcheck_timeout="6",
            healthcheck_interval="30",
        )
    ).health_check

    assert (found.healthy_threshold, found.unhealthy_threshold, found.timeout, found.interval) == (3, 4, 6, 30)


def test_everything_that_is_too_small_is_told_at_once() -> None:
    subject = annotated(
        healthcheck_healthy_threshold="1",
        healthcheck_unhealthy_threshold="1",
        healthcheck_timeout="1",
        healthcheck_interval="4",
    )

    assert fault(subject) == (
        f'cannot update health check for load balancer "{NAME}": "some of the load balancer health check parameters '
        "are invalid: HealthCheck validation errors: HealthyThreshold must be at least 2; Interval must be at least 5; "
        'Timeout must be at least 2; UnhealthyThreshold must be at least 2"'
    )


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ({"healthcheck_interval": "301"}, "Interval must be at most 300"),
        ({"healthcheck_healthy_threshold": "11"}, "HealthyThreshold must be at most 10"),
        ({"healthcheck_timeout": "10"}, "Timeout (10) must be less than Interval (10)"),
        ({"healthcheck_interval": "soon"}, "failed parsing health check annotation value"),
        ({"healthcheck_protocol": "udp"}, "unsupported health check protocol udp"),
        ({"healthcheck_port": "http"}, "must be traffic-port or a number between 1 and 65535"),
        ({"healthcheck_port": "70000"}, "must be traffic-port or a number between 1 and 65535"),
        ({"healthcheck_protocol": "http", "healthcheck_path": "up"}, 'must begin with "/"'),
    ],
)
def test_what_aws_would_refuse_is_told(annotations: dict[str, str], said: str) -> None:
    assert said in fault(annotated(**annotations))


def test_with_local_traffic_a_fault_names_the_port() -> None:
    subject = service(annotations={"aws-load-balancer-healthcheck-port": "x"}, **LOCAL)

    assert fault(subject).startswith(f"Failed to ensure health check for localized service {NAME} on node port 32000: ")

"""How a target's health is asked for (spec/gateway.md §12.7)."""

from typing import Any

import pytest

from albc.model.target_group import HealthCheck, HealthCheckMatcher, TargetGroup
from tests.mapping.gateway.kit import (
    Plain,
    built,
    configured,
    faults,
    gateway,
    grpc_route,
    http_route,
    https,
    l4,
    l4_route,
    lbc,
    service,
    stack,
    target_group,
    tgc,
)

NLB = (gateway(l4("TCP", 80), layer="nlb"), l4_route("TCPRoute"))


def check(*objects: Plain, **health: Any) -> HealthCheck:
    given = [tgc(healthCheckConfig=health)] if health else []
    found = target_group(*(objects or (gateway(), service(), http_route())), *given).health_check
    assert found is not None
    return found


def test_an_albs_targets_are_asked_over_their_own_protocol() -> None:
    assert check() == HealthCheck(
        port="traffic-port",
        protocol="HTTP",
        path="/",
        matcher=HealthCheckMatcher(http_code="200-399"),
        interval_seconds=15,
        timeout_seconds=5,
        healthy_threshold_count=3,
        unhealthy_threshold_count=3,
    )


def test_an_nlbs_targets_are_asked_over_tcp_without_path_and_matcher() -> None:
    found = check(*NLB, service())

    assert (found.protocol, found.path, found.matcher) == ("TCP", None, None)


def test_grpc_targets_answer_a_grpc_code() -> None:
    tls = (
        gateway({**https(), "hostname": None}, infrastructure=configured()),
        lbc(listenerConfigurations=[{"protocolPort": "HTTPS:443", "defaultCertificate": "arn:c"}]),
    )

    found = check(*tls, service(), grpc_route())
    coded = check(*tls, service(), grpc_route(), matcher={"grpcCode": "0", "httpCode": "200"})

    assert (found.path, found.matcher) == ("/AWS.ALB/healthcheck", HealthCheckMatcher(grpc_code="12"))
    assert coded.matcher == HealthCheckMatcher(grpc_code="0")


def test_every_value_can_be_given() -> None:
    assert check(
        healthCheckPort="9000",
        healthCheckProtocol="HTTPS",
        healthCheckPath="/up",
        matcher={"httpCode": "204"},
        healthCheckInterval=30,
        healthCheckTimeout=10,
        healthyThresholdCount=5,
        unhealthyThresholdCount=2,
    ) == HealthCheck(
        port=9000,
        protocol="HTTPS",
        path="/up",
        matcher=HealthCheckMatcher(http_code="204"),
        interval_seconds=30,
        timeout_seconds=10,
        healthy_threshold_count=5,
        unhealthy_threshold_count=2,
    )


def test_a_check_over_tcp_has_neither_path_nor_matcher_even_if_given() -> None:
    found = check(healthCheckProtocol="TCP", healthCheckPath="/up", matcher={"httpCode": "204"})

    assert (found.path, found.matcher) == (None, None)


PORTS: tuple[Plain, ...] = (
    {"name": "web", "port": 80, "targetPort": 8080, "nodePort": 30080},
    {"name": "health", "port": 81, "targetPort": 8081, "nodePort": 30081},
    {"name": "named", "port": 82, "targetPort": "metrics", "nodePort": 30082},
)


def at(port: str, target_type: str) -> tuple[Plain, ...]:
    return (
        gateway(),
        service("web", *PORTS),
        http_route(),
        tgc(targetType=target_type, healthCheckConfig={"healthCheckPort": port}),
    )


@pytest.mark.parametrize(
    ("port", "target_type", "expected"),
    [
        ("traffic-port", "ip", "traffic-port"),
        ("9000", "ip", 9000),
        ("health", "ip", 8081),
        ("health", "instance", 30081),
        ("named", "instance", 30082),
    ],
)
def test_the_port_is_a_number_or_a_port_of_the_service(port: str, target_type: str, expected: int | str) -> None:
    found = target_group(*at(port, target_type)).health_check

    assert found is not None
    assert found.port == expected


@pytest.mark.parametrize("port", ["gone", "", "named"])
def test_a_port_that_cannot_be_found_is_told_on_the_route(port: str) -> None:
    assert stack(*at(port, "ip")).all(TargetGroup) == ()
    assert faults(*at(port, "ip")) == [("HTTPRoute", "web", "BackendNotFound")]


def local(**spec: Any) -> Plain:
    return service(type="LoadBalancer", externalTrafficPolicy="Local", **spec)


def test_local_traffic_asks_kube_proxy_which_nodes_have_a_pod() -> None:
    assert check(*NLB, local(healthCheckNodePort=32000)) == HealthCheck(
        port=32000,
        protocol="HTTP",
        path="/healthz",
        matcher=HealthCheckMatcher(http_code="200-399"),
        interval_seconds=10,
        timeout_seconds=6,
        healthy_threshold_count=2,
        unhealthy_threshold_count=2,
    )


def test_local_traffic_without_a_health_port_is_told_on_the_route() -> None:
    objects = (*NLB, local())

    assert stack(*objects).all(TargetGroup) == ()
    assert ("TCPRoute", "tcp", "BackendNotFound") in faults(*objects)


def test_local_traffic_does_not_matter_to_pods_and_to_albs() -> None:
    to_pods = target_group(*NLB, local(healthCheckNodePort=32000), tgc(targetType="ip")).health_check
    behind_alb = check(gateway(), http_route(), local(healthCheckNodePort=32000))

    assert to_pods is not None
    assert (to_pods.port, behind_alb.port) == ("traffic-port", "traffic-port")


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("healthCheckInterval", 0, "5 to 300"),
        ("healthCheckTimeout", -1, "2 to 120"),
        ("healthyThresholdCount", 11, "2 to 10"),
        ("unhealthyThresholdCount", 1, "2 to 10"),
    ],
)
def test_a_number_that_aws_refuses_is_told_on_its_configuration(field: str, value: int, allowed: str) -> None:
    result = built(gateway(), http_route(), service(), tgc(healthCheckConfig={field: value}))

    [problem] = result.built.problems
    assert (problem.object.kind, problem.object.name) == ("TargetGroupConfiguration", "web")
    assert f"healthCheckConfig.{field} is {value}" in problem.message
    assert allowed in problem.message

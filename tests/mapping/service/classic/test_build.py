"""A whole Service: the order of faults, the JSON form, and what mapping asks."""

import json
from pathlib import Path

import pytest

from albc.kube.objects import Service
from albc.mapping.service.classic.build import wants
from tests.mapping.service.classic.kit import CERTIFICATE, HTTPS, annotated, balancer, built, fault, service, stack
from tests.mapping.service.kit import SETTINGS

RECORDED = Path(__file__).with_name("stack.json")


def test_the_json_form_is_the_documented_one() -> None:
    found = stack(annotated(HTTPS, ssl_cert=CERTIFICATE, backend_protocol="http"))

    assert json.loads(found.to_json()) == json.loads(RECORDED.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (service(sessionAffinity="ClientIP"), "unsupported load balancer affinity: ClientIP"),
        (service(loadBalancerIP="192.0.2.1"), "LoadBalancerIP cannot be specified for AWS ELB"),
        (service(ipFamilies=["IPv6"]), "IPv6 only services are not supported for Classic Load Balancer"),
    ],
)
def test_a_spec_that_cannot_be_served_is_told(subject: Service, said: str) -> None:
    assert fault(subject).startswith(said)


@pytest.mark.parametrize(
    "subject", [service(sessionAffinity="None"), service(ipFamilies=["IPv6", "IPv4"]), service(ipFamilies=["IPv4"])]
)
def test_a_usual_spec_is_served(subject: Service) -> None:
    assert balancer(subject) == balancer(service())


def test_the_first_fault_in_the_order_of_validation_is_told() -> None:
    wrong = {
        "aws-load-balancer-name": "mine",
        "load-balancer-source-ranges": "x",
        "aws-load-balancer-proxy-protocol": "80",
        "aws-load-balancer-connection-idle-timeout": "x",
        "aws-load-balancer-subnets": ",",
    }
    said = []
    while wrong:
        said.append(fault(service(annotations=wrong)))
        del wrong[next(iter(wrong))]

    assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    ("subject", "category"),
    [
        (annotated(scheme="x"), "build_load_balancer_scheme_error"),
        (annotated(subnets="nowhere"), "build_load_balancer_subnets_error"),
        (annotated(connection_idle_timeout="x"), "build_load_balancer_error"),
        (service({"port": 80, "protocol": "UDP", "nodePort": 30080}), "build_listeners_error"),
    ],
)
def test_a_fault_says_at_which_step_of_the_build_it_was_found(subject: Service, category: str) -> None:
    [problem] = built(subject).problems

    assert problem.category == category


def test_route_tables_are_asked_for_only_where_subnets_are_discovered() -> None:
    assert wants(service(), SETTINGS).route_tables
    named = wants(annotated(subnets="subnet-1", security_groups="sg-0a,web", extra_security_groups="db"), SETTINGS)
    assert not named.route_tables
    assert named.security_groups == {"sg-0a", "web", "db"}
    assert not wants(service(loadBalancerClass="x"), SETTINGS).route_tables


@pytest.mark.parametrize(("value", "manages"), [("false", False), ("true", True)])
def test_rules_on_nodes_can_be_left_to_the_user(value: str, manages: bool) -> None:
    found = balancer(annotated(manage_backend_security_group_rules=value))

    assert found.manage_node_security_groups is manages
    assert balancer(service()).manage_node_security_groups


def test_rules_on_nodes_are_managed_or_not_and_nothing_else() -> None:
    assert "must be true or false" in fault(annotated(manage_backend_security_group_rules="no"))


def test_node_labels_are_carried_along() -> None:
    assert balancer(annotated(target_node_labels="pool=web,edge")).target_node_labels == {"pool": "web", "edge": ""}

"""Target groups and their bindings (spec/ingress.md §18)."""

from typing import Any

import pytest

from albc.kube.objects import Service
from albc.model.load_balancer import Attribute
from albc.model.target_group import HealthCheck, HealthCheckMatcher, TargetGroup
from albc.model.target_group_binding import NodeSelector, ServiceReference, TargetGroupBinding
from tests.mapping.ingress.kit import (
    Thing,
    annotated,
    class_with,
    fault,
    ingress,
    path,
    rule,
    service,
    settings,
    stack,
)

INSTANCE = {"target_type": "instance"}


def group(*things: Thing, **more: Any) -> TargetGroup:
    [only] = stack(*things, **more).all(TargetGroup)
    return only


def binding(*things: Thing, **more: Any) -> TargetGroupBinding:
    [only] = stack(*things, **more).all(TargetGroupBinding)
    return only


def health(*things: Thing) -> HealthCheck:
    found = group(*things).health_check
    assert found is not None
    return found


def ports(*things: Thing, **more: Any) -> list[int | str | None]:
    """Ports that targets open."""
    return [rule.ports[0].port for rule in binding(*things, **more).networking or ()]


def test_names_are_those_of_the_reference() -> None:
    front = ingress(rule(path(port="http")), name="web-front")
    controlled = ingress(
        rule(path(port="http")), name="web-front", annotations={"target-control-port.cart.http": "3000"}
    )

    assert group(front, service(uid="uid-1"), group="shop/web-front").name == "k8s-shop-cart-52e37e6625"
    found = group(controlled, service(uid="uid-1"), group="shop/web-front")
    assert (found.name, found.target_control_port) == ("k8s-shop-cart-c2a64ce049", 3000)


def test_name_and_number_of_a_port_are_two_target_groups_and_rules_share_each() -> None:
    written = rule(path(port="http", path="/a"), path(port=80, path="/b"), path(port=80, path="/c"))

    assert [each.id for each in stack(ingress(written)).all(TargetGroup)] == [
        "shop/web-cart:http",
        "shop/web-cart:80",
    ]


def test_instance_targets_are_registered_by_node_port() -> None:
    found = group(annotated(**INSTANCE))

    assert (found.target_type, found.port) == ("instance", 30080)


def test_ip_targets_are_registered_by_target_port_and_a_named_one_stands_as_1() -> None:
    named = service("cart", {"port": 80, "targetPort": "web"})

    assert (group(ingress()).target_type, group(ingress()).port) == ("ip", 8080)
    assert group(ingress(), named).port == 1


def test_instance_targets_need_a_node_port() -> None:
    without = service("cart", {"port": 80, "targetPort": 8080})

    assert "TargetGroup port is empty" in fault(annotated(**INSTANCE), without)


def test_the_service_goes_before_the_ingress_and_the_class_before_both() -> None:
    own = service(annotations={"target-type": "instance"})

    assert group(ingress(), own).target_type == "instance"
    assert group(ingress(), own, *class_with(targetType="ip")).target_type == "ip"


@pytest.mark.parametrize("value", ["IP", "lambda", ""])
def test_an_unknown_target_type_is_told(value: str) -> None:
    assert f'target-type: the value "{value}" must be one of instance, ip' in fault(annotated(target_type=value))


def test_ip_targets_may_be_turned_off() -> None:
    assert "EnableIPTargetType is off" in fault(ingress(), settings=settings(enable_ip_target_type=False))


def test_a_missing_port_is_told() -> None:
    assert "unable to find port 81 on service shop/cart" in fault(ingress(rule(path(port=81))))


def test_ipv6_services_need_a_dualstack_load_balancer() -> None:
    six = service(ipFamilies=["IPv6", "IPv4"])

    assert group(annotated(ip_address_type="dualstack"), six).ip_address_type == "ipv6"
    assert "unsupported IPv6 configuration" in fault(ingress(), six)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [("backend_protocol", "TCP"), ("backend_protocol_version", "grpc"), ("backend_protocol", "")],
)
def test_an_unknown_protocol_is_told(annotation: str, value: str) -> None:
    assert annotation.replace("_", "-") in fault(annotated(**{annotation: value}))


def test_the_default_health_check() -> None:
    assert health(ingress()) == HealthCheck(
        port="traffic-port",
        protocol="HTTP",
        path="/",
        matcher=HealthCheckMatcher(http_code="200"),
        interval_seconds=15,
        timeout_seconds=5,
        healthy_threshold_count=2,
        unhealthy_threshold_count=2,
    )


def test_the_health_check_of_grpc_has_defaults_of_its_own() -> None:
    found = health(annotated(backend_protocol_version="GRPC"))

    assert (found.path, found.matcher) == ("/AWS.ALB/healthcheck", HealthCheckMatcher(grpc_code="12"))
    own = health(annotated(backend_protocol_version="GRPC", success_codes="0", healthcheck_path="/x"))
    assert (own.path, own.matcher) == ("/x", HealthCheckMatcher(grpc_code="0"))


def test_the_health_check_speaks_the_backends_protocol_unless_told_otherwise() -> None:
    assert health(annotated(backend_protocol="HTTPS")).protocol == "HTTPS"
    assert health(annotated(backend_protocol="HTTPS", healthcheck_protocol="HTTP")).protocol == "HTTP"
    assert "healthcheck-protocol" in fault(annotated(healthcheck_protocol="TCP"))


TWO_PORTS = (
    {"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080},
    {"name": "hc", "port": 9, "nodePort": 30009},
)


@pytest.mark.parametrize(
    ("text", "target_type", "port"),
    [
        ("traffic-port", "ip", "traffic-port"),
        ("9000", "ip", 9000),
        ("hc", "instance", 30009),
        ("hc", "ip", 9),
    ],
)
def test_the_health_check_port_in_its_forms(text: str, target_type: str, port: int | str) -> None:
    subject = annotated(healthcheck_port=text, target_type=target_type)

    assert health(subject, service("cart", *TWO_PORTS)).port == port


def test_an_unknown_health_check_port_is_told() -> None:
    assert "failed to resolve healthCheckPort: unable to find port x" in fault(annotated(healthcheck_port="x"))


def test_a_named_target_port_cannot_be_checked_by_the_service_ports_name() -> None:
    named = service("cart", {"name": "http", "port": 80, "targetPort": "web"})

    assert "healthcheck-port" in fault(annotated(healthcheck_port="http"), named)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("healthcheck_port", "70000"),
        ("healthcheck_port", "0"),
        ("healthcheck_interval_seconds", "4"),
        ("healthcheck_interval_seconds", "15s"),
        ("healthcheck_timeout_seconds", "-3"),
        ("healthy_threshold_count", "11"),
        ("unhealthy_threshold_count", "1"),
        ("target_control_port.cart.80", "70000"),
    ],
)
def test_numbers_that_aws_refuses_are_told_before(annotation: str, value: str) -> None:
    message = fault(annotated(**{annotation: value}))

    assert annotation.replace("_", "-") in message
    assert f'"{value}"' in message


def test_a_control_port_is_for_ip_targets_and_may_stand_on_the_service() -> None:
    own = service(annotations={"target-control-port.cart.80": "3000"})

    assert group(ingress(), own).target_control_port == 3000
    assert "is not supported for instance targets" in fault(annotated(**INSTANCE), own)
    other_reference = ingress(rule(path(port="http")))
    assert group(other_reference, own).target_control_port is None


def test_attributes_are_sorted_and_those_of_the_service_replace_all() -> None:
    subject = annotated(target_group_attributes="b=1,a=2")

    assert group(subject).attributes == (Attribute(key="a", value="2"), Attribute(key="b", value="1"))
    assert group(subject, service(annotations={"target-group-attributes": "c=3"})).attributes == (
        Attribute(key="c", value="3"),
    )


def test_a_binding_leads_from_the_target_group_to_the_service() -> None:
    found, its_group = binding(ingress()), group(ingress())

    assert (found.id, found.name, found.namespace) == (its_group.id, its_group.name, "shop")
    assert found.target_group_arn == its_group.arn
    assert found.service_ref == ServiceReference(name="cart", port=80)
    assert (found.target_type, found.ip_address_type, found.vpc_id) == ("ip", "ipv4", "vpc-1")
    assert (found.target_group_protocol, found.multi_cluster_target_group) == ("HTTP", False)


@pytest.mark.parametrize(
    ("of_ingress", "of_service", "expected"),
    [("true", "false", True), ("false", "true", True), ("false", "false", False)],
)
def test_several_clusters_share_a_target_group_if_either_side_says_so(
    of_ingress: str, of_service: str, expected: bool
) -> None:
    own = service(annotations={"multi-cluster-target-group": of_service})

    assert binding(annotated(multi_cluster_target_group=of_ingress), own).multi_cluster_target_group is expected


def test_node_labels_choose_among_instances_only() -> None:
    labels = {"target_node_labels": "pool=a"}

    assert binding(annotated(**INSTANCE, **labels)).node_selector == NodeSelector(match_labels={"pool": "a"})
    assert binding(annotated(**labels)).node_selector is None
    assert binding(annotated(target_node_labels="nonsense")).node_selector is None


def _named() -> Service:
    return service("cart", {"port": 80, "targetPort": "web", "nodePort": 30080})


def test_targets_open_the_ports_that_are_used() -> None:
    assert ports(annotated(**INSTANCE)) == [30080]
    assert ports(ingress(), _named()) == ["web"]
    assert ports(annotated(healthcheck_port="9000", **{"target-control-port.cart.80": "3000"})) == [8080, 9000, 3000]
    assert ports(annotated(healthcheck_port="8080")) == [8080, 8080]


def test_targets_may_open_all_ports() -> None:
    assert ports(ingress(), settings=settings(disable_restricted_sg_rules=True)) == [None]


@pytest.mark.parametrize(
    ("name", "group", "told"),
    [
        ("w" * 64, "", "the name of the Ingress or of its group has 64 characters"),
        ("w" * 190, "edge", "shorten the name of the Ingress, of its Service, or of the Service's port"),
        ("w" * 252, "", "shorten the name of the Ingress, or name a group by group.name"),
    ],
)
def test_names_that_aws_or_kubernetes_would_refuse_are_told(name: str, group: str, told: str) -> None:
    annotations = {"group.name": group} if group else {}
    subject = ingress(rule(path("c" * 63, 80)), name=name, annotations=annotations)
    cart = service("c" * 63)

    assert told in fault(subject, cart, group=group or f"shop/{name}")


def test_the_longest_names_are_served() -> None:
    subject = ingress(rule(path("cart", 80)), name="w" * 63)

    [found] = stack(subject, group=f"shop/{'w' * 63}").all(TargetGroup)
    assert found.id == f"shop/{'w' * 63}-cart:80"

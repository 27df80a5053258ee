"""Names and ids are the reference's, byte for byte, so that a take-over changes nothing (spec/gateway.md §10, §20)."""

from dataclasses import replace

import pytest

from albc.kube.objects import GATEWAYS, Gateway
from albc.mapping.gateway import names
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.snapshot import NamespacedName
from albc.model.load_balancer import LoadBalancer
from albc.model.security_group import SecurityGroup
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import FrontendNLBTargets
from tests.mapping.gateway.kit import (
    SETTINGS,
    backend,
    built,
    configured,
    gateway,
    http,
    http_route,
    https,
    l4,
    l4_route,
    lbc,
    service,
    stack,
    tgc,
)

ARN = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/edge/50dc"


def a_gateway(namespace: str, name: str) -> Gateway:
    return GATEWAYS.convert({"metadata": {"namespace": namespace, "name": name}, "spec": {"gatewayClassName": "alb"}})


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (("80", "ip", "TCP"), "k8s-myns-myroute-27d98b9190"),
        (("80", "ip", "TCP", "HTTP2"), "k8s-myns-myroute-d2bd5deaa7"),
        (("80", "ip", "TCP", "3000"), "k8s-myns-myroute-54e81471e4"),
    ],
)
def test_a_target_groups_name_hashes_what_makes_it_another_one(identity: tuple[str, ...], expected: str) -> None:
    route = RouteRef("HTTPRoute", "my-ns", "my-route")
    target = NamespacedName("my-ns", "my-svc")

    assert names.target_group("foo", a_gateway("my-ns", "my-gw"), route, target, identity) == expected


def test_an_instance_target_groups_name_hashes_the_node_port() -> None:
    route = RouteRef("TCPRoute", "my-route-ns", "my-route")
    target = NamespacedName("my-svc-ns", "my-svc")

    name = names.target_group("my-cluster", a_gateway("my-gw-ns", "my-gw"), route, target, ("8080", "instance", "TCP"))

    assert name == "k8s-myrouten-myroute-8d8111f6ac"


def test_the_worked_example_has_the_references_names() -> None:
    found = stack(
        lbc(scheme="internet-facing"),
        gateway(http(), https(), metadata={"uid": "5f2a9c1e-7d34-4b8a-9e60-1c2d3e4f5a6b"}, infrastructure=configured()),
        tgc(targetType="ip"),
        service(),
        http_route(name="storefront", parents=[{"name": "edge", "sectionName": "https-443"}]),
    )

    assert [balancer.name for balancer in found.all(LoadBalancer)] == ["k8s-shop-edge-3fbacd8f7c"]
    assert [group.group_name for group in found.all(SecurityGroup)] == ["k8s-shop-edge-f6f934ab0f"]
    (group,) = found.all(TargetGroup)
    assert group.name == "k8s-shop-storefro-c18c21c472"
    assert group.id == "shop/edge:shop-storefront:HTTPRoute-shop-web:8080"


def test_an_nlb_in_front_of_an_alb_has_the_references_names() -> None:
    condition = {"type": "Programmed", "status": "True", "reason": "Programmed", "message": ARN}
    front = gateway(
        l4("TCP", 443),
        layer="nlb",
        name="front",
        metadata={"uid": "0a1b2c3d-0000-4000-8000-000000000001"},
        infrastructure=configured("front"),
    )

    result = built(
        front,
        {**gateway(https()), "status": {"conditions": [condition]}},
        lbc("front", scheme="internet-facing"),
        l4_route("TCPRoute", backend("edge", 443, kind="Gateway"), name="to-edge", parents=[{"name": "front"}]),
        gateway="front",
    )

    found = result.built.stack
    assert found is not None
    assert [balancer.name for balancer in found.all(LoadBalancer)] == ["k8s-shop-front-069c85a33d"]
    (group,) = found.all(TargetGroup)
    assert (group.name, group.target_type, group.port) == ("k8s-shop-toedge-b0745e7490", "alb", 443)
    assert group.id == "shop/front:shop-to-edge:TCPRoute-shop-edge:443"
    (targets,) = found.all(FrontendNLBTargets)
    (target,) = targets.targets
    assert (target.name, target.port, target.target_arn, target.target_port) == (group.name, 443, ARN, 443)


def test_a_given_name_stands_as_it_is() -> None:
    objects = (gateway(infrastructure=configured()), service(), http_route())
    found = stack(*objects, lbc(loadBalancerName="mine"), tgc(targetGroupName="theirs"))

    assert [balancer.name for balancer in found.all(LoadBalancer)] == ["mine"]
    assert [group.name for group in found.all(TargetGroup)] == ["theirs"]


def test_clusters_do_not_share_names() -> None:
    objects = (gateway(), service(), http_route())
    here = stack(*objects).all(LoadBalancer)[0].name
    there = stack(*objects, settings=replace(SETTINGS, cluster_name="other")).all(LoadBalancer)[0].name

    assert here != there

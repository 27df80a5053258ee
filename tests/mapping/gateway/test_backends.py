"""What backendRefs stand for, and what a route is told when they stand for nothing (spec/gateway.md §8)."""

from typing import Any

import pytest

from albc.mapping.gateway.routes import RouteRef
from albc.model.target_group import TargetGroup
from tests.mapping.gateway.kit import (
    GROUP,
    Plain,
    backend,
    built,
    gateway,
    http_route,
    l4,
    l4_route,
    lbc,
    service,
    stack,
    target_group,
    tgc,
    to,
)


def unresolved(reference: Plain, *objects: Plain) -> str | None:
    route = http_route({"backendRefs": [reference]})
    parent = built(gateway(), service(), route, *objects).routes[RouteRef("HTTPRoute", "shop", "web")].parents[0]
    return parent.unresolved.reason if parent.unresolved else None


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (backend("web"), None),
        (backend("gone"), "BackendNotFound"),
        (backend("web", 81), "BackendNotFound"),
        (backend("web", namespace="team"), "RefNotPermitted"),
        ({"name": "x", "kind": "ConfigMap", "port": 80}, "InvalidKind"),
        ({"name": "gone", "kind": "Gateway", "port": 80}, "BackendNotFound"),
    ],
)
def test_a_reference_is_resolved_or_the_route_says_why_not(reference: Plain, reason: str | None) -> None:
    assert unresolved(reference) == reason


def test_a_reference_without_port_is_refused() -> None:
    parent = built(gateway(), service(), http_route({"backendRefs": [{"name": "web"}]})).routes
    (outcome,) = parent[RouteRef("HTTPRoute", "shop", "web")].parents

    assert outcome.not_accepted is not None
    assert outcome.not_accepted.reason == "UnsupportedValue"


def grant(
    from_kind: str = "HTTPRoute",
    from_namespace: str = "shop",
    to_group: str = "",
    to_kind: str = "Service",
    name: str | None = None,
    in_namespace: str = "team",
) -> Plain:
    target: dict[str, Any] = {"group": to_group, "kind": to_kind, **({"name": name} if name else {})}
    return {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "grant", "namespace": in_namespace},
        "spec": {"from": [{"group": GROUP, "kind": from_kind, "namespace": from_namespace}], "to": [target]},
    }


@pytest.mark.parametrize(
    ("given", "permitted"),
    [
        (grant(), True),
        (grant(name="web"), True),
        (grant(name="other"), False),
        (grant(from_kind="GRPCRoute"), False),
        (grant(from_namespace="elsewhere"), False),
        (grant(to_kind="Secret"), False),
        (grant(to_group="apps"), False),
        (grant(in_namespace="elsewhere"), False),
    ],
)
def test_another_namespace_needs_a_grant_that_fits(given: Plain, permitted: bool) -> None:
    reason = unresolved(backend("web", namespace="team"), service(namespace="team"), given)

    assert reason == (None if permitted else "RefNotPermitted")


def test_a_gateway_of_another_namespace_needs_a_grant_of_its_own() -> None:
    arn = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/inner/1"
    condition = {"type": "Programmed", "status": "True", "reason": "Programmed", "message": arn}
    inner = {**gateway(name="inner", metadata={"namespace": "team"}), "status": {"conditions": [condition]}}
    front = gateway(l4("TCP", 80), layer="nlb")
    route = l4_route("TCPRoute", backend("inner", kind="Gateway", namespace="team"))

    assert stack(front, inner, route).all(TargetGroup) == ()
    allowed = grant(from_kind="TCPRoute", to_group=GROUP, to_kind="Gateway")
    assert len(stack(front, inner, route, allowed).all(TargetGroup)) == 1


def test_a_services_own_configuration_stands_over_the_gateways_default() -> None:
    edge = gateway(
        infrastructure={
            "parametersRef": {"group": "gateway.k8s.aws", "kind": "LoadBalancerConfiguration", "name": "edge"}
        }
    )
    objects = (
        edge,
        lbc(defaultTargetGroupConfiguration={"name": "base"}),
        tgc("base", service=None, targetType="ip", protocol="HTTPS"),
        service(),
        http_route(),
    )

    assert (target_group(*objects).target_type, target_group(*objects).protocol) == ("ip", "HTTPS")
    own = target_group(*objects, tgc(targetType="instance"))
    assert (own.target_type, own.protocol) == ("instance", "HTTPS")


def test_of_two_configurations_for_one_service_the_first_name_counts() -> None:
    objects = (gateway(), service(), http_route(), tgc("bbb", targetType="instance"), tgc("aaa", targetType="ip"))

    assert target_group(*objects).target_type == "ip"


def test_configurations_of_other_objects_do_not_count() -> None:
    for_gateway = tgc("aaa", targetType="ip")
    for_gateway["spec"]["targetReference"]["kind"] = "Gateway"
    objects = (gateway(), service(), http_route(), for_gateway, tgc("bbb", service="other", targetType="ip"))

    assert target_group(*objects).target_type == "instance"


def test_each_fault_of_a_route_is_a_problem_and_the_first_is_its_condition() -> None:
    route = http_route(to("gone", "lost"))
    result = built(gateway(), service(), route)

    reasons = [problem.reason for problem in result.built.problems]
    assert reasons == ["BackendNotFound", "BackendNotFound", "RoutesNotValid"]
    parent = result.routes[RouteRef("HTTPRoute", "shop", "web")].parents[0]
    assert parent.unresolved is not None
    assert "shop/gone" in parent.unresolved.message

"""What an NLB's listeners do: one route each, its backends by weight (spec/gateway.md §13.6)."""

from typing import Any

import pytest

from albc.mapping.gateway.routes import RouteRef
from albc.model.actions import Forward, Stickiness
from albc.model.listener import Listener
from albc.model.target_group import TargetGroup
from tests.mapping.gateway.kit import (
    Plain,
    backend,
    built,
    configured,
    faults,
    gateway,
    l4,
    l4_route,
    lbc,
    listener,
    service,
    stack,
)

EDGE = gateway(l4("TCP", 80), layer="nlb", infrastructure=configured())


def forward(port: int, *objects: Plain) -> Forward:
    (action,) = listener(port, *objects).default_actions
    assert isinstance(action, Forward)
    return action


def weights(action: Forward) -> list[int | None]:
    return [target.weight for target in action.target_groups]


def test_a_listener_forwards_to_all_backends_of_its_route() -> None:
    route = l4_route("TCPRoute", backend("web", weight=3), backend("api"))

    assert weights(forward(80, EDGE, lbc(), service(), service("api"), route)) == [3, 1]


def test_the_oldest_route_has_the_port() -> None:
    old = l4_route("TCPRoute", backend("web"), name="zzz", creationTimestamp="2026-01-01T00:00:00Z")
    new = l4_route("TCPRoute", backend("web"), name="aaa", creationTimestamp="2026-02-01T00:00:00Z")

    (group,) = stack(EDGE, lbc(), service(), new, old).all(TargetGroup)

    assert "shop-zzz" in group.id


def test_of_routes_of_one_age_the_first_name_has_the_port() -> None:
    routes = (l4_route("TCPRoute", name="bbb"), l4_route("TCPRoute", name="aaa"))

    (group,) = stack(EDGE, lbc(), service(), *routes).all(TargetGroup)

    assert "shop-aaa" in group.id


def idle(route: str, kind: str = "TCPRoute", *objects: Plain) -> str | None:
    outcome = built(*objects).routes[RouteRef(kind, "shop", route)].parents[0]
    assert outcome.not_accepted is None
    return outcome.idle.reason if outcome.idle else None


def test_a_route_that_loses_every_port_is_accepted_and_told_that_it_is_idle() -> None:
    objects = (EDGE, lbc(), service(), l4_route("TCPRoute", name="aaa"), l4_route("TCPRoute", name="bbb"))

    assert idle("aaa", "TCPRoute", *objects) is None
    assert idle("bbb", "TCPRoute", *objects) == "Superseded"


def test_a_route_that_has_one_port_of_two_is_not_idle() -> None:
    both = gateway(l4("TCP", 80), l4("TCP", 81), layer="nlb")
    first = l4_route("TCPRoute", name="aaa", parents=[{"name": "edge", "port": 80}])

    assert idle("bbb", "TCPRoute", both, service(), first, l4_route("TCPRoute", name="bbb")) is None


def test_a_udp_route_beside_a_tcp_route_on_one_port_is_told_that_it_is_idle() -> None:
    both = gateway(l4("TCP", 53), l4("UDP", 53), layer="nlb")
    objects = (both, service(), l4_route("TCPRoute", name="aaa"), l4_route("UDPRoute", name="bbb"))

    assert listener(53, *objects).protocol == "TCP_UDP"
    assert idle("bbb", "UDPRoute", *objects) == "Superseded"


@pytest.mark.parametrize("backends", [[backend("gone")], [backend("web", weight=0)]])
def test_without_anybody_to_send_to_there_is_no_listener(backends: list[Plain]) -> None:
    objects = (EDGE, lbc(), service(), l4_route("TCPRoute", *backends))

    assert stack(*objects).all(Listener) == ()
    assert idle("tcp", "TCPRoute", *objects) == "NoBackends"
    assert ("TCPRoute", "tcp", "NoBackends") in faults(*objects)


def test_a_backend_named_twice_is_one_target_group_with_both_shares() -> None:
    route = l4_route("TCPRoute", backend("web", weight=2), backend("web", weight=5))

    assert weights(forward(80, EDGE, lbc(), service(), route)) == [7]


def configuration(protocol_port: str, **fields: Any) -> Plain:
    return lbc(listenerConfigurations=[{"protocolPort": protocol_port, **fields}])


def test_stickiness_of_target_groups_is_passed_on() -> None:
    objects = (EDGE, service(), l4_route("TCPRoute"))

    assert forward(80, *objects, lbc()).stickiness is None
    for wanted in (True, False):
        found = forward(80, *objects, configuration("TCP:80", targetGroupStickiness=wanted))
        assert found.stickiness == Stickiness(enabled=wanted)


@pytest.mark.parametrize(("protocols", "upgraded"), [(("UDP",), "QUIC"), (("TCP", "UDP"), "TCP_QUIC")])
def test_udp_becomes_quic_and_loses_its_weights(protocols: tuple[str, ...], upgraded: str) -> None:
    edge = gateway(*(l4(each, 443) for each in protocols), layer="nlb", infrastructure=configured())
    objects = (
        edge,
        configuration(f"{'_'.join(protocols)}:443", quicEnabled=True),
        service(),
        l4_route("UDPRoute"),
    )

    assert listener(443, *objects).protocol == upgraded
    assert weights(forward(443, *objects)) == [None]
    assert [group.protocol for group in stack(*objects).all(TargetGroup)] == [upgraded]


def test_quic_over_tcp_is_refused_on_its_listener_and_the_others_serve() -> None:
    edge = gateway(l4("TCP", 80), l4("TCP", 81), layer="nlb", infrastructure=configured())
    objects = (edge, configuration("TCP:80", quicEnabled=True), service(), l4_route("TCPRoute"))

    assert [each.id for each in stack(*objects).all(Listener)] == ["81"]
    assert faults(*objects) == [("Gateway", "edge", "UnsupportedProtocol")]


ARN = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/inner/50dc"


def inner(message: str = ARN, status: str = "True") -> Plain:
    condition = {"type": "Programmed", "status": status, "reason": "x", "message": message}
    return {**gateway(name="inner"), "status": {"conditions": [condition]}}


CHAIN = (EDGE, lbc(), l4_route("TCPRoute", backend("inner", kind="Gateway")))


def test_an_alb_behind_an_nlb_has_no_binding_and_is_asked_over_http() -> None:
    (group,) = stack(*CHAIN, inner()).all(TargetGroup)

    assert (group.target_type, group.port, group.protocol) == ("alb", 80, "TCP")
    assert group.health_check is not None
    assert (group.health_check.protocol, group.health_check.port) == ("HTTP", "traffic-port")


@pytest.mark.parametrize(
    "other", [inner(status="False"), inner(message=ARN.replace("/app/", "/net/")), inner(message="")]
)
def test_an_alb_that_is_not_there_yet_is_told_on_its_route_alone(other: Plain) -> None:
    result = built(*CHAIN, other)

    parent = result.routes[RouteRef("TCPRoute", "shop", "tcp")].parents[0]
    assert parent.unresolved is not None
    assert parent.unresolved.reason == "BackendNotFound"
    assert result.built.stack is not None


def test_a_protocol_that_an_alb_does_not_take_is_told_on_its_route_and_the_others_serve() -> None:
    edge = gateway(l4("TCP", 80), l4("UDP", 81), layer="nlb")
    behind = backend("inner", kind="Gateway")
    objects = (edge, lbc(), inner(), l4_route("TCPRoute", behind), l4_route("UDPRoute", behind, name="udp"))

    assert [(each.id, each.protocol) for each in stack(*objects).all(Listener)] == [("80", "TCP")]
    parent = built(*objects).routes[RouteRef("UDPRoute", "shop", "udp")].parents[0]
    assert parent.not_accepted is not None
    assert (parent.not_accepted.reason, "TCPRoute" in parent.not_accepted.message) == ("UnsupportedValue", True)


def test_a_target_group_configuration_of_the_inner_gateway_holds_for_its_health_check() -> None:
    configured_inner = {
        "apiVersion": "gateway.k8s.aws/v1",
        "kind": "TargetGroupConfiguration",
        "metadata": {"name": "inner", "namespace": "shop"},
        "spec": {
            "targetReference": {"kind": "Gateway", "name": "inner"},
            "defaultConfiguration": {"healthCheckConfig": {"healthCheckProtocol": "HTTPS", "healthCheckPort": "9"}},
        },
    }
    (group,) = stack(*CHAIN, inner(), configured_inner).all(TargetGroup)

    assert group.health_check is not None
    assert (group.health_check.protocol, group.health_check.port) == ("HTTPS", 80)

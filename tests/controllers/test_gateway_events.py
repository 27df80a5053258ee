"""Which Gateways a change wakes, and which it leaves alone (spec/gateway.md §2)."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import pytest

from albc.controllers.gateway_events import GatewayEvents, programmed_changed
from albc.controllers.stores import Stores
from albc.engine.informer import Change
from albc.engine.store import ObjectKey, Store
from albc.engine.watches import each_state
from albc.kube.objects import (
    GATEWAY_CLASSES,
    GATEWAYS,
    HTTP_ROUTES,
    REFERENCE_GRANTS,
    SECRETS,
    SERVICES,
    Gateway,
    HTTPRoute,
    ReferenceGrant,
)
from albc.mapping.gateway.classes import ALB

ARN = "arn:aws:elasticloadbalancing:us-west-2:111122223333:loadbalancer/app/edge/1"


def gateway(status: str, message: str = "", **labels: str) -> Gateway:
    condition: dict[str, Any] = {"type": "Programmed", "status": status, "message": message}
    return GATEWAYS.convert(
        {
            "metadata": {"name": "edge", "namespace": "shop", "labels": labels},
            "spec": {"gatewayClassName": "alb", "listeners": []},
            "status": {"conditions": [condition]},
        }
    )


def test_a_load_balancer_that_becomes_ready_wakes_the_gateway_in_front() -> None:
    assert programmed_changed(Change("updated", gateway("True", ARN), gateway("Unknown")))


def test_another_load_balancer_behind_the_same_name_wakes_the_gateway_in_front() -> None:
    assert programmed_changed(Change("updated", gateway("True", ARN + "2"), gateway("True", ARN)))


def test_a_gateway_that_goes_wakes_the_one_in_front() -> None:
    assert programmed_changed(Change("deleted", gateway("True", ARN), gateway("True", ARN)))


def test_what_does_not_touch_the_load_balancer_wakes_nobody() -> None:
    assert not programmed_changed(Change("updated", gateway("True", ARN, team="a"), gateway("True", ARN)))


class Fleet:
    """1,000 HTTPRoutes on 50 Gateways, each with a Service of its own, in real stores."""

    def __init__(self) -> None:
        self.stores = Stores(**{field.name: Store(field.name) for field in fields(Stores)})
        self.events = GatewayEvents(self.stores, ALB)
        self.stores.gateway_classes.put(
            GATEWAY_CLASSES.convert({"metadata": {"name": "alb"}, "spec": {"controllerName": "gateway.k8s.aws/alb"}})
        )
        for number in range(50):
            self.stores.gateways.put(edge(number))
        for number in range(1000):
            self.stores.http_routes.put(route(number))


def edge(number: int, **tls: Any) -> Gateway:
    listener: dict[str, Any] = {"name": "web", "port": 443, "protocol": "HTTPS", **({"tls": tls} if tls else {})}
    metadata = {"name": f"edge-{number}", "namespace": "shop"}
    return GATEWAYS.convert({"metadata": metadata, "spec": {"gatewayClassName": "alb", "listeners": [listener]}})


def route(number: int, gateway: int | None = None) -> HTTPRoute:
    parent = {"name": f"edge-{number % 50 if gateway is None else gateway}"}
    rule = {"backendRefs": [{"name": f"app-{number}", "port": 80}]}
    return HTTP_ROUTES.convert(
        {"metadata": {"name": f"app-{number}", "namespace": "shop"}, "spec": {"parentRefs": [parent], "rules": [rule]}}
    )


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet()


def named(keys: Iterable[ObjectKey]) -> list[str]:
    return [key.name for key in keys]


def test_an_edit_of_one_route_of_a_thousand_wakes_one_gateway_of_fifty(fleet: Fleet) -> None:
    assert named(fleet.events.of_route(route(7))) == ["edge-7"]


def test_a_route_that_moves_wakes_the_gateway_that_it_leaves_and_the_one_that_it_joins(fleet: Fleet) -> None:
    woken = each_state(fleet.events.of_route)(Change("updated", route(7, gateway=9), route(7)))

    assert sorted(set(named(woken))) == ["edge-7", "edge-9"]


def test_a_service_wakes_the_gateways_whose_routes_use_it(fleet: Fleet) -> None:
    service = SERVICES.convert({"metadata": {"name": "app-123", "namespace": "shop"}, "spec": {}})

    assert named(fleet.events.of_service(Change("updated", service, service))) == ["edge-23"]


def test_a_secret_wakes_the_gateway_whose_listener_names_it() -> None:
    fleet = Fleet()
    fleet.stores.gateways.put(edge(3, certificateRefs=[{"name": "web"}]))
    secret = SECRETS.convert({"metadata": {"name": "web", "namespace": "shop"}})
    other = SECRETS.convert({"metadata": {"name": "web", "namespace": "elsewhere"}})

    assert named(fleet.events.of_secret(Change("updated", secret, secret))) == ["edge-3"]
    assert named(fleet.events.of_secret(Change("updated", other, other))) == []


def test_a_grant_wakes_the_gateways_of_the_namespace_that_it_lets_in(fleet: Fleet) -> None:
    def grant(kind: str, namespace: str) -> ReferenceGrant:
        source = {"group": "gateway.networking.k8s.io", "kind": kind, "namespace": namespace}
        spec = {"from": [source], "to": [{"group": "", "kind": "Secret"}]}
        return REFERENCE_GRANTS.convert({"metadata": {"name": "certificates", "namespace": "vault"}, "spec": spec})

    assert len(named(fleet.events.of_grant(grant("Gateway", "shop")))) == 50
    assert named(fleet.events.of_grant(grant("Gateway", "elsewhere"))) == []

"""A Gateway in front of another goes by the other's condition Programmed, and by nothing else of it."""

from typing import Any

from albc.controllers.gateway_events import programmed_changed
from albc.engine.informer import Change
from albc.kube.objects import GATEWAYS, Gateway

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

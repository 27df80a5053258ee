"""Attributes that nobody names and that are not AWS's defaults: told, and left alone."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from albc.deploy.plan import make_plan
from albc.deploy.settings import DeploySettings
from albc.model.inventory import InventoryView
from albc.model.load_balancer import Attribute

View = Callable[..., InventoryView]

IDLE, PROTECTION = "idle_timeout.timeout_seconds", "deletion_protection.enabled"


def holding(view: InventoryView, attributes: Mapping[str, str], *, written: bool = False) -> InventoryView:
    """The load balancer, with these attributes besides AWS's defaults."""
    [balancer] = view.load_balancers
    held = replace(
        balancer, attributes=attributes, written_attributes=frozenset(attributes) if written else frozenset()
    )
    return replace(view, load_balancers=(held,))


def told(
    site: Any, view: InventoryView, settings: DeploySettings, *wanted: Attribute
) -> Mapping[str, Mapping[str, str]]:
    """By resource."""
    stack = site.stack("a.example.com", load_balancer_attributes=wanted)
    return {str(left.resource): left.attributes for left in make_plan(stack, view, settings).unmanaged}


def test_what_is_not_aws_default_and_not_named_is_told(site: Any, deployed: View, settings: DeploySettings) -> None:
    view = holding(deployed(site.stack("a.example.com")), {IDLE: "120", "routing.http2.enabled": "true"})

    assert told(site, view, settings) == {"LoadBalancer LoadBalancer": {IDLE: "120"}}
    assert make_plan(site.stack("a.example.com"), view, settings).is_empty


def test_what_is_named_or_was_written_by_us_is_managed(site: Any, deployed: View, settings: DeploySettings) -> None:
    view = holding(deployed(site.stack("a.example.com")), {IDLE: "120"})

    assert told(site, view, settings, Attribute(key=IDLE, value="90")) == {}
    assert told(site, holding(view, {IDLE: "120"}, written=True), settings) == {}


@pytest.mark.parametrize("written", [True, False])
def test_protection_that_silence_does_not_lift_is_told(
    site: Any, deployed: View, settings: DeploySettings, written: bool
) -> None:
    view = holding(deployed(site.stack("a.example.com")), {PROTECTION: "true"}, written=written)

    assert told(site, view, settings) == {"LoadBalancer LoadBalancer": {PROTECTION: "true"}}


def test_target_groups_and_listeners_are_told_apart(site: Any, deployed: View, settings: DeploySettings) -> None:
    view = deployed(site.stack("a.example.com"))
    [group], [balancer] = view.target_groups, view.load_balancers
    [listener] = balancer.listeners
    slow = replace(group, attributes={"slow_start.duration_seconds": "60"})
    named = replace(listener, attributes={"routing.http.response.server.enabled": "false"})
    view = replace(view, target_groups=(slow,), load_balancers=(replace(balancer, listeners=(named,)),))

    assert told(site, view, settings) == {
        "TargetGroup shop/web-a.example.com:80": {"slow_start.duration_seconds": "60"},
        "Listener 80": {"routing.http.response.server.enabled": "false"},
    }

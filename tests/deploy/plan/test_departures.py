"""Who leaves a stack that cannot be built takes along what is surely his, and nothing of those who stay."""

from collections.abc import Callable
from typing import Any

import pytest

from albc.deploy.plan import Operation
from albc.deploy.plan.departures import make_departure
from albc.deploy.settings import DeploySettings
from albc.model.actions import Redirect
from albc.model.inventory import InventoryView
from albc.model.listener import ListenerRule
from albc.model.stack import Stack

View = Callable[..., InventoryView]


def actions(operations: tuple[Operation, ...]) -> list[str]:
    return [operation.action for operation in operations]


@pytest.fixture
def departure(deployed: View, settings: DeploySettings) -> Callable[..., tuple[Operation, ...]]:
    """The operations when the Ingresses of these hosts leave, and those of the others stay."""

    def departure(stack: Stack, leaving: list[str], staying: list[str]) -> tuple[Operation, ...]:
        of = [[f"shop/web-{host}" for host in hosts] for hosts in (leaving, staying)]
        return make_departure(deployed(stack), settings, *of).operations

    return departure


def test_the_rule_the_binding_and_the_target_group_of_who_leaves_go(site: Any, departure: Any) -> None:
    operations = departure(site.stack("a", "b"), ["a"], ["b"])
    assert actions(operations) == ["delete_rule", "delete_binding", "delete_target_group"]
    [rule] = [rule for rule in site.stack("a", "b").all(ListenerRule) if rule.priority == 1]
    assert operations[0].target.endswith(rule.id)


def test_the_load_balancer_goes_along_if_nothing_on_it_is_of_others(site: Any, departure: Any) -> None:
    found = actions(departure(site.stack("a"), ["a"], ["never-built"]))
    assert {"delete_load_balancer", "delete_target_group"} <= set(found)


def test_a_rule_that_shows_no_owner_stays_and_so_does_the_load_balancer(site: Any, departure: Any) -> None:
    stack = site.stack("a")
    listener_arn = stack.all(ListenerRule)[0].listener_arn
    redirect = ListenerRule(
        id="80:9",
        listener_arn=listener_arn,
        priority=9,
        actions=(Redirect(host="elsewhere", status_code="HTTP_301"),),
        conditions=stack.all(ListenerRule)[0].conditions,
        tags={},
    )
    operations = departure(Stack.of(stack.id, [*stack.resources, redirect]), ["a"], ["never-built"])
    assert actions(operations) == ["delete_rule", "delete_binding", "delete_target_group"]


def test_an_id_that_could_be_of_two_is_of_the_longer_name(site: Any, deployed: View, settings: DeploySettings) -> None:
    view = deployed(site.stack("api-cart"))
    assert not make_departure(view, settings, ["shop/web-"], ["shop/web-api-"]).operations

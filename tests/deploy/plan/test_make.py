"""What a whole plan promises."""

from collections.abc import Callable
from typing import Any

import pytest

from albc.deploy.plan import Operation, Plan, Verb, make_plan
from albc.deploy.settings import DeploySettings
from albc.model.inventory import InventoryView
from albc.model.stack import Stack

View = Callable[..., InventoryView]


def actions(plan: Plan) -> list[str]:
    return [operation.action for operation in plan.operations]


@pytest.fixture
def stack(site: Any) -> Stack:
    result: Stack = site.stack("a.example.com", "b.example.com")
    return result


def test_a_deployed_stack_needs_nothing(stack: Stack, deployed: View, settings: DeploySettings) -> None:
    assert make_plan(stack, deployed(stack), settings).operations == ()


def test_a_new_stack_is_created_in_the_order_of_what_refers_to_what(stack: Stack, settings: DeploySettings) -> None:
    plan = make_plan(stack, InventoryView(stack=stack.id, tag_prefix="ingress.k8s.aws"), settings)

    assert actions(plan) == [
        "create_security_group",
        "authorize_security_group_ingress",
        "create_target_group",
        "create_target_group",
        "create_load_balancer",
        "create_listener",
        "create_rule",
        "create_rule",
        "create_binding",
        "create_binding",
    ]


def test_an_empty_stack_deletes_everything_users_first(stack: Stack, deployed: View, settings: DeploySettings) -> None:
    plan = make_plan(Stack(stack.id), deployed(stack), settings)

    assert actions(plan) == [
        "delete_load_balancer",
        "delete_binding",
        "delete_binding",
        "delete_target_group",
        "delete_target_group",
        "delete_security_group",
    ]


def test_a_plan_can_be_carried_out_in_its_own_order(
    stack: Stack, deployed: View, settings: DeploySettings, site: Any
) -> None:
    plan = make_plan(site.stack("b.example.com", "c.example.com", scheme="internal"), deployed(stack), settings)
    places = {operation.resource: index for index, operation in reversed(list(enumerate(plan.operations)))}

    for index, operation in enumerate(plan.operations):
        assert all(places[needed] < index for needed in operation.needs if needed in places)


def test_nothing_is_deleted_before_all_that_is_new_stands(
    stack: Stack, deployed: View, settings: DeploySettings, site: Any
) -> None:
    plan = make_plan(site.stack("c.example.com"), deployed(stack), settings)

    verbs = [operation.verb for operation in plan.operations]
    deletions = [index for index, verb in enumerate(verbs) if verb is Verb.DELETE]
    assert deletions
    assert min(deletions) > max(index for index, verb in enumerate(verbs) if verb is Verb.CREATE)


def test_the_same_input_gives_the_same_plan(stack: Stack, deployed: View, settings: DeploySettings, site: Any) -> None:
    other = site.stack("c.example.com")

    assert make_plan(other, deployed(stack), settings) == make_plan(other, deployed(stack), settings)


def test_every_operation_says_why(stack: Stack, deployed: View, settings: DeploySettings, site: Any) -> None:
    def told(operation: Operation) -> bool:
        return bool(operation.because)

    plan = make_plan(site.stack("c.example.com", scheme="internal"), deployed(stack), settings)

    assert all(map(told, plan.operations))


def test_a_member_of_another_stack_is_nobodys_business(stack: Stack, deployed: View, settings: DeploySettings) -> None:
    view = deployed(stack, prefix="service.k8s.aws")

    assert make_plan(stack, view, settings).is_empty

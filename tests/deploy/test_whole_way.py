"""Stack to AWS and back: what a user sees of plan and apply together, on the local account."""

from typing import Any

import pytest

from albc.model.load_balancer import LoadBalancer
from albc.model.reference import Ref
from albc.model.stack import Stack

pytestmark = pytest.mark.anyio

Controller = Any
WebSite = Any


async def test_a_new_stack_is_made_in_one_pass(controller: Controller, web: WebSite) -> None:
    applied = await controller.deploy(web.stack("shop.example.com"))

    assert [str(failure.error) for failure in applied.failed] == []
    assert applied.is_complete
    assert sorted(controller.writes()) == [
        "AuthorizeSecurityGroupIngress",
        "CreateListener",
        "CreateLoadBalancer",
        "CreateRule",
        "CreateSecurityGroup",
        "CreateTargetGroup",
    ]
    assert applied.resolved[Ref(LoadBalancer.type, "LoadBalancer", "dnsName")]
    assert len(controller.bindings.items) == 1


async def test_what_is_as_it_should_be_costs_no_call(controller: Controller, web: WebSite) -> None:
    stack = web.stack("shop.example.com")
    await controller.settle(stack)
    await controller.deploy(stack)
    before = len(controller.account.calls)

    applied = await controller.deploy(stack)

    assert applied.done == ()
    assert len(controller.account.calls) == before


async def test_a_restarted_controller_changes_nothing(controller: Controller, web: WebSite) -> None:
    stack = web.stack("shop.example.com", "blog.example.com")
    await controller.settle(stack)
    controller.restart()
    controller.account.calls.clear()

    assert (await controller.plan(stack)).is_empty
    assert controller.writes() == []


async def test_a_new_host_is_one_write(controller: Controller, web: WebSite) -> None:
    await controller.settle(web.stack("shop.example.com"))
    controller.account.calls.clear()
    stack = web.stack("shop.example.com")
    rule = web.rule(1, "store.example.com", web.target_group("shop.example.com"))

    await controller.settle(Stack.of(stack.id, [rule, *(one for one in stack.resources if one.type != rule.type)]))

    assert controller.writes() == ["ModifyRule"]


async def test_deleting_everything_leaves_the_account_as_it_was(controller: Controller, web: WebSite) -> None:
    before = controller.account.snapshot()
    groups = controller.account.call("ec2", "DescribeSecurityGroups", {})
    await controller.settle(web.stack("shop.example.com", "blog.example.com"))

    await controller.settle(Stack(web.id))

    assert controller.account.snapshot() == before
    assert controller.account.call("ec2", "DescribeSecurityGroups", {}) == groups
    assert controller.bindings.items == {}

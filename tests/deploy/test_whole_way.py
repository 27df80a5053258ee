"""Stack to AWS and back: what a user sees of plan and apply together, on the local account."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from albc.controllers.deployer import Deployer
from albc.deploy.apply import Applier
from albc.deploy.settings import DeploySettings
from albc.engine.outcome import Done
from albc.model.load_balancer import Attribute, LoadBalancer
from albc.model.reference import Ref
from albc.model.security_group import SecurityGroup
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

    with capture_logs() as lines:
        await controller.settle(Stack.of(stack.id, [rule, *(one for one in stack.resources if one.type != rule.type)]))

    assert controller.writes() == ["ModifyRule"]
    [line] = [line for line in lines if line["event"] == "applied"]
    assert (line["action"], line["resource"], line["stackID"]) == (
        "modify_rule",
        f"ListenerRule {rule.id}",
        str(stack.id),
    )
    assert "onditions" in line["because"]


async def test_deleting_everything_leaves_the_account_as_it_was(controller: Controller, web: WebSite) -> None:
    before = controller.account.snapshot()
    groups = controller.account.call("ec2", "DescribeSecurityGroups", {})
    await controller.settle(web.stack("shop.example.com", "blog.example.com"))

    await controller.settle(Stack(web.id))

    assert controller.account.snapshot() == before
    assert controller.account.call("ec2", "DescribeSecurityGroups", {}) == groups
    assert controller.bindings.items == {}


async def test_a_load_balancer_that_cannot_change_is_replaced_without_a_gap(
    controller: Controller, web: WebSite
) -> None:
    await controller.settle(web.stack("shop.example.com"))
    controller.account.calls.clear()

    await controller.settle(web.stack("shop.example.com", scheme="internal", name="k8s-shop-web-other"))

    calls = controller.writes()
    assert calls.index("CreateLoadBalancer") < calls.index("CreateListener") < calls.index("DeleteLoadBalancer")
    [balancer] = controller.account.call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]
    assert balancer["Scheme"] == "internal"
    [group] = controller.account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]
    assert group["LoadBalancerArns"] == [balancer["LoadBalancerArn"]]
    assert len(controller.bindings.items) == 1


async def test_a_load_balancer_that_is_to_keep_its_name_is_replaced_by_one_of_a_name_like_it(
    controller: Controller, web: WebSite
) -> None:
    await controller.settle(web.stack("shop.example.com", name="pinned"))
    controller.account.calls.clear()

    await controller.settle(web.stack("shop.example.com", scheme="internal", name="pinned"))

    calls = controller.writes()
    assert calls.index("CreateLoadBalancer") < calls.index("CreateRule") < calls.index("DeleteLoadBalancer")
    [balancer] = controller.account.call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]
    assert balancer["LoadBalancerName"].startswith("pinned-")
    assert (await controller.plan(web.stack("shop.example.com", scheme="internal", name="pinned"))).is_empty


async def test_deletion_protection_is_never_lifted(controller: Controller, web: WebSite) -> None:
    protected = (Attribute(key="deletion_protection.enabled", value="true"),)
    await controller.settle(web.stack("shop.example.com", load_balancer_attributes=protected))
    controller.account.calls.clear()

    applied = await controller.deploy(Stack(web.id))

    assert controller.writes() == []
    assert ["deletion protection" in operation.because for operation in applied.blocked] == [True]
    assert len(controller.bindings.items) == 1


async def test_a_protected_load_balancer_is_not_replaced_but_goes_on(controller: Controller, web: WebSite) -> None:
    protected = (Attribute(key="deletion_protection.enabled", value="true"),)
    await controller.settle(web.stack("shop.example.com", load_balancer_attributes=protected))
    controller.account.calls.clear()
    other = web.stack("shop.example.com", "blog.example.com", scheme="internal", load_balancer_attributes=protected)

    applied = await controller.settle(other)

    assert len(applied.blocked) == 1
    assert sorted(controller.writes()) == ["CreateRule", "CreateTargetGroup"]


async def test_what_others_own_is_not_touched(controller: Controller, web: WebSite) -> None:
    stack = web.stack("shop.example.com")
    other_cluster = DeploySettings(cluster_name="staging", vpc_id=controller.settings.vpc_id)
    stranger = type(controller)(controller.account, controller.aws, other_cluster, type(controller.bindings)())
    renamed = Stack.of(
        stack.id,
        [replace(one, name=f"other-{one.name[-10:]}") if hasattr(one, "name") else one for one in stack.resources],
    )
    renamed = Stack.of(
        stack.id,
        [replace(one, group_name="other") if isinstance(one, SecurityGroup) else one for one in renamed.resources],
    )
    await stranger.settle(renamed)
    before = controller.account.snapshot()

    await controller.settle(stack)
    await controller.settle(Stack(web.id))

    assert controller.account.snapshot() == before


async def test_a_rule_moves_without_being_rewritten(controller: Controller, web: WebSite) -> None:
    await controller.settle(web.stack("a.example.com", "b.example.com", "c.example.com"))
    controller.account.calls.clear()

    await controller.settle(web.stack("c.example.com", "a.example.com", "b.example.com"))

    writes = controller.writes()
    assert writes.count("SetRulePriorities") == 1
    assert set(writes) == {"SetRulePriorities", "AddTags"}
    assert (await controller.plan(web.stack("c.example.com", "a.example.com", "b.example.com"))).is_empty


async def test_bindings_that_take_their_time_hold_no_worker(controller: Controller, web: WebSite) -> None:
    controller.bindings.finalizers = True
    await controller.settle(web.stack("shop.example.com"))

    applied = await controller.deploy(Stack(web.id))

    assert applied.requeue_after is not None
    assert controller.account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"] != []
    controller.bindings.items.clear()
    await controller.settle(Stack(web.id))
    assert controller.account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"] == []


async def test_what_cannot_be_changed_is_a_warning_and_a_success(controller: Controller, web: WebSite) -> None:
    applier = Applier(controller.aws, controller.inventory, controller.bindings)
    deployer = Deployer(controller.aws, controller.inventory, applier, controller.bindings, controller.settings)
    await deployer.deploy(web.stack("shop.example.com"), "ingress.k8s.aws")
    controller.account.calls.clear()

    with capture_logs() as lines:
        pool = web.stack("shop.example.com", customer_owned_ipv4_pool="ipv4pool-coip-1")
        deployed = await deployer.deploy(pool, "ingress.k8s.aws")

    assert deployed.outcome == Done()
    assert controller.writes() == []
    [line] = [line for line in lines if line["log_level"] == "warning"]
    assert (line["event"], line["stackID"]) == ("stays as it is", "shop/web")
    assert "CustomerOwnedIpv4Pool is none and not ipv4pool-coip-1" in line["because"]

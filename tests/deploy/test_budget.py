"""What the controller's work costs in calls to AWS."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from albc.aws.inventory import StackKey
from albc.controllers.deployer import Deployed, Deployer
from albc.deploy.apply import Applier
from albc.engine.outcome import Done, Requeue
from albc.errors import Invalid, Unavailable
from albc.local.aws import AccountOptions, Fault, FaultKind, Quotas
from albc.model.load_balancer import Attribute, LoadBalancer
from albc.model.stack import Stack, StackID

pytestmark = pytest.mark.anyio

PREFIX = "ingress.k8s.aws"
Local = Callable[..., tuple[Any, Any]]


class Sites:
    """Many web sites of one cluster, deployed by one controller after the other."""

    def __init__(self, controller: Any, site: Any) -> None:
        self.controller = controller
        self._site = site
        self.told: list[StackKey] = []
        self.restart()

    def restart(self) -> None:
        controller = self.controller
        controller.restart(on_drift=self.told.append)
        applier = Applier(controller.aws, controller.inventory, controller.bindings)
        self._deployer = Deployer(
            controller.aws, controller.inventory, applier, controller.bindings, controller.settings
        )

    def stack(self, number: int, *hosts: str, **balancer: Any) -> Stack:
        return _renamed(self._site.stack(*hosts or ("shop.example.com",), **balancer), number)

    async def deploy(self, *stacks: Stack) -> Deployed:
        """As a controller does it: what it has, then what it should have."""
        for stack in stacks:
            await self._deployer.existing(stack.id, PREFIX, "application")
            deployed = await self._deployer.deploy(stack, PREFIX)
        return deployed

    def calls(self) -> Sequence[Any]:
        """Since the last time."""
        calls = list(self.controller.account.calls)
        self.controller.account.calls.clear()
        return calls


def _renamed(stack: Stack, number: int) -> Stack:
    """With names of its own: AWS has each only once."""

    def renamed(one: Any) -> Any:
        names = [member for member in ("name", "group_name") if hasattr(one, member)]
        return replace(one, **{member: f"{getattr(one, member)[:-4]}{number:04}" for member in names})

    return Stack.of(StackID("shop", f"web-{number}"), [renamed(one) for one in stack.resources])


@pytest.fixture
def sites(local: Local) -> Sites:
    options = AccountOptions(active_seconds=0.0, quotas=Quotas(application_load_balancers=500))
    return Sites(*local(options))


async def test_a_new_ingress_costs_at_most_twelve_calls(sites: Sites) -> None:
    await sites.deploy(sites.stack(0))
    sites.calls()

    await sites.deploy(sites.stack(1))

    assert len(sites.calls()) <= 12


async def test_a_touch_costs_no_call(sites: Sites) -> None:
    await sites.deploy(sites.stack(1))
    sites.calls()

    await sites.deploy(sites.stack(1))

    assert sites.calls() == []


async def test_a_new_host_costs_one_write_and_at_most_two_reads(sites: Sites) -> None:
    stack = sites.stack(1, "a.example.com")
    await sites.deploy(stack)
    other = {one.id: one for one in sites.stack(1, "b.example.com").resources}
    rule = other["80:1"]
    edited = Stack.of(stack.id, [rule_for(one, rule) for one in stack.resources])
    sites.calls()

    await sites.deploy(edited)

    calls = sites.calls()
    assert [call.operation for call in calls if not call.operation.startswith("Describe")] == ["ModifyRule"]
    assert len(calls) <= 3


def rule_for(resource: Any, rule: Any) -> Any:
    """The resource, with the conditions of the rule if it is one of that id."""
    return replace(resource, conditions=rule.conditions) if resource.id == rule.id else resource


@pytest.mark.parametrize("number", [40, 120])
async def test_a_restart_reads_pages_not_stacks(sites: Sites, number: int) -> None:
    stacks = [sites.stack(one) for one in range(number)]
    before = [await sites.deploy(stack) for stack in stacks]
    sites.restart()
    sites.calls()

    after = [await sites.deploy(stack) for stack in stacks]

    assert len(sites.calls()) <= number / 4 + 20
    assert [one.dns_name("LoadBalancer") for one in after] == [one.dns_name("LoadBalancer") for one in before]


async def test_a_restart_does_not_mind_the_order_of_subnets(sites: Sites) -> None:
    [balancer] = sites.stack(1).all(LoadBalancer)
    await sites.deploy(sites.stack(1))
    sites.restart()
    await sites.deploy(sites.stack(2))
    sites.calls()

    await sites.deploy(sites.stack(1, subnet_mapping=balancer.subnet_mapping[::-1]))

    assert sites.calls() == []


async def test_what_changed_while_nobody_was_there_is_found_at_once(sites: Sites) -> None:
    await sites.deploy(sites.stack(1, "a.example.com"), sites.stack(2))
    sites.restart()
    sites.calls()

    await sites.deploy(sites.stack(1, "a.example.com", "b.example.com"), sites.stack(2))

    assert "CreateRule" in [call.operation for call in sites.calls()]


async def test_what_a_listing_shows_to_be_missing_is_made_at_once(sites: Sites) -> None:
    deployed = await sites.deploy(sites.stack(1))
    account = sites.controller.account
    account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": deployed.load_balancer_arn()})
    sites.restart()

    again = await sites.deploy(sites.stack(1))

    assert again.load_balancer_arn() != deployed.load_balancer_arn()


async def test_what_only_a_deep_look_shows_is_repaired_when_its_turn_comes(sites: Sites) -> None:
    deployed = await sites.deploy(sites.stack(1))
    account = sites.controller.account
    arn = deployed.load_balancer_arn()
    [listener] = account.call("elbv2", "DescribeListeners", {"LoadBalancerArn": arn})["Listeners"]
    account.call("elbv2", "DeleteListener", {"ListenerArn": listener["ListenerArn"]})
    sites.restart()
    await sites.deploy(sites.stack(1))

    sites.controller.inventory.look_now()
    assert sites.told == [StackKey(PREFIX, "shop/web-1")]
    await sites.deploy(sites.stack(1))

    assert len(account.call("elbv2", "DescribeListeners", {"LoadBalancerArn": arn})["Listeners"]) == 1


async def test_a_stack_that_was_not_finished_is_read_after_a_restart(sites: Sites) -> None:
    await sites.deploy(sites.stack(1, "a.example.com"))
    sites.controller.account.faults.add(Fault(FaultKind.RESET_BEFORE, operation="CreateRule"))
    with pytest.raises(Unavailable):
        await sites.deploy(sites.stack(1, "a.example.com", "b.example.com"))
    sites.restart()

    await sites.deploy(sites.stack(1, "a.example.com", "b.example.com"))

    made = [call.outcome for call in sites.calls() if call.operation == "CreateRule"]
    assert made == ["ok", "ConnectionDropped", "ok"]


async def test_a_new_address_is_told_while_the_old_load_balancer_waits(local: Local, time: Any) -> None:
    sites = Sites(*local(AccountOptions(active_seconds=100.0), time=time))
    old = await sites.deploy(sites.stack(1))
    other = sites.stack(1, scheme="internal")
    [balancer] = other.all(LoadBalancer)
    moved = Stack.of(other.id, [replace(balancer, name="k8s-shop-web-other"), *other.resources])

    new = await sites.deploy(moved)

    assert new.dns_name("LoadBalancer") != old.dns_name("LoadBalancer")
    assert isinstance(new.outcome, Requeue)
    time.now += 101
    outcomes = [(await sites.deploy(moved)).outcome for _ in range(4)]
    assert outcomes[-1] == Done()


async def test_what_a_person_must_do_is_told(sites: Sites) -> None:
    protected = (Attribute(key="deletion_protection.enabled", value="true"),)
    await sites.deploy(sites.stack(1, load_balancer_attributes=protected))

    with pytest.raises(Invalid, match="deletion protection"):
        await sites.deploy(Stack(StackID("shop", "web-1")))

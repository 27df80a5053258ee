"""Quotas of the account: what is known to exceed one is not asked for, and what is to go makes room for what comes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from albc.errors import QuotaExceeded
from albc.local.aws import AccountOptions, Fault, FaultKind, Quotas
from albc.model.listener import Listener, ListenerRule
from albc.model.security_group import IPPermission, IPRange, SecurityGroup
from albc.model.stack import Stack

pytestmark = pytest.mark.anyio

Local = Callable[..., tuple[Any, Any]]


def account(**quotas: int) -> AccountOptions:
    return AccountOptions(active_seconds=0.0, quotas=Quotas(**quotas))


def let_in(stack: Stack, *ports: int) -> Stack:
    everybody = (IPRange(cidr_ip="0.0.0.0/0"),)
    rules = [IPPermission(ip_protocol="tcp", from_port=port, to_port=port, ip_ranges=everybody) for port in ports]
    return Stack.of(
        stack.id,
        [replace(one, ingress=tuple(rules)) if isinstance(one, SecurityGroup) else one for one in stack.resources],
    )


async def test_rules_that_no_quota_allows_are_not_asked_for_and_nothing_is_made_without_them(local: Local) -> None:
    controller, site = local(account())
    too_open = let_in(site.stack("a.example.com"), *range(1, 62))

    applied = await controller.deploy(too_open)

    [failure] = applied.failed
    assert isinstance(failure.error, QuotaExceeded)
    assert "61 inbound rules are wanted in one security group, but the account's quota is 60" in str(failure.error)
    assert {"CreateSecurityGroup", "CreateLoadBalancer"}.isdisjoint(controller.writes())


@pytest.mark.parametrize("may_ask", [True, False])
async def test_a_raised_quota_is_made_use_of_by_who_may_ask_for_it_and_by_who_may_not(
    local: Local, may_ask: bool
) -> None:
    controller, site = local(account(rules_per_security_group=100))
    if not may_ask:
        controller.account.faults.add(Fault(FaultKind.ACCESS_DENIED, operation="ListServiceQuotas"))

    await controller.settle(let_in(site.stack("a.example.com"), *range(1, 71)))

    assert (await controller.plan(let_in(site.stack("a.example.com"), *range(1, 71)))).is_empty


async def test_nobody_asks_for_quotas_that_any_account_has_room_for(local: Local) -> None:
    controller, site = local()

    await controller.settle(let_in(site.stack("a.example.com"), *range(1, 61)))

    assert "ListServiceQuotas" not in [call.operation for call in controller.account.calls]


def listening(site: Any, *ports: int, **listener: Any) -> Stack:
    """Of these ports, each with a rule of its own for the one target group."""
    plain = site.stack("a.example.com")
    [rule] = plain.all(ListenerRule)
    kept = [one for one in plain.resources if not isinstance(one, Listener | ListenerRule)]
    for port in ports:
        one = replace(site.listener(), id=str(port), port=port, **listener)
        kept += [one, replace(rule, id=f"{port}:1", listener_arn=one.arn)]
    return Stack.of(plain.id, kept)


def ports_of(controller: Any) -> set[int]:
    [balancer] = controller.account.call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]
    request = {"LoadBalancerArn": balancer["LoadBalancerArn"]}
    return {one["Port"] for one in controller.account.call("elbv2", "DescribeListeners", request)["Listeners"]}


async def moved(local: Local, options: AccountOptions, before: Stack, after: Stack) -> tuple[Any, list[str]]:
    """The controller when the stack has become another one, and its writing calls for that."""
    controller, _ = local(options)
    await controller.settle(before)
    controller.account.calls.clear()
    await controller.settle(after)
    assert (await controller.plan(after)).is_empty
    return controller, controller.writes()


async def test_listeners_that_go_make_room_for_those_that_come(local: Local) -> None:
    _, site = local()

    controller, writes = await moved(
        local, account(listeners_per_load_balancer=2), listening(site, 80, 81), listening(site, 81, 82)
    )

    assert ports_of(controller) == {81, 82}
    assert writes == ["CreateListener", "DeleteListener", "CreateListener", "CreateRule"]


async def test_only_as_many_listeners_go_first_as_room_is_needed_for(local: Local) -> None:
    _, site = local()

    _, writes = await moved(
        local, account(listeners_per_load_balancer=3), listening(site, 80, 81), listening(site, 82, 83)
    )

    assert [one for one in writes if one.endswith("Listener")] == [
        *("CreateListener", "CreateListener", "DeleteListener", "CreateListener", "DeleteListener")
    ]


async def test_rules_find_room_on_a_listener_that_goes(local: Local) -> None:
    _, site = local()

    controller, writes = await moved(
        local, account(rules_per_application_load_balancer=1), listening(site, 80), listening(site, 81)
    )

    assert ports_of(controller) == {81}
    assert writes == ["CreateListener", "CreateRule", "DeleteListener", "CreateRule"]


async def test_rules_find_room_among_those_that_go_from_another_listener(local: Local) -> None:
    _, site = local()
    both = listening(site, 80, 81)
    first, second = both.all(ListenerRule)

    def only(rule: ListenerRule) -> Stack:
        return Stack.of(both.id, [one for one in both.resources if not isinstance(one, ListenerRule) or one is rule])

    _, writes = await moved(local, account(rules_per_application_load_balancer=1), only(first), only(second))

    assert writes == ["CreateRule", "DeleteRule", "CreateRule"]


async def test_rules_that_go_make_room_for_the_target_groups_of_others(local: Local) -> None:
    _, site = local()

    controller, writes = await moved(
        local,
        account(target_groups_per_application_load_balancer=1),
        site.stack("a.example.com"),
        renumbered(site.stack("b.example.com"), 2),
    )

    assert [one for one in writes if one.endswith("Rule")] == ["CreateRule", "DeleteRule", "CreateRule"]
    assert len(controller.account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]) == 1


def renumbered(stack: Stack, number: int) -> Stack:
    """With its one rule at another priority, so that no rule of old is rewritten into it."""
    return Stack.of(
        stack.id,
        [
            replace(one, id=f"80:{number}", priority=number) if isinstance(one, ListenerRule) else one
            for one in stack.resources
        ],
    )


async def test_certificates_find_room_on_a_listener_that_goes(local: Local) -> None:
    controller, site = local(account(certificates_per_load_balancer=1))
    request = {"DomainName": "a.example.com", "ValidationMethod": "DNS"}
    arns = tuple(controller.account.call("acm", "RequestCertificate", request)["CertificateArn"] for _ in range(2))

    def secured(port: int, arn: str) -> Stack:
        return listening(site, port, protocol="HTTPS", ssl_policy="ELBSecurityPolicy-2016-08", certificates=(arn,))

    await controller.settle(secured(443, arns[0]))
    await controller.settle(secured(8443, arns[1]))

    assert ports_of(controller) == {8443}
    assert (await controller.plan(secured(8443, arns[1]))).is_empty


async def test_listeners_that_are_too_many_by_themselves_are_refused_and_the_others_stay(local: Local) -> None:
    controller, site = local(account(listeners_per_load_balancer=2))
    await controller.settle(listening(site, 80, 81))

    applied = await controller.deploy(listening(site, 80, 81, 82))

    assert [failure.error.__class__ for failure in applied.failed] == [QuotaExceeded]
    assert ports_of(controller) == {80, 81}


async def test_a_rule_that_goes_makes_room_for_another_ones_new_target_group(local: Local) -> None:
    _, site = local()
    old, new = site.target_group("a.example.com"), site.target_group("b.example.com")
    frame = site.stack().resources
    before = Stack.of(
        site.id,
        [old, *frame, site.rule(1, "a.example.com", old), site.rule(2, "b.example.com", old), site.binding(old)],
    )
    after = Stack.of(site.id, [new, *frame, site.rule(1, "a.example.com", new), site.binding(new)])

    _, writes = await moved(local, account(target_groups_per_application_load_balancer=1), before, after)

    assert [one for one in writes if one.endswith("Rule")] == ["ModifyRule", "DeleteRule", "ModifyRule"]

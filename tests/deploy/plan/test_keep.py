"""What is live of somebody who could not be built stays; what is of others may go."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from albc.deploy.plan import Operation, Verb, make_plan
from albc.deploy.settings import DeploySettings
from albc.model.actions import Redirect
from albc.model.inventory import InventoryView
from albc.model.listener import Listener, ListenerRule
from albc.model.load_balancer import Attribute, LoadBalancer, SubnetMapping
from albc.model.security_group import IPPermission, IPRange, SecurityGroup
from albc.model.stack import Resource, Stack
from albc.model.target_group import TargetGroup

View = Callable[..., InventoryView]
Change = Callable[..., list[Operation]]

BAD = "bad.example.com"
KEEP = [f"shop/web-{BAD}"]


@pytest.fixture
def change(deployed: View, settings: DeploySettings) -> Change:
    """The operations from one stack to the next while the bad one's share is kept, tags apart."""

    def change(before: Stack, after: Stack) -> list[Operation]:
        plan = make_plan(after, deployed(before), settings, KEEP)
        return [operation for operation in plan.operations if operation.action != "add_tags"]

    return change


def deleted(operations: list[Operation]) -> list[str]:
    return [operation.action for operation in operations if operation.verb is Verb.DELETE]


def with_more(stack: Stack, *resources: Resource) -> Stack:
    return Stack.of(stack.id, [*stack.resources, *resources])


def test_rules_target_groups_and_bindings_of_the_kept_stay(site: Any, change: Change) -> None:
    assert change(site.stack("a", BAD), site.stack("a")) == []


def test_those_of_others_go_as_ever(site: Any, change: Change) -> None:
    operations = change(site.stack("a", "b", BAD), site.stack("a"))
    assert deleted(operations) == ["delete_rule", "delete_binding", "delete_target_group"]


def test_a_kept_rule_makes_room_and_is_not_rewritten(site: Any, change: Change) -> None:
    first = change(site.stack(BAD), site.stack("new"))
    order = next(operation for operation in first if operation.action == "set_rule_priorities")
    assert list(order.after.values()) == [50_000]
    assert "modify_rule" not in [operation.action for operation in first]
    assert deleted(first) == []


def test_a_kept_rule_that_is_out_of_the_way_is_left_where_it_is(site: Any, change: Change) -> None:
    stack = site.stack("a", BAD)
    away = [
        replace(one, priority=50_000) if isinstance(one, ListenerRule) and one.priority == 2 else one
        for one in stack.resources
    ]
    assert change(Stack.of(stack.id, away), site.stack("a")) == []


def test_a_rule_that_shows_no_owner_stays(site: Any, change: Change) -> None:
    [rule] = site.stack("a").all(ListenerRule)
    redirect = replace(rule, id="80:2", priority=2, actions=(Redirect(status_code="HTTP_301", host="a"),))
    assert change(with_more(site.stack("a"), redirect), site.stack("a")) == []


def test_a_listener_with_a_kept_rule_stays_and_one_of_others_goes(site: Any, change: Change) -> None:
    before = site.stack("a", "b", BAD)
    rules = before.all(ListenerRule)
    listeners = [replace(site.listener(), id=str(port), port=port) for port in (81, 82)]
    moved = [
        replace(rule, id=f"{listener.id}:1", priority=1, listener_arn=listener.arn)
        for rule, listener in zip(rules[1:], listeners, strict=True)
    ]
    others = [one for one in before.resources if one not in rules[1:]]
    operations = change(Stack.of(before.id, [*others, *listeners, *moved]), site.stack("a"))
    gone = [operation.resource.id for operation in operations if operation.action == "delete_listener"]
    assert gone == ["81"]


def test_inbound_rules_are_granted_and_not_revoked(site: Any, change: Change) -> None:
    group = site.security_group()

    def open_to(port: int) -> Stack:
        inbound = IPPermission(
            ip_protocol="tcp", from_port=port, to_port=port, ip_ranges=(IPRange(cidr_ip="0.0.0.0/0"),)
        )
        resources = site.stack("a").resources
        return Stack.of(
            site.id,
            [replace(group, ingress=(inbound,)) if isinstance(one, SecurityGroup) else one for one in resources],
        )

    actions = [operation.action for operation in change(open_to(80), open_to(81))]
    assert actions == ["authorize_security_group_ingress"]


def test_certificates_for_sni_are_added_and_not_removed(site: Any, change: Change) -> None:
    def serving(*certificates: str) -> Stack:
        resources = site.stack("a").resources
        return Stack.of(
            site.id,
            [
                replace(one, protocol="HTTPS", ssl_policy="ELBSecurityPolicy-2016-08", certificates=certificates)
                if isinstance(one, Listener)
                else one
                for one in resources
            ],
        )

    actions = [operation.action for operation in change(serving("arn:1", "arn:2"), serving("arn:1", "arn:3"))]
    assert actions == ["add_listener_certificates"]


def test_nothing_is_kept_unless_it_is_asked_for(site: Any, deployed: View, settings: DeploySettings) -> None:
    plan = make_plan(site.stack("a"), deployed(site.stack("a", BAD)), settings)
    assert deleted(list(plan.operations)) == ["delete_rule", "delete_binding", "delete_target_group"]


def reframed(stack: Stack, **changes: Any) -> Stack:
    """With other settings of its load balancer."""
    return Stack.of(
        stack.id, [replace(one, **changes) if isinstance(one, LoadBalancer) else one for one in stack.resources]
    )


FRAME = {
    "scheme": "internet-facing",
    "ip_address_type": "dualstack",
    "subnet_mapping": (SubnetMapping(subnet_id="subnet-8"), SubnetMapping(subnet_id="subnet-9")),
    "security_groups": ("sg-given",),
    "tags": {"team": "bad"},
}


@pytest.mark.parametrize("setting", FRAME)
def test_what_the_kept_one_may_have_set_on_the_load_balancer_stays(site: Any, change: Change, setting: str) -> None:
    before = reframed(site.stack("a", BAD), **{setting: FRAME[setting]})
    assert change(before, site.stack("a")) == []


def test_an_attribute_that_the_others_set_is_set(site: Any, change: Change) -> None:
    after = reframed(
        site.stack("a"), load_balancer_attributes=(Attribute(key="idle_timeout.timeout_seconds", value="9"),)
    )
    [operation] = change(site.stack("a", BAD), after)
    assert operation.action == "modify_load_balancer_attributes"


def test_default_actions_and_tls_that_the_kept_one_may_have_set_stay(site: Any, change: Change) -> None:
    def answering(stack: Stack, **changes: Any) -> Stack:
        return Stack.of(
            stack.id, [replace(one, **changes) if isinstance(one, Listener) else one for one in stack.resources]
        )

    redirect = (Redirect(port="443", protocol="HTTPS", status_code="HTTP_301"),)
    before = answering(site.stack("a", BAD), default_actions=redirect)
    assert change(before, site.stack("a")) == []


def test_a_load_balancer_in_front_that_the_kept_one_may_have_asked_for_stays(site: Any, change: Change) -> None:
    front = replace(site.stack("a").all(LoadBalancer)[0], id="FrontendNlb", name="front", kind="network")
    behind = replace(site.stack("a").all(TargetGroup)[0], id="FrontendNlb-tg-TCP-80", name="behind", target_type="alb")
    assert change(with_more(site.stack("a", BAD), front, behind), site.stack("a")) == []


def test_one_of_whom_nothing_is_served_holds_no_setting_of_the_others_up(site: Any, change: Change) -> None:
    before = reframed(site.stack("a"), ip_address_type="dualstack")
    assert [operation.action for operation in change(before, site.stack("a"))] == ["set_ip_address_type"]

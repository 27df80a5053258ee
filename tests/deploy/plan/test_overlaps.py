"""Rules whose conditions share values: whoever is served before and after a change is served all the time.

Operations are carried out one by one, in any order that their needs allow.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albc.deploy.plan import Operation, make_plan
from albc.deploy.settings import DeploySettings
from albc.model.conditions import HostHeader
from albc.model.inventory import InventoryView
from albc.model.stack import Stack

View = Callable[..., InventoryView]
Wanted: TypeAlias = Sequence[tuple[Sequence[str], str]]
"""Hosts and target group of each rule, in order."""
Live: TypeAlias = Mapping[str, tuple[int, Sequence[str], str]]
"""Priority, hosts and target group of each rule that there is, by ARN."""

HOSTS, GROUPS = ("a", "b", "c"), ("x", "y", "z")


def stack_of(site: Any, rules: Wanted) -> Stack:
    groups = {name: site.target_group(name) for name in GROUPS}
    made = [
        replace(site.rule(number, "", groups[group]), conditions=(HostHeader(values=tuple(hosts)),))
        for number, (hosts, group) in enumerate(rules, 1)
    ]
    return Stack.of(site.id, [*groups.values(), *site.stack().resources, *made, *map(site.binding, groups.values())])


def live(view: InventoryView) -> Live:
    [balancer] = view.load_balancers
    [listener] = balancer.listeners
    return {rule.arn: (int(rule.aws["Priority"]), _hosts(rule.aws), _group(rule.aws)) for rule in listener.rules}


def _hosts(shape: Mapping[str, Any]) -> Sequence[str]:
    [condition] = shape["Conditions"]
    return list(condition["HostHeaderConfig"]["Values"])


def _group(shape: Mapping[str, Any]) -> str:
    [group] = shape["Actions"][0]["ForwardConfig"]["TargetGroups"]
    return str(group["TargetGroupArn"])


def after(rules: Live, operation: Operation) -> Live:
    params, rules = operation.params, dict(rules)
    match operation.action:
        case "set_rule_priorities":
            for one in params["RulePriorities"]:
                rules[one["RuleArn"]] = (one["Priority"], *rules[one["RuleArn"]][1:])
        case "create_rule":
            rules[f"new {params['Priority']}"] = (params["Priority"], _hosts(params), _group(params))
        case "modify_rule":
            rules[params["RuleArn"]] = (rules[params["RuleArn"]][0], _hosts(params), _group(params))
        case "delete_rule":
            del rules[params["RuleArn"]]
    return rules


def served(rules: Live) -> frozenset[str]:
    return frozenset(host for _, hosts, _ in rules.values() for host in hosts)


def in_some_order(operations: Sequence[Operation], chance: Random) -> list[Operation]:
    left, order = list(operations), []
    while left:
        ready = [
            one
            for number, one in enumerate(left)
            if not any(earlier.resource in one.needs | {one.resource} for earlier in left[:number])
        ]
        order.append(chance.choice(ready))
        left.remove(order[-1])
    return order


def changes(site: Any, deployed: View, configuration: DeploySettings, before: Wanted, wanted: Wanted) -> list[str]:
    plan = make_plan(stack_of(site, wanted), deployed(stack_of(site, before)), configuration)
    return [operation.action for operation in plan.operations if operation.action != "add_tags"]


wishes = st.lists(
    st.tuples(st.sets(st.sampled_from(HOSTS), min_size=1).map(sorted), st.sampled_from(GROUPS)), max_size=4
)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(before=wishes, wanted=wishes, chance=st.randoms(use_true_random=False))
def test_whoever_is_served_before_and_after_is_served_in_between(
    site: Any, deployed: View, before: Wanted, wanted: Wanted, chance: Random
) -> None:
    configuration = DeploySettings(cluster_name="prod", vpc_id="vpc-1")
    view = deployed(stack_of(site, before))
    plan = make_plan(stack_of(site, wanted), view, configuration)
    rules = live(view)
    promised = served(rules) & {host for hosts, _ in wanted for host in hosts}

    for operation in in_some_order(plan.operations, chance):
        rules = after(rules, operation)
        assert promised <= served(rules), f"{operation.action} ends service"

    assert [tuple(rule[1]) for rule in sorted(rules.values())] == [tuple(hosts) for hosts, _ in wanted]


def test_rules_that_exchange_hosts_are_made_anew(site: Any, deployed: View, settings: DeploySettings) -> None:
    actions = changes(site, deployed, settings, [("a", "x"), ("bc", "y")], [("bc", "x"), ("ab", "y")])

    assert actions == ["set_rule_priorities", "create_rule", "modify_rule", "delete_rule"]


def test_a_rule_that_takes_a_host_over_comes_before_the_other_one_lets_it_go(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    actions = changes(site, deployed, settings, [("ab", "x"), ("c", "y")], [("a", "x"), ("bc", "y")])

    assert actions == ["set_rule_priorities", "create_rule", "modify_rule", "delete_rule"]


def test_rules_that_are_put_in_another_order_are_moved_and_not_rewritten(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    actions = changes(site, deployed, settings, [("ab", "x"), ("bc", "y")], [("bc", "y"), ("ab", "x")])

    assert actions == ["set_rule_priorities"]


def test_rules_that_have_nothing_to_do_with_each_other_are_rewritten_in_place(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    before = [(["shop.old"], "x"), (["blog.old"], "y")]
    wanted = [(["shop.new"], "x"), (["blog.new"], "y")]

    assert changes(site, deployed, settings, before, wanted) == ["modify_rule", "modify_rule"]

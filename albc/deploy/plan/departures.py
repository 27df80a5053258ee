"""What goes with those who leave a stack that cannot be built, as nobody who stays is sound.

A stack that is not known cannot be planned for, but those who leave need not wait for others to be mended: the rules
that forward to their target groups alone go, then the target groups. The load balancer goes along only if nothing on it
can be of those who stay. What else the leaving had, a redirect or a listener, goes when the stack can be built again.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from albc.deploy.fields.rules import priority
from albc.deploy.plan import bindings, target_groups
from albc.deploy.plan.keep import targets
from albc.deploy.plan.make import make_plan
from albc.deploy.plan.operation import Operation, Plan, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.plan.target_groups import TargetGroups
from albc.deploy.settings import DeploySettings
from albc.model.inventory import ActualRule, ActualTargetGroup, InventoryView
from albc.model.listener import ListenerRule
from albc.model.stack import Stack


def make_departure(
    view: InventoryView, settings: DeploySettings, leaving: Iterable[str], staying: Iterable[str]
) -> Plan:
    """`leaving`, `staying`: with what the resource ids of their target groups begin, such as `shop/web-`. An id that
    could be of either is of the longer one.
    """
    leaving, staying = tuple(leaving), tuple(staying)
    owned = [(group, _owner(view.resource_id(group.tags), (*leaving, *staying))) for group in view.target_groups]
    theirs = {group.arn: group for group, owner in owned if owner in leaving}
    rules = [rule for balancer in view.load_balancers for listener in balancer.listeners for rule in listener.rules]
    if not any(owner in staying for _, owner in owned) and all(targets(_actions(rule)) for rule in rules):
        return make_plan(Stack(view.stack), view, settings)
    going = [rule for rule in rules if (to := targets(_actions(rule))) and to <= theirs.keys()]
    still_used = targets(_left_actions(view, {rule.arn for rule in going}))
    groups = tuple(group for arn, group in theirs.items() if arn not in still_used)
    return _plan(view, settings, going, groups)


def _owner(resource_id: str, prefixes: Collection[str]) -> str:
    return max((prefix for prefix in prefixes if resource_id.startswith(prefix)), key=len, default="")


def _actions(rule: ActualRule) -> list[dict[str, object]]:
    return list(rule.aws.get("Actions") or ())


def _left_actions(view: InventoryView, going: Collection[str]) -> Iterator[dict[str, object]]:
    for balancer in view.load_balancers:
        for listener in balancer.listeners:
            yield from listener.aws.get("DefaultActions") or ()
            for rule in listener.rules:
                if rule.arn not in going:
                    yield from _actions(rule)


def _plan(
    view: InventoryView, settings: DeploySettings, rules: Iterable[ActualRule], groups: tuple[ActualTargetGroup, ...]
) -> Plan:
    scope = Scope(stack=view.stack, tag_prefix=view.tag_prefix, settings=settings, known={})
    arns = {group.arn for group in groups}
    bound = tuple(binding for binding in view.bindings if binding.spec.get("targetGroupARN") in arns)
    operations = [_delete(rule) for rule in rules]
    operations += bindings.deletions(Stack(view.stack), replace(view, bindings=bound), scope, _all(operations))
    unwanted = TargetGroups(pairs=(), missing=(), unwanted=groups, held=())
    operations += target_groups.deletions(unwanted, scope, _all(operations))
    return Plan(stack=view.stack, tag_prefix=view.tag_prefix, operations=tuple(operations), known={})


def _all(operations: Iterable[Operation]) -> frozenset[ResourceID]:
    return frozenset(operation.resource for operation in operations)


def _delete(rule: ActualRule) -> Operation:
    return Operation(
        verb=Verb.DELETE,
        resource=ResourceID(ListenerRule.type, rule.arn),
        service="elbv2",
        action="delete_rule",
        params={"RuleArn": rule.arn},
        target=rule.arn,
        before={"Priority": priority(rule), "Conditions": rule.aws.get("Conditions")},
        because="who it is of leaves",
    )

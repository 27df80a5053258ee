"""Rules of each listener (spec/aws.md §5.6): no gap, no rewrite that is not needed.

A rule that does what is wanted stays, wherever it stands; if only its place is wrong, one `SetRulePriorities` moves all
such rules at once. A rule that matches the same requests, but does something else with them, is modified, so that these
requests are served all the time. What is left is created where its place is free, and then takes the place of a rule
that nobody wants any more, unless requests may pass from one such rule to another. What is then left over is deleted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from albc.deploy.fields.conditions import aws_conditions
from albc.deploy.fields.field import create_request, differences, modify_request
from albc.deploy.fields.meeting import may_meet
from albc.deploy.fields.rules import RULE, priority
from albc.deploy.plan.listeners import Listeners
from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.plan.tags import listener_tags
from albc.deploy.values import tag_list
from albc.model.inventory import ActualListener, ActualRule
from albc.model.listener import Listener, ListenerRule
from albc.model.reference import Token
from albc.model.stack import Stack

LAST_PRIORITY: Final = 50_000


@dataclass(frozen=True, slots=True)
class ListenerRules:
    """The rules of one listener: which of AWS are which of the stack."""

    listener: Listener
    arn: Token
    in_place: tuple[tuple[ListenerRule, ActualRule], ...]
    misplaced: tuple[tuple[ListenerRule, ActualRule], ...]
    """They match what is wanted, at another priority. Some of them are `different`, too."""
    different: tuple[tuple[ListenerRule, ActualRule], ...]
    """To be modified: they do something else, or are of the wanted priority and of no other use."""
    missing: tuple[ListenerRule, ...]
    unwanted: tuple[ActualRule, ...]
    """Those that are kept for somebody are among them."""

    @property
    def order(self) -> ResourceID:
        """Stands for the order of the listener's rules."""
        return ResourceID(ListenerRule.type, f"{self.listener.id}:priorities")


def match(stack: Stack, listeners: Listeners, scope: Scope) -> list[ListenerRules]:
    """Each listener's rules apart."""
    actual = {wanted.id: found for wanted, found in listeners.pairs}
    result = []
    for listener in stack.all(Listener):
        found = actual.get(listener.id)
        arns = {listener.arn, found.arn if found else listener.arn}
        wanted = {rule.priority: rule for rule in stack.all(ListenerRule) if rule.listener_arn in arns}
        rules = [wanted[number] for number in sorted(wanted)]
        result.append(_match(listener, found, rules, scope))
    return result


def changes(rules: ListenerRules, scope: Scope) -> list[Operation]:
    """New order, creations, modifications."""
    operations = [
        *_reorder(rules),
        *(_create(wanted, rules, scope) for wanted in rules.missing),
        *(_modify(wanted, actual, scope, rules) for wanted, actual in rules.different),
    ]
    for wanted, actual in (*rules.misplaced, *rules.in_place):
        resource = ResourceID(ListenerRule.type, wanted.id)
        tags = scope.tags(wanted.id, wanted.tags)
        operations += listener_tags(scope, resource, actual.arn, tags, actual.tags)
    return operations


def deletions(rules: ListenerRules, scope: Scope) -> list[Operation]:
    """Of the unwanted, when their successors stand."""
    changed = [wanted for wanted, _ in rules.different]
    needs = {ResourceID(ListenerRule.type, rule.id) for rule in (*rules.missing, *changed)} | {rules.order}
    return [
        Operation(
            verb=Verb.DELETE,
            resource=ResourceID(ListenerRule.type, f"{rules.listener.id}:{actual.aws['Priority']}:{actual.arn}"),
            service="elbv2",
            action="delete_rule",
            params={"RuleArn": actual.arn},
            target=actual.arn,
            before={"Priority": priority(actual), "Conditions": actual.aws.get("Conditions")},
            because="no longer wanted",
            needs=frozenset(needs),
        )
        for actual in rules.unwanted
        if not scope.kept.rule(actual)
    ]


def _match(listener: Listener, found: ActualListener | None, wanted: list[ListenerRule], scope: Scope) -> ListenerRules:
    in_place: list[tuple[ListenerRule, ActualRule]] = []
    misplaced: list[tuple[ListenerRule, ActualRule]] = []
    different: list[tuple[ListenerRule, ActualRule]] = []
    left = list(found.rules) if found else []

    def take(rule: ListenerRule, likes: Iterable[ActualRule]) -> ActualRule | None:
        """One that is where it should be is preferred to its likes elsewhere."""
        one = min(likes, key=lambda one: priority(one) != rule.priority, default=None)
        if one is not None:
            left.remove(one)
            (in_place if priority(one) == rule.priority else misplaced).append((rule, one))
        return one

    unlike = [rule for rule in wanted if not take(rule, [one for one in left if not _changed_fields(rule, one, scope)])]
    strange = []
    for rule in unlike:
        same_requests = [
            one for one in left if not scope.kept.rule(one) and "Conditions" not in _changed_fields(rule, one, scope)
        ]
        if one := take(rule, same_requests):
            different.append((rule, one))
        else:
            strange.append(rule)
    missing = []
    rewritten: list[tuple[ListenerRule, ActualRule]] = []
    by_priority = {priority(one): one for one in left}
    for rule in strange:
        one = by_priority.get(rule.priority)
        if one and not scope.kept.rule(one) and not _exchange(rule, one, rewritten):
            take(rule, [one])
            rewritten.append((rule, one))
        else:
            missing.append(rule)
    different += rewritten
    return ListenerRules(
        listener=listener,
        arn=found.arn if found else listener.arn,
        in_place=tuple(in_place),
        misplaced=tuple(misplaced),
        different=tuple(different),
        missing=tuple(missing),
        unwanted=tuple(sorted(left, key=priority)),
    )


def _exchange(rule: ListenerRule, one: ActualRule, rewritten: Iterable[tuple[ListenerRule, ActualRule]]) -> bool:
    """Whether there may be requests that pass from one of these to another one: rewritten in place, one after the
    other, neither would match them in between."""
    wanted, actual = aws_conditions(rule.conditions), one.aws.get("Conditions") or ()
    return any(
        may_meet(wanted, other.aws.get("Conditions") or ()) or may_meet(aws_conditions(mate.conditions), actual)
        for mate, other in rewritten
    )


def _changed_fields(rule: ListenerRule, one: ActualRule, scope: Scope) -> frozenset[str]:
    return frozenset(change.field.name for change in differences(RULE, rule, one, scope.settings, scope.known))


def _reorder(rules: ListenerRules) -> Iterator[Operation]:
    """One call, in which AWS allows swaps. Rules that are not wanted make room at the end, in their order."""
    taken = {rule.priority for rule in rules.missing}
    if not rules.misplaced and taken.isdisjoint(map(priority, rules.unwanted)):
        return
    places = {one.arn: LAST_PRIORITY - back for back, one in enumerate(reversed(rules.unwanted))}
    places |= {actual.arn: wanted.priority for wanted, actual in rules.misplaced}
    before: Mapping[str, int] = {
        actual.arn: priority(actual) for actual in (*rules.unwanted, *(actual for _, actual in rules.misplaced))
    }
    yield Operation(
        verb=Verb.MODIFY,
        resource=rules.order,
        service="elbv2",
        action="set_rule_priorities",
        params={"RulePriorities": [{"RuleArn": arn, "Priority": place} for arn, place in places.items()]},
        target=str(rules.arn),
        before=before,
        after=places,
        because="the order of the rules changed",
    )


def _modify(wanted: ListenerRule, actual: ActualRule, scope: Scope, rules: ListenerRules) -> Operation:
    changed = differences(RULE, wanted, actual, scope.settings, scope.known)
    request = scope.resolve(modify_request(RULE, "modify_rule", wanted, scope.settings))
    if not wanted.transforms:
        request["ResetTransforms"] = True
    needs = {rules.order}
    if any(one.field.name == "Conditions" for one in changed):
        # What it has matched until now may be what a new rule is to match.
        needs |= {ResourceID(ListenerRule.type, rule.id) for rule in rules.missing}
    return Operation(
        verb=Verb.MODIFY,
        resource=ResourceID(ListenerRule.type, wanted.id),
        service="elbv2",
        action="modify_rule",
        params={"RuleArn": actual.arn, **request},
        target=actual.arn,
        before={one.field.name: one.before for one in changed},
        after={one.field.name: one.after for one in changed},
        because=f"{', '.join(one.field.name for one in changed)} changed",
        needs=frozenset(needs),
    )


def _create(wanted: ListenerRule, rules: ListenerRules, scope: Scope) -> Operation:
    request = scope.resolve(create_request(RULE, wanted, scope.settings))
    tags = scope.tags(wanted.id, wanted.tags)
    return Operation(
        verb=Verb.CREATE,
        resource=ResourceID(ListenerRule.type, wanted.id),
        service="elbv2",
        action="create_rule",
        params={
            "ListenerArn": rules.arn,
            **request,
            **({"Tags": tag_list(tags)} if scope.settings.listener_rules_tagging else {}),
        },
        after=request,
        because="does not exist",
        needs=frozenset({rules.order}),
    )

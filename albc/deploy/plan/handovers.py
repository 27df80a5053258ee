"""Traffic moves to a target group that takes another one's place when its targets are healthy, and not before.

AWS asks the targets of a group how they are only while an action of a load balancer forwards to it. So when the new one
is there, it first stands beside the old one in its actions, with weight 0; the old one and its binding go when traffic
has moved. Where the old one has no healthy targets, there is nothing to wait for. For Application Load Balancers:
listeners of others forward to several groups only since late 2025.

Should AWS not take the two side by side, the action is written as it is wanted in the end (`Operation.otherwise`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from albc.deploy.fields.actions import aws_actions
from albc.deploy.plan.load_balancer_match import LoadBalancers
from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.plan.target_groups import TargetGroups, is_ready
from albc.deploy.settings import DeploySettings
from albc.model.actions import ActionConfig, Forward, TargetGroupTuple
from albc.model.inventory import ActualLoadBalancer, InventoryView
from albc.model.listener import Listener, ListenerRule
from albc.model.reference import Token
from albc.model.stack import Stack

MOST_IN_AN_ACTION: Final = 5
"""Target groups, by AWS's quota."""
SOON: Final = 1.0
"""Seconds until the new group is there, and it is known how the old one's targets are."""

Forwarding: TypeAlias = Listener | ListenerRule


@dataclass(frozen=True, slots=True)
class Handover:
    """From one target group to the next."""

    old: str
    """ARN."""
    name: str
    """Of the new one."""
    is_made: bool
    """Whether the new one is there."""


@dataclass(frozen=True, slots=True)
class Handovers:
    """Those of one stack, by the reference to the new target group."""

    under_way: Mapping[Token, Handover] = field(default_factory=dict)

    def eased(self, stack: Stack) -> Stack:
        """The stack as it is to be until the new groups can serve."""
        if not self.under_way:
            return stack
        resources = [
            _with_actions(one, self._eased(_actions(one))) if isinstance(one, Listener | ListenerRule) else one
            for one in stack.resources
        ]
        return Stack.of(stack.id, resources)

    def guarded(self, operations: Iterable[Operation], stack: Stack, scope: Scope) -> Iterator[Operation]:
        """The old groups wait, and what AWS might refuse has a way out. `stack`: as it is wanted in the end."""
        forwarding: list[Forwarding] = [*stack.all(Listener), *stack.all(ListenerRule)] if self.under_way else []
        eased = {ResourceID(one.type, one.id): one for one in forwarding if self._eased(_actions(one)) != _actions(one)}
        waiting = {one.old: one for one in self.under_way.values()}
        for operation in operations:
            name = "DefaultActions" if operation.resource.type == Listener.type else "Actions"
            if name in operation.params and (one := eased.get(operation.resource)):
                actions = scope.resolve(aws_actions(_actions(one), scope.settings))
                yield replace(operation, otherwise={name: actions})
            elif operation.verb is Verb.DELETE and (handover := waiting.get(_target_group(operation))):
                seconds = operation.wait_seconds if handover.is_made else SOON
                because = operation.waits_for or f"healthy targets in {handover.name}"
                yield replace(operation, waits_for=because, wait_seconds=seconds)
            else:
                yield operation

    def _eased(self, actions: Sequence[ActionConfig]) -> tuple[ActionConfig, ...]:
        return tuple(self._side_by_side(one) if isinstance(one, Forward) else one for one in actions)

    def _side_by_side(self, forward: Forward) -> Forward:
        groups: list[TargetGroupTuple] = []
        for one in forward.target_groups:
            handover = self.under_way.get(one.target_group_arn)
            if handover is None:
                groups.append(one)
            elif handover.is_made:
                weight = 1 if one.weight is None else one.weight
                groups.append(TargetGroupTuple(target_group_arn=handover.old, weight=weight))
                groups.append(replace(one, weight=0))
            else:
                groups.append(replace(one, target_group_arn=handover.old))
        return replace(forward, target_groups=tuple(groups)) if len(groups) <= MOST_IN_AN_ACTION else forward


def find(groups: TargetGroups, balancers: LoadBalancers, view: InventoryView, settings: DeploySettings) -> Handovers:
    """Of target groups that AWS cannot change, as long as the old one has healthy targets and the new one has not."""
    if not settings.weighted_target_groups:
        return Handovers()
    carrying = frozenset(arn for _, actual in balancers.pairs for arn in _carrying(actual))
    old = {view.resource_id(group.tags): group.arn for group in groups.unwanted if group.arn in carrying}
    under_way: dict[Token, Handover] = {
        wanted.arn: Handover(old[wanted.id], wanted.name, is_made=False)
        for wanted, _ in groups.missing
        if wanted.id in old
    }
    for wanted, actual in groups.pairs:
        if wanted.id in old and not is_ready(actual.arn, old[wanted.id], view, settings):
            name = str(actual.aws.get("TargetGroupName", ""))
            under_way[wanted.arn] = Handover(old[wanted.id], name, is_made=True)
    return Handovers(under_way)


def _carrying(balancer: ActualLoadBalancer) -> Iterator[str]:
    """ARNs of the target groups to which an Application Load Balancer sends traffic."""
    if balancer.aws.get("Type") != "application":
        return
    for listener in balancer.listeners:
        for action in (
            *(listener.aws.get("DefaultActions") or ()),
            *(action for rule in listener.rules for action in rule.aws.get("Actions") or ()),
        ):
            for group in (action.get("ForwardConfig") or {}).get("TargetGroups") or ():
                if group.get("Weight", 1):
                    yield group.get("TargetGroupArn", "")


def _target_group(operation: Operation) -> str:
    """ARN of the one that is to go, or whose binding is."""
    return str(operation.params.get("TargetGroupArn") or operation.before.get("targetGroupARN", ""))


def _actions(one: Forwarding) -> tuple[ActionConfig, ...]:
    return one.default_actions if isinstance(one, Listener) else one.actions


def _with_actions(one: Forwarding, actions: tuple[ActionConfig, ...]) -> Forwarding:
    return replace(one, default_actions=actions) if isinstance(one, Listener) else replace(one, actions=actions)

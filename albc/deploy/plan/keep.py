"""What a plan leaves alone: the share of those who have a part in the stack that could not be built.

A member of an Ingress group whose edit is at fault, and whose last good state nobody remembers (albc has been started
since), is not in the stack. Its live rules must not go for that. Whose a rule is shows in the target groups that it
forwards to; one that forwards to none of ours may be anybody's, and stays as well. What shows that it belongs to
others may go as ever.

Where such a member is served, the frame may be of its making, too: scheme, subnets, security groups, TLS and default
actions, a load balancer in front. What stands of that stays as it is. Rules, target groups, new listeners, attributes
and certificates of the others go on.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from albc.deploy.plan.operation import Operation
from albc.model.inventory import ActualListener, ActualRule, InventoryView
from albc.model.listener import ListenerRule
from albc.model.load_balancer import LoadBalancer
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import TargetGroupBinding

_CHANGE_THE_FRAME: Final = frozenset(
    {
        *("set_subnets", "set_security_groups", "set_ip_address_type", "modify_ip_pools", "modify_listener"),
        *("delete_load_balancer", "delete_security_group", "delete_certificate", "deregister_targets"),
    }
)
_HAVE_OWNERS: Final = (ListenerRule.type, TargetGroup.type, TargetGroupBinding.type)


@dataclass(frozen=True, slots=True)
class Kept:
    active: bool = False
    """Whether there is anything to be left alone at all."""
    target_groups: frozenset[str] = frozenset()
    """ARNs of those to keep."""
    others: frozenset[str] = frozenset()
    """ARNs of the stack's other target groups."""

    @property
    def frame(self) -> bool:
        """Whether one of them is served."""
        return bool(self.target_groups)

    def steady(self, stack: Stack, view: InventoryView) -> Stack:
        """The stack with those settings as they stand that would have a load balancer replaced."""
        if not self.frame:
            return stack
        schemes = {view.resource_id(one.tags): one.aws.get("Scheme") for one in view.load_balancers}
        return Stack.of(
            stack.id,
            [
                replace(one, scheme=schemes.get(one.id) or one.scheme) if isinstance(one, LoadBalancer) else one
                for one in stack.resources
            ],
        )

    def allows(self, operation: Operation) -> bool:
        """Whether it leaves the frame as it is."""
        if not self.frame:
            return True
        untagged = operation.action == "remove_tags" and operation.resource.type not in _HAVE_OWNERS
        return operation.action not in _CHANGE_THE_FRAME and not untagged

    def rule(self, rule: ActualRule) -> bool:
        return self.active and self._keeps(targets(rule.aws.get("Actions") or ()))

    def listener(self, listener: ActualListener) -> bool:
        """One with a rule to keep stays, and so does one without rules that shows no owner."""
        if not self.active:
            return False
        by_default = self._keeps(targets(listener.aws.get("DefaultActions") or ()))
        return any(map(self.rule, listener.rules)) or (by_default and not listener.rules)

    def _keeps(self, forwarded_to: Collection[str]) -> bool:
        return not self.others.intersection(forwarded_to) or bool(self.target_groups.intersection(forwarded_to))


NOTHING_KEPT = Kept()


def kept(owners: Iterable[str], view: InventoryView) -> Kept:
    """`owners`: with what the resource ids of their target groups begin, such as `shop/web-`."""
    prefixes = tuple(owners)
    if not prefixes:
        return NOTHING_KEPT
    theirs = {group.arn for group in view.target_groups if view.resource_id(group.tags).startswith(prefixes)}
    if theirs:
        theirs |= {group.arn for group in view.target_groups if group.aws.get("TargetType") == "alb"}
    others = {group.arn for group in view.target_groups} - theirs
    return Kept(True, frozenset(theirs), frozenset(others))


def targets(actions: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """ARNs of the target groups that AWS's description of actions forwards to."""
    return frozenset(_targets(actions)) - {""}


def _targets(actions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for action in actions:
        yield action.get("TargetGroupArn", "")
        for group in (action.get("ForwardConfig") or {}).get("TargetGroups") or ():
            yield group.get("TargetGroupArn", "")

"""What a plan leaves alone: the share of those who have a part in the stack that could not be built.

A member of an Ingress group whose edit is at fault, and whose last good state nobody remembers (albc has been started
since), is not in the stack. Its live rules must not go for that. Whose a rule is shows in the target groups that it
forwards to; one that forwards to none of ours may be anybody's, and stays as well. What shows that it belongs to
others may go as ever.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from albc.model.inventory import ActualListener, ActualRule, InventoryView


@dataclass(frozen=True, slots=True)
class Kept:
    active: bool = False
    """Whether there is anything to be left alone at all."""
    target_groups: frozenset[str] = frozenset()
    """ARNs of those to keep."""
    others: frozenset[str] = frozenset()
    """ARNs of the stack's other target groups."""

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

"""A listener's rules, compiled, in the order in which they are tried. PURE.

Made once for each change of the account by `routing_table`, asked once for each request by the HTTP side.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from albc.local.dataplane.actions import Action, Transforms, not_played, parse_actions, parse_transforms
from albc.local.dataplane.conditions import Predicate, Request, compile_conditions


@dataclass(frozen=True)
class Rule:
    """One rule: `satisfied_by` decides, `action` and `transforms` say what then."""

    arn: str
    satisfied_by: Predicate
    action: Action
    transforms: Transforms


@dataclass(frozen=True)
class RoutingTable:
    """Rules in ascending priority, the default one last; it is satisfied by every request."""

    rules: tuple[Rule, ...]

    def route(self, request: Request) -> Rule:
        """The first rule that the request satisfies."""
        return next(rule for rule in self.rules if rule.satisfied_by(request))

    def actions(self) -> Iterable[Action]:
        """Every rule's action, for who wants to know which target groups are in use."""
        return (rule.action for rule in self.rules)


class RoutingTables:
    """Tables by listener, compiled again only when something in them changed: an account may hold thousands of rules,
    and most changes touch none of them."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[tuple[Any, Any], RoutingTable]] = {}

    def table(self, listener: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> RoutingTable:
        """As `routing_table`."""
        arn, source = listener["ListenerArn"], (listener["DefaultActions"], rules)
        held = self._held.get(arn)
        if held is None or held[0] != source:
            held = self._held[arn] = (source, routing_table(listener, rules))
        return held[1]

    def keep(self, listeners: Iterable[str]) -> None:
        """Forget the tables of all other listeners."""
        kept = set(listeners)
        self._held = {arn: held for arn, held in self._held.items() if arn in kept}


def routing_table(listener: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> RoutingTable:
    """From a DescribeListeners item and its DescribeRules items; the listener's DefaultActions stand in for a default
    rule that is not there."""
    numbered = sorted((rule for rule in rules if rule["Priority"] != "default"), key=lambda rule: int(rule["Priority"]))
    default = next((rule for rule in rules if rule["Priority"] == "default"), None)
    last = default or {"RuleArn": listener["ListenerArn"], "Actions": listener["DefaultActions"]}
    return RoutingTable((*(_compile(rule) for rule in numbered), _compile({**last, "Conditions": ()})))


def _compile(rule: Mapping[str, Any]) -> Rule:
    action = parse_actions(rule["Actions"])
    try:
        transforms = parse_transforms(rule.get("Transforms") or ())
    except re.error as error:
        action, transforms = not_played(f"a transform with this regular expression ({error})"), Transforms()
    return Rule(rule["RuleArn"], compile_conditions(rule.get("Conditions") or ()), action, transforms)

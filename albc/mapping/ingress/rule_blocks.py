"""One member's rules as a block, with what can be told of them without the rules of other members.

Most members have hosts of their own. Then their rules neither hide one another nor change in an edit elsewhere, and a
listener is its members' blocks in a row. Made once by `contribution`, put in a row by `joining`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from albc.mapping.ingress import listeners, unreachable
from albc.mapping.ingress.listen_ports import ListenPort
from albc.mapping.ingress.rules import RuleShare
from albc.model.actions import Redirect
from albc.model.conditions import HostHeader
from albc.model.listener import ListenerRule
from albc.model.reference import Ref


@dataclass(frozen=True, slots=True)
class RuleBlock:
    rules: tuple[RuleShare, ...]
    hosts: frozenset[str] | None
    """The only hosts that the rules take. None if that is not certain, or if a redirect is among the rules."""
    hidden: tuple[tuple[RuleShare, RuleShare], ...]
    """Rules that are never reached, each with the one of this block that hides it."""
    _laid: dict[int, tuple[int, str, Sequence[ListenerRule]]] = field(default_factory=dict, compare=False, repr=False)
    """By port: first priority and protocol, and what `on` made of them."""

    @classmethod
    def of(cls, rules: tuple[RuleShare, ...]) -> "RuleBlock":
        return cls(rules, _hosts(rules), tuple(unreachable.find(rules)))

    def on(self, port: ListenPort, listener_arn: Ref, first: int) -> Sequence[ListenerRule]:
        """The rules in a listener, with priorities from `first` on. The last answer for each port is kept."""
        known = self._laid.get(port.port)
        if known is None or known[:2] != (first, port.protocol):
            made = listeners.build_rules(port, listener_arn, self.rules, first)
            known = self._laid[port.port] = (first, port.protocol, made)
        return known[2]


def independent(blocks: Iterable[RuleBlock]) -> bool:
    """Whether no rule of one block can take a request of another block's."""
    taken: set[str] = set()
    for block in blocks:
        if block.hosts is None or not taken.isdisjoint(block.hosts):
            return False
        taken |= block.hosts
    return True


def _hosts(rules: Iterable[RuleShare]) -> frozenset[str] | None:
    found: set[str] = set()
    for rule in rules:
        of_rule = [value for one in rule.conditions if isinstance(one, HostHeader) for value in one.values]
        if not of_rule or isinstance(rule.answer.action, Redirect) or any(_is_pattern(host) for host in of_rule):
            return None
        found.update(of_rule)
    return frozenset(found)


def _is_pattern(host: str) -> bool:
    return "*" in host or "?" in host

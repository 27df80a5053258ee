"""One member's rules, once its Services are known: what they forward to, and who may pass (spec/ingress.md §14.1, §15).

Conditions and order come from `backends`. Priorities are given when the group's rules stand together in a listener.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from albc.kube.objects import Service
from albc.mapping.ingress import auth, target_groups
from albc.mapping.ingress.actions import Action, Destination, ForwardTo, unavailable
from albc.mapping.ingress.backends import Backend, Backends
from albc.mapping.ingress.groups import GroupID
from albc.mapping.ingress.member import Member, annotations_of
from albc.mapping.ingress.target_groups import TargetGroupShare
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.actions import ActionConfig, Forward, TargetGroupTuple
from albc.model.conditions import Condition
from albc.model.facts import Facts
from albc.model.listener import RewriteTransform
from albc.model.problem import ObjectRef
from albc.model.reference import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What becomes of a request."""

    before: tuple[ActionConfig, ...]
    """Authentication; it stands on HTTPS listeners only."""
    action: ActionConfig

    def on(self, protocol: str) -> tuple[ActionConfig, ...]:
        return (*self.before, self.action) if protocol == "HTTPS" else (self.action,)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShare:
    """A rule as it stands in every listener of its member."""

    owner: ObjectRef
    number: int
    """Its place among the rules of its member."""
    name: str
    """As the user would call it: host and path."""
    conditions: tuple[Condition, ...]
    answer: Answer
    transforms: tuple[RewriteTransform, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesShare:
    """All rules of one member, and what they forward to."""

    rules: tuple[RuleShare, ...]
    target_groups: tuple[TargetGroupShare, ...]
    default: Answer | None
    default_target_groups: tuple[TargetGroupShare, ...]
    asks_for_authentication: bool


def build(
    member: Member,
    backends: Backends,
    tags: Mapping[str, str],
    authenticates: bool,
    workshop: "Workshop",
) -> RulesShare:
    """`authenticates`: whether the member has an HTTPS listener, where authentication can stand."""
    rules = []
    for number, rule in enumerate(backends.rules, 1):
        rules.append(
            RuleShare(
                owner=member.ref,
                number=number,
                name=f"{rule.host or '*'}{rule.path}",
                conditions=rule.conditions,
                answer=workshop.answer(rule.backend, authenticates),
                transforms=rule.backend.transforms,
                tags=tags,
            )
        )
    of_rules = workshop.take_target_groups()
    default = workshop.answer(backends.default, authenticates) if backends.default else None
    return RulesShare(
        rules=tuple(rules),
        target_groups=of_rules,
        default=default,
        default_target_groups=workshop.take_target_groups(),
        asks_for_authentication=workshop.asked_for_authentication,
    )

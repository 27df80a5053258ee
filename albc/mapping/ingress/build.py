"""An IngressGroup as one stack (spec/ingress.md §8): `wants` says what to ask AWS, `build` makes the stack of it.

A member that is faulty, or that contradicts an earlier one over something it must have, is told so. Its last good share
stays in the stack if it is known, else the member is left out; the others are built in any case. `stack` is None if no
member is left, or if what is at fault belongs to nobody (no subnets to be found): what AWS has then stays as it is. A
group whose members all left has an empty stack.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from albc.mapping.ingress.contribution import Contribution, contribute, still_holds
from albc.mapping.ingress.declaration import Declaration, declare
from albc.mapping.ingress.declaration import wants as wants_of
from albc.mapping.ingress.groups import GroupID, membership
from albc.mapping.ingress.joining import join, told
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import Facts, FactsRequest
from albc.model.problem import Built, ObjectRef, Problem
from albc.model.stack import Stack
from albc.model.target_group_binding import FrontendNLBTargets

NOTHING_KNOWN: Mapping[NamespacedName, Contribution] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class BuiltGroup(Built):
    """A group's stack, and the members' shares of it."""

    in_effect: Mapping[NamespacedName, Contribution] = field(default_factory=dict)
    """By member; give it to the next `build` of the group, which saves work and keeps what is good."""
    left_out: tuple[ObjectRef, ...] = ()
    """Members of which the stack holds nothing; what AWS may have of them is not known here."""

    @property
    def faults(self) -> tuple[Problem, ...]:
        """The problems that somebody must mend."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def at_fault(self) -> frozenset[ObjectRef]:
        """Whose the faults are."""
        return frozenset(problem.object for problem in self.faults)


def owners(members: Iterable[ObjectRef]) -> tuple[str, ...]:
    """With what the ids of these members' target groups begin, by which a plan knows what is live of them."""
    return tuple(f"{member.namespace}/{member.name}-" for member in members)


def wants(
    group: GroupID,
    snapshot: Snapshot,
    settings: MappingSettings,
    earlier: Mapping[NamespacedName, Contribution] = NOTHING_KNOWN,
) -> FactsRequest:
    """What `build` with the same arguments needs to know of AWS for this group."""
    declarations: list[Declaration] = []
    for member in membership(group, snapshot, settings).active:
        try:
            declarations.append(declare(member, settings))
        except Invalid:
            continue  # `build` tells of it; a member that is not built asks for nothing
    return wants_of(declarations, settings) | wants_of([share.declared for share in earlier.values()], settings)


def build(
    group: GroupID,
    snapshot: Snapshot,
    facts: Facts,
    settings: MappingSettings,
    earlier: Mapping[NamespacedName, Contribution] = NOTHING_KNOWN,
) -> BuiltGroup:
    """`facts` answer what `wants` asks; `earlier` is what the last build of this group had in effect."""
    who = membership(group, snapshot, settings)
    if not who.active and not who.held:
        return BuiltGroup(Stack.of(group.stack_id, [FrontendNLBTargets()]))
    problems = list(who.problems)
    held = {NamespacedName(ref.namespace, ref.name) for ref in who.held}
    shares = [earlier[name] for name in sorted(held) if name in earlier]
    for member in who.active:
        kept = earlier.get(member.name)
        try:
            if kept and still_holds(kept, member, snapshot, facts, settings):
                shares.append(kept)
            else:
                shares.append(contribute(declare(member, settings), group, snapshot, facts, settings))
        except Invalid as fault:
            problems.append(told(member.ref, fault, kept))
            shares += [kept] if kept else []
    shares.sort(key=lambda share: (share.declared.member.order, str(share.name)))
    joined = join(group, shares, {share.ref: share for share in earlier.values()}, facts, settings)
    present = {share.ref for share in joined.in_effect}
    return BuiltGroup(
        joined.stack,
        tuple(dict.fromkeys((*problems, *joined.problems))),
        {share.name: share for share in joined.in_effect} if joined.stack else earlier,
        tuple(ref for ref in (*(member.ref for member in who.active), *who.held) if ref not in present),
    )

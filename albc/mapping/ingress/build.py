"""An IngressGroup as one stack (spec/ingress.md §8): `wants` says what to ask AWS, `build` makes the stack of it.

A member that is faulty, or that contradicts an earlier one over something it must have, is left out with a problem,
and the others are built. `Built.stack` is None if no member is left, or if what is at fault belongs to nobody (no
subnets to be found): what AWS has then stays as it is. A group whose members all left has an empty stack.
"""

from albc.mapping.ingress.contribution import contribute
from albc.mapping.ingress.declaration import Declaration, declare
from albc.mapping.ingress.declaration import wants as wants_of
from albc.mapping.ingress.groups import GroupID, membership
from albc.mapping.ingress.joining import join
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.model.facts import Facts, FactsRequest
from albc.model.problem import Built, Problem
from albc.model.stack import Stack
from albc.model.target_group_binding import FrontendNLBTargets


def wants(group: GroupID, snapshot: Snapshot, settings: MappingSettings) -> FactsRequest:
    """What `build` needs to know of AWS for this group."""
    declarations, _ = _declare(group, snapshot, settings)
    return wants_of(declarations, settings)


def build(group: GroupID, snapshot: Snapshot, facts: Facts, settings: MappingSettings) -> Built:
    """`facts` answer what `wants` asks."""
    who = membership(group, snapshot, settings)
    declarations, problems = _declare(group, snapshot, settings)
    contributions = []
    for declared in declarations:
        try:
            contributions.append(contribute(declared, group, snapshot, facts, settings))
        except Invalid as fault:
            problems.append(Problem(declared.ref, fault.reason, fault.message))
    if not who.active and not who.held:
        return Built(Stack.of(group.stack_id, [FrontendNLBTargets()]))
    joined = join(group, contributions, facts, settings)
    return Built(joined.stack, tuple(dict.fromkeys((*who.problems, *problems, *joined.problems))))


def _declare(group: GroupID, snapshot: Snapshot, settings: MappingSettings) -> tuple[list[Declaration], list[Problem]]:
    declarations: list[Declaration] = []
    problems: list[Problem] = []
    for member in membership(group, snapshot, settings).active:
        try:
            declarations.append(declare(member, settings))
        except Invalid as fault:
            problems.append(Problem(member.ref, fault.reason, fault.message))
    return declarations, problems

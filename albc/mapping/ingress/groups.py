"""IngressGroups: which group an Ingress belongs to, and who a group's members are, in order (spec/ingress.md §4).

The controller's keys are `GroupID`s: `group_of` and `pending_finalization` turn an Ingress into keys, `membership`
turns a key into members. `groups` and `load_problems` look at a whole snapshot at once, for `albc plan`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from albc.kube.objects import Ingress
from albc.mapping.ingress.classes import REASON, claim
from albc.mapping.ingress.member import NO_PARAMS, Member, annotations_of, ref
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.problem import ObjectRef, Problem
from albc.model.stack import StackID

IMPLICIT_FINALIZER = "ingress.k8s.aws/resources"
EXPLICIT_FINALIZER_PREFIX = "group.ingress.k8s.aws/"

_NAME = re.compile(r"([a-z0-9][-a-z0-9.]*)?[a-z0-9]")
_LONGEST_NAME = 63
_ORDERS = range(-1000, 1001)


@dataclass(frozen=True, slots=True, order=True)
class GroupID:
    """An explicit group has a name and no namespace; an implicit one is a single Ingress and has that one's names."""

    namespace: str
    name: str

    @property
    def explicit(self) -> bool:
        return not self.namespace

    @property
    def stack_id(self) -> StackID:
        return StackID(self.namespace, self.name)

    @property
    def finalizer(self) -> str:
        return f"{EXPLICIT_FINALIZER_PREFIX}{self.name}" if self.explicit else IMPLICIT_FINALIZER

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Who belongs to a group, each Ingress in one part only."""

    active: tuple[Member, ...] = ()
    """In group order: `group.order`, then namespace and name."""
    inactive: tuple[Ingress, ...] = ()
    """Deleted, or moved elsewhere, and still bearing the group's finalizer: their share goes, then the finalizer."""
    held: tuple[ObjectRef, ...] = ()
    """Members whose class, group or order cannot be read: what AWS has of them stays until they can."""
    problems: tuple[Problem, ...] = ()


def group_of(ingress: Ingress, snapshot: Snapshot, settings: MappingSettings) -> GroupID | None:
    """The group that an Ingress wants to be in; None if it is deleted or not ours.

    Raises `Invalid` (reason `FailedLoadGroupID`) if that cannot be told.
    """
    placed = _place(ingress, snapshot, settings)
    return placed[0] if placed else None


def pending_finalization(ingress: Ingress) -> tuple[GroupID, ...]:
    """The groups whose finalizers an Ingress bears."""
    found = []
    for finalizer in ingress.metadata.finalizers:
        if finalizer == IMPLICIT_FINALIZER:
            found.append(GroupID(ingress.namespace, ingress.name))
        elif finalizer.startswith(EXPLICIT_FINALIZER_PREFIX):
            found.append(GroupID("", finalizer.removeprefix(EXPLICIT_FINALIZER_PREFIX)))
    return tuple(found)


def group_names(ingress: Ingress) -> frozenset[str]:
    """Names of the explicit groups that an Ingress asks for itself, or is bound to; its class may put it in another."""
    asked = annotations_of(ingress).string("group.name")
    bound = {group.name for group in pending_finalization(ingress) if group.explicit}
    return frozenset(bound if asked is None else bound | {asked})


def membership(group: GroupID, snapshot: Snapshot, settings: MappingSettings) -> Membership:
    active: list[Member] = []
    inactive: list[Ingress] = []
    held: list[ObjectRef] = []
    problems: list[Problem] = []
    for ingress in _candidates(group, snapshot):
        bound = group in pending_finalization(ingress)
        try:
            placed = _place(ingress, snapshot, settings)
        except Invalid:
            if bound:
                held.append(ref(ingress))
            continue
        if placed and placed[0] == group:
            try:
                active.append(_member(placed[1]))
            except Invalid as fault:
                held.append(ref(ingress))
                problems.append(Problem(ref(ingress), fault.reason, fault.message))
        elif bound:
            inactive.append(ingress)
    active.sort(key=lambda member: (member.order, str(member.name)))
    problems += _equal_orders(active)
    return Membership(active=tuple(active), inactive=tuple(inactive), held=tuple(held), problems=tuple(problems))


def _equal_orders(active: Iterable[Member]) -> Iterator[Problem]:
    """Tells who was given the same order as another one, and stands behind it by name."""
    first: dict[int, Member] = {}
    for member in active:
        if "group.order" not in member.annotations:
            continue
        holder = first.setdefault(member.order, member)
        if holder is not member:
            message = (
                f"group.order {member.order} is also that of {holder.ref}, which comes first by its name; "
                "give each member an order of its own if it matters"
            )
            yield Problem(member.ref, "EqualOrder", message, "warning")


def groups(snapshot: Snapshot, settings: MappingSettings) -> tuple[GroupID, ...]:
    """Every group that has a member, or whose finalizer some Ingress still bears, sorted."""
    found: set[GroupID] = set()
    for ingress in snapshot.ingresses.values():
        found.update(pending_finalization(ingress))
        try:
            group = group_of(ingress, snapshot, settings)
        except Invalid:
            continue
        if group:
            found.add(group)
    return tuple(sorted(found))


def load_problems(snapshot: Snapshot, settings: MappingSettings) -> tuple[Problem, ...]:
    """What keeps Ingresses out of every group, by object."""
    problems = []
    for ingress in snapshot.ingresses.values():
        try:
            group_of(ingress, snapshot, settings)
        except Invalid as fault:
            problems.append(Problem(ref(ingress), fault.reason, fault.message))
    return tuple(sorted(problems, key=lambda problem: problem.object))


_Placed = tuple[GroupID, Member]


def _candidates(group: GroupID, snapshot: Snapshot) -> list[Ingress]:
    """Those that can be members at all, by namespace and name. Only its own Ingress is in an implicit group."""
    if not group.explicit:
        own = snapshot.ingresses.get(NamespacedName(group.namespace, group.name))
        return [own] if own else []
    params = snapshot.ingress_class_params.values()
    by_class = any(each.spec.group and each.spec.group.name == group.name for each in params)
    found = [
        ingress
        for ingress in snapshot.ingresses.values()
        if by_class
        or annotations_of(ingress).string("group.name") == group.name
        or group.finalizer in ingress.metadata.finalizers
    ]
    return sorted(found, key=lambda ingress: (ingress.namespace, ingress.name))


def _place(ingress: Ingress, snapshot: Snapshot, settings: MappingSettings) -> _Placed | None:
    """The group, and the Ingress as its member but for the order, which is only read once it matters."""
    if ingress.metadata.deletion_timestamp is not None:
        return None
    claimed = claim(ingress, snapshot, settings)
    if claimed is None:
        return None
    params = claimed.params
    member = Member(ingress, params.spec if params else NO_PARAMS, params.name if params else "")
    return _group(member), member


def _group(member: Member) -> GroupID:
    name = member.params.group.name if member.params.group else member.annotations.string("group.name")
    if name is None:
        return GroupID(member.ingress.namespace, member.ingress.name)
    if not _NAME.fullmatch(name):
        raise Invalid(
            f'invalid ingress group: the group name "{name[:_LONGEST_NAME]}" must consist of lower case letters, '
            "digits, '-' and '.', and start and end with a letter or digit",
            reason=REASON,
        )
    if len(name) > _LONGEST_NAME:
        raise Invalid(
            f"invalid ingress group: the group name {name[:20]}… has {len(name)} characters, "
            f"no more than {_LONGEST_NAME} are allowed",
            reason=REASON,
        )
    return GroupID("", name)


def _member(unordered: Member) -> Member:
    order = unordered.annotations.int32("group.order")
    if order is None:
        return unordered
    if order not in _ORDERS:
        raise unordered.annotations.invalid("group.order", "must be a number from -1000 to 1000")
    return Member(unordered.ingress, unordered.params, unordered.params_name, order)

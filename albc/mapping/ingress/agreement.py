"""What the members of a group say of the one thing they share, and what holds if they contradict one another.

The earlier member in group order always has its way, and the later one is told. Mostly the earlier value then holds
for both (`agree`, `agree_by_key`). Where that would serve the later member's rules to people, or by a protocol, that
its owner did not choose (`insist`), the later member is left out: `MemberInvalid` says which one, and `build` starts
again without it (spec/ingress.md §7, column Group; docs/deviations.md).
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import TypeAlias, TypeVar

from albc.mapping.invalid import Invalid, step
from albc.model.problem import ObjectRef, Problem

T = TypeVar("T")
W = TypeVar("W")

Said: TypeAlias = tuple[ObjectRef, T]
"""What one member says."""

REASON = "FailedBuildModel"


class MemberInvalid(Invalid):
    """A member that cannot be part of the stack as it is, or not beside the earlier member that it has `lost_to`."""

    def __init__(self, member: ObjectRef, message: str, lost_to: ObjectRef | None = None) -> None:
        super().__init__(message)
        self.member = member
        self.lost_to = lost_to


def settled(member: ObjectRef, value: T | Invalid) -> T:
    """A value whose fault only matters now that it is used."""
    if isinstance(value, Invalid):
        with step(value.category):
            raise MemberInvalid(member, value.message)
    return value


def _itself(value: Hashable) -> Hashable:
    return value


def agree(
    said: Iterable[Said[T | None]], what: str, problems: list[Problem], same: Callable[[T], Hashable] = _itself
) -> Said[T] | None:
    """The first value given, with its owner. Each other one is a problem of who gave it. None says nothing.

    Two values are equal if `same` makes them so.
    """
    first: Said[T] | None = None
    for member, value in said:
        if value is None:
            continue
        if first is None:
            first = (member, value)
        elif same(value) != same(first[1]):
            problems.append(Problem(member, REASON, _contradiction(what, value, *first)))
    return first


def agreed(said: Iterable[Said[W]], of: Callable[[W], T | None], what: str, problems: list[Problem]) -> T | None:
    """The value of `agree` alone, of one field of what the members say: for most annotations all that is needed."""
    first = agree([(member, of(wishes)) for member, wishes in said], what, problems)
    return first[1] if first else None


def insist(said: Iterable[Said[T | None]], what: str, same: Callable[[T], Hashable] = _itself) -> Said[T] | None:
    """As `agree`, but who gives another value is left out."""
    problems: list[Problem] = []
    first = agree(said, what, problems, same)
    if first and problems:
        raise MemberInvalid(problems[0].object, problems[0].message, lost_to=first[0])
    return first


def agree_by_key(
    said: Iterable[Said[Mapping[str, str]]], what: str, problems: list[Problem], settled_keys: Collection[str] = ()
) -> dict[str, str]:
    """The union of the maps; of two values for one key the first holds. A conflict over a key that a stronger source
    settles anyway is no problem.
    """
    union: dict[str, Said[str]] = {}
    for member, values in said:
        for key, value in values.items():
            first = union.setdefault(key, (member, value))
            if first[1] != value and key not in settled_keys:
                problems.append(Problem(member, REASON, _contradiction(f"{what} {key}", value, *first)))
    return {key: value for key, (_, value) in union.items()}


def _contradiction(what: str, value: object, owner: ObjectRef, holds: object) -> str:
    return (
        f"{what} is {_shown(value)} here, but {_shown(holds)} at {owner}, which comes first in the group and decides; "
        "make both equal, or remove one"
    )


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value != "" else '""'

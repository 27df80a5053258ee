"""Status conditions by the API conventions: one of each type, whose time says when its status last changed. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from albc.kube.objects.meta import Condition
from albc.printable import printable

LONGEST_MESSAGE: Final = 32768
"""Characters that the API allows; a message that cites an annotation may be longer."""


def find_condition(conditions: Sequence[Condition], type_: str) -> Condition | None:
    """The condition of that type."""
    return next((condition for condition in conditions if condition.type == type_), None)


def with_condition(conditions: Sequence[Condition], condition: Condition, now: str) -> tuple[Condition, ...]:
    """The conditions with this one in place of the old one of its type, or at the end.

    The transition time becomes `now` (RFC 3339) if the status differs from before, else it stays; so setting what is
    already there gives equal conditions, and a status that need not be written. The message is made harmless.
    """
    before = find_condition(conditions, condition.type)
    changed_at = before.last_transition_time if before and before.status == condition.status else now
    message = printable(condition.message, LONGEST_MESSAGE)
    timed = msgspec.structs.replace(condition, message=message, last_transition_time=changed_at)
    if before is None:
        return (*conditions, timed)
    return tuple(timed if each.type == condition.type else each for each in conditions)

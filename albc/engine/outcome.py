"""How a reconcile ends, as a value.

A reconcile returns an `Outcome`, or raises; `outcome_of` says what an exception amounts to. What each outcome does to
the queue and to the metrics is decided in one `match`, in `albc.engine.worker`.
"""

from dataclasses import dataclass
from typing import Final

from albc.errors import AlbcError, Invalid, Pending, QuotaExceeded, Unavailable

SLOW_RETRY: Final = 30.0
"""Seconds that a user's fault, or a quota that is used up, waits at least before it is looked at again; an edit is
seen at once in any case."""


@dataclass(frozen=True, slots=True)
class Done:
    """All is as it should be: back-off reset, nothing queued."""


@dataclass(frozen=True, slots=True)
class Requeue:
    """Not wrong, but not ready: the only way to say "again later".

    After `after` seconds, with the back-off reset; without `after`, by the back-off. No error is logged or counted.
    """

    after: float | None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """Logged and counted as an error, and tried again by the back-off, but not before `at_least` seconds."""

    error: Exception
    at_least: float = 0.0


Outcome = Done | Requeue | Failed


def outcome_of(error: Exception) -> Outcome:
    """What an exception that left a reconcile amounts to; of a group, what the gravest of its errors does."""
    match error:
        case ExceptionGroup(exceptions=errors):
            return max((outcome_of(each) for each in errors), key=_gravity)
        case Pending(after_seconds=after):
            return Requeue(after, str(error))
        case Invalid() | QuotaExceeded():
            return Failed(error, at_least=SLOW_RETRY)
        case Unavailable(retry_after=seconds) if seconds is not None:
            return Failed(error, at_least=seconds)
        case _:
            return Failed(error)


def _gravity(outcome: Outcome) -> int:
    """A fault of ours before one of the user, that before what passes by itself."""
    match outcome:
        case Failed(error=AlbcError() as error):
            return 2 if isinstance(error, Unavailable) else 3
        case Failed():
            return 4
        case Requeue():
            return 1
        case Done():
            return 0

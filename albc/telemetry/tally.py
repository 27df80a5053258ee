"""Counts the calls that were made on behalf of one reconcile, whoever makes them.

`albc.aws` calls `count` for each AWS call; the engine opens a `tally` around each reconcile and logs it. It goes with
the context, so tasks that a reconcile starts are counted with it, and reconciles that run side by side are not mixed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Calls so far."""

    calls: int = 0
    """AWS calls, writes included."""
    writes: int = 0


_current: ContextVar[Tally | None] = ContextVar("tally", default=None)


@contextmanager
def tally() -> Iterator[Tally]:
    """Counts what is called inside; the innermost tally counts."""
    counted = Tally()
    token = _current.set(counted)
    try:
        yield counted
    finally:
        _current.reset(token)


def count(*, write: bool) -> None:
    """One more call. Outside of any tally it is not counted."""
    if (current := _current.get()) is not None:
        current.calls += 1
        current.writes += write

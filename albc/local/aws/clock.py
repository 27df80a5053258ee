"""The account's time: a function that tells the seconds since the epoch."""

from collections.abc import Callable

Clock = Callable[[], float]
"""`time.time`, or a `ManualClock` where time is to pass only when someone says so."""


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds

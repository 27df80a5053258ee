"""Virtual time: an event loop whose clock jumps to the next timer when nothing else is left.

Tests may talk to servers of their own process over loopback: before it jumps, the loop gives their sockets a moment.
"""

import asyncio
import selectors
from collections.abc import Callable

GRACE = 0.003
"""Real seconds in which something that was sent within this process must have arrived."""


class _Selector(selectors.DefaultSelector):
    """Waits for no timer: tells the loop how far to jump instead."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        sockets = len(self.get_map()) > 1  # one is the loop's own
        wait = timeout if timeout is None or timeout <= 0 else min(timeout, GRACE if sockets else 0)
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(wait)
        if not ready and timeout:
            self._jump(timeout)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose `time` passes only when everything waits for it."""

    def __init__(self) -> None:
        self._passed = 0.0
        super().__init__(_Selector(self._jump))

    def time(self) -> float:
        return self._passed

    def _jump(self, seconds: float) -> None:
        self._passed += seconds

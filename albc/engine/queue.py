"""The work queue: which key is to be reconciled next.

* A key is queued at most once, however often it is added.
* A key is never handed out twice at a time; added while in work, it is handed out once more after `done`.
* Keys of one priority are handed out in order of arrival; NORMAL goes before LOW.
* LOW never starves: at most 16 NORMAL keys are handed out in a row while LOW ones wait.
* A waiting LOW key that is added as NORMAL moves to the end of the NORMAL ones; nothing moves a key down.
* Of two due times the earlier holds, of two priorities the higher; a ready key is not delayed again.
* `add_rate_limited` doubles a key's delay with each failure, from base to ceiling, joined with a bucket for all keys.
* `forget` resets a key's delay; an `add` makes even a delayed key ready at once.
* `drain` accepts no new key, hands out what is ready, and returns when the last key is done.
* `stop` hands out nothing more. When there is nothing left to hand out, `get` raises `QueueClosed`.

Not promised: anything across threads, or that a key added while the queue closes is worked on.
Called by informers' handlers (`add`) and by workers; the state machine behind it is `albc.engine.backlog`.
"""

import asyncio
from collections import deque
from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from albc.engine.backlog import Backlog, Priority
from albc.engine.backoff import Backoff, RateLimiter

__all__ = ["Backoff", "Priority", "QueueClosed", "QueueObserver", "QueueStatistics", "WorkQueue"]

K = TypeVar("K", bound=Hashable)


class QueueClosed(Exception):
    """There is nothing more to get: not an error, but the ordinary end of a worker."""


class QueueObserver(Protocol):
    """Who wants to know how long each key waited and was worked on (`albc.engine.metrics`)."""

    def waited(self, seconds: float) -> None: ...

    def worked(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class QueueStatistics:
    """A queue at one moment. Seconds are those of the event loop's clock."""

    name: str
    depth: Mapping[Priority, int]
    """Keys that are ready and wait for a worker."""
    delayed: int
    """Keys that wait for their time."""
    working: Mapping[str, float]
    """Keys that are being worked on, and for how many seconds."""
    failing: int
    """Keys that failed and have not succeeded since."""
    adds: int
    retries: int

    @property
    def unfinished_work_seconds(self) -> float:
        return sum(self.working.values())

    @property
    def longest_running_processor_seconds(self) -> float:
        return max(self.working.values(), default=0.0)


class WorkQueue(Generic[K]):
    """See the head of this module. Time is that of the running event loop."""

    def __init__(self, name: str, backoff: Backoff | None = None, observer: QueueObserver | None = None) -> None:
        """Must be made where an event loop runs."""
        self.name = name
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time
        self._backlog: Backlog[K] = Backlog()
        self._limiter: RateLimiter[K] = RateLimiter(backoff or Backoff(), self._now())
        self._observer = observer
        self._getters: deque[asyncio.Future[None]] = deque()
        self._closing = False
        self._drained: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._retries = 0
        self._turn = 0.0
        """The time, once it was asked for in this turn of the loop, else 0: a clock that is read for each key, and a
        number to keep for it, would be a quarter of what a key costs."""

    def add(self, key: K, priority: Priority = Priority.NORMAL) -> None:
        """`key` is to be worked on, as soon as may be."""
        if self._backlog.add(key, self._turn or self._begin_turn(), priority) and self._getters:
            self._wake(1)

    def add_after(self, key: K, seconds: float, priority: Priority | None = None) -> None:
        """`key` is to be worked on in `seconds`, or earlier if it is added meanwhile.

        A key that is being worked on keeps its priority unless one is given.
        """
        now = self._now()
        due = now + seconds
        if priority is None:
            priority = self._backlog.priority_of(key)
        if self._backlog.add_at(key, due, now, priority):
            self._wake(1)
        elif self._timer is None or due < self._timer.when():
            self._set_timer()

    def add_rate_limited(self, key: K, at_least: float = 0.0) -> float:
        """`key` failed and is to be tried again, not before `at_least` seconds. Returns the delay in seconds."""
        delay = max(self._limiter.delay(key, self._now()), at_least)
        self._retries += 1
        self.add_after(key, delay)
        return delay

    def forget(self, key: K) -> None:
        """`key` succeeded: its next failure counts as the first."""
        self._limiter.forget(key)

    def failures(self, key: K) -> int:
        """How often `key` failed since it last succeeded."""
        return self._limiter.failures(key)

    async def get(self) -> K:
        """Waits for the next key. The caller must call `done` for it, whatever happens. Raises `QueueClosed`."""
        while True:
            taken = self._backlog.take(self._turn or self._begin_turn())
            if taken is not None:
                if self._observer is not None:
                    self._observer.waited(max(0.0, self._turn - taken[1]))
                return taken[0]
            if self._backlog.exhausted:
                raise QueueClosed(self.name)
            await self._ready()

    def done(self, key: K) -> None:
        """The work on `key` has ended. Raises KeyError if it was not handed out, or is done already."""
        if self._observer is not None:
            self._observer.worked(self._now() - self._backlog.started(key))
        if self._backlog.finish(key):
            if self._getters:
                self._wake(1)
        elif self._closing and self._backlog.exhausted:
            self._end()

    async def drain(self) -> None:
        """Accepts nothing more, and returns when all that was ready or in work is done; after `stop`: in work."""
        self._close(hand_out_the_rest=True)
        if not self._backlog.idle:
            if self._drained is None:
                self._drained = self._loop.create_future()
            await asyncio.shield(self._drained)

    def stop(self) -> None:
        """Accepts and hands out nothing more. Keys in work are left to their workers."""
        self._close(hand_out_the_rest=False)

    def statistics(self) -> QueueStatistics:
        """May be called from any thread."""
        now = self._now()
        return QueueStatistics(
            name=self.name,
            depth=self._backlog.ready,
            delayed=self._backlog.delayed,
            working={str(key): now - started for key, started in self._backlog.working.items()},
            failing=len(self._limiter),
            adds=self._backlog.adds,
            retries=self._retries,
        )

    def _begin_turn(self) -> float:
        self._turn = self._now()
        self._loop.call_soon(self._end_turn)
        return self._turn

    def _end_turn(self) -> None:
        self._turn = 0.0

    async def _ready(self) -> None:
        """Returns when there may be a key to take, or when there will be none."""
        getter = self._loop.create_future()
        self._getters.append(getter)
        try:
            await getter
        except asyncio.CancelledError:
            if getter.done() and not getter.cancelled():
                self._wake(1)  # The key that woke us is still there: somebody else must take it.
            else:
                with suppress(ValueError):  # `_wake` has passed it over meanwhile.
                    self._getters.remove(getter)
            raise

    def _wake(self, keys: int) -> None:
        while keys and self._getters:
            getter = self._getters.popleft()
            if not getter.done():
                getter.set_result(None)
                keys -= 1

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = self._backlog.next_due()
        self._timer = None if due is None else self._loop.call_at(due, self._on_time, due)

    def _on_time(self, due: float) -> None:
        # The loop may call up to one clock tick early; what the timer was set for is due.
        self._wake(self._backlog.promote(max(self._now(), due)))
        self._timer = None
        self._set_timer()

    def _close(self, *, hand_out_the_rest: bool) -> None:
        self._closing = True
        self._backlog.close(hand_out_the_rest=hand_out_the_rest)
        self._set_timer()
        if self._backlog.exhausted:
            self._end()

    def _end(self) -> None:
        """Nothing will be handed out any more: tells who waits for a key, and who waits for the last one."""
        self._wake(len(self._getters))
        if self._drained is not None and self._backlog.idle and not self._drained.done():
            self._drained.set_result(None)

"""The work queue's state machine, without a clock or an event loop: every method is told the time.

Called by `albc.engine.queue` only, which states the promises; tested against a naive model with random steps.
"""

from collections import OrderedDict
from collections.abc import Hashable
from enum import IntEnum
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Final, Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)


class Priority(IntEnum):
    """Two classes, numbered as controller-runtime numbers them (label `priority` of `workqueue_depth`)."""

    LOW = -100
    """Resyncs and the initial list."""
    NORMAL = 0
    """Fresh changes, a person's edit or delete among them."""


# Looking a member up on its enumeration costs more than all that is done to a key here.
_LOW: Final = Priority.LOW
_NORMAL: Final = Priority.NORMAL

FAIRNESS: Final = 16
"""While LOW keys wait, one of them is handed out after at most this many NORMAL ones."""

COMPACT_ABOVE: Final = 64
"""Fewer stale entries than this in the heap of due times are not worth a clean-up."""


class _Delayed(NamedTuple, Generic[K]):
    due: float
    number: int
    """Keeps keys that are due at the same time in the order of their arrival, and keys from being compared."""
    key: K
    priority: Priority


class Backlog(Generic[K]):
    """Every key is in one place at most: ready, delayed, or, while it is being worked on, to be done again."""

    def __init__(self) -> None:
        self._normal: OrderedDict[K, float] = OrderedDict()
        """Ready keys in order, and since when they are ready."""
        self._low: OrderedDict[K, float] = OrderedDict()
        self._normal_in_a_row = 0
        """NORMAL keys handed out since the last LOW one, while LOW keys waited."""
        self._delayed: dict[K, _Delayed[K]] = {}
        self._due: list[_Delayed[K]] = []
        """Heap by due time. Entries that `_delayed` no longer names are stale, and skipped."""
        self._numbers = count()
        self._working: dict[K, tuple[float, Priority]] = {}
        """Keys handed out, since when, and with which priority."""
        self._again: dict[K, tuple[Priority, float]] = {}
        """Keys that were added while they were being worked on, and when for the first time."""
        self.accepting = True
        """False once the queue is closed."""
        self.adds = 0
        """Keys that became ready, or ready again, ever."""

    def add(self, key: K, now: float, priority: Priority = _NORMAL) -> bool:
        """Makes `key` ready. True if there is one more ready key than before."""
        if not self.accepting:
            return False
        if self._delayed and (delayed := self._delayed.pop(key, None)) is not None:
            priority = max(priority, delayed.priority)
        return self._make_ready(key, now, priority)

    def add_at(self, key: K, due: float, now: float, priority: Priority = _NORMAL) -> bool:
        """Makes `key` ready at `due`, unless it is ready sooner. True if there is one more ready key than before."""
        if due <= now:
            return self.add(key, now, priority)
        if not self.accepting or key in self._normal or key in self._low or key in self._again:
            return False
        if (delayed := self._delayed.get(key)) is not None:
            due, priority = min(due, delayed.due), max(priority, delayed.priority)
        entry = _Delayed(due, next(self._numbers), key, priority)
        self._delayed[key] = entry
        heappush(self._due, entry)
        if len(self._due) > 2 * len(self._delayed) + COMPACT_ABOVE:
            self._due = list(self._delayed.values())
            heapify(self._due)
        return False

    def promote(self, now: float) -> int:
        """Makes the keys ready whose time has come, in the order of their due times. How many became ready."""
        ready = 0
        while self._due and self._due[0].due <= now:
            entry = heappop(self._due)
            if self._delayed.get(entry.key) is entry:
                del self._delayed[entry.key]
                ready += self._make_ready(entry.key, entry.due, entry.priority)
        return ready

    def next_due(self) -> float | None:
        """When `promote` next has something to do."""
        while self._due and self._delayed.get(self._due[0].key) is not self._due[0]:
            heappop(self._due)
        return self._due[0].due if self._due else None

    def take(self, now: float) -> tuple[K, float] | None:
        """Hands out the next ready key, which is being worked on from now on; and since when it was ready."""
        if not self._low:
            if not self._normal:
                return None
            self._normal_in_a_row = 0
            ready, priority = self._normal, _NORMAL
        elif self._normal and self._normal_in_a_row < FAIRNESS:
            self._normal_in_a_row += 1
            ready, priority = self._normal, _NORMAL
        else:
            self._normal_in_a_row = 0
            ready, priority = self._low, _LOW
        taken = ready.popitem(last=False)
        self._working[taken[0]] = (now, priority)
        return taken

    def finish(self, key: K) -> bool:
        """Ends the work on `key`. True if there is one more ready key (the same) now."""
        del self._working[key]
        if not self._again or (again := self._again.pop(key, None)) is None:
            return False
        priority, since = again
        (self._low if priority is _LOW else self._normal)[key] = since
        return True

    def started(self, key: K) -> float:
        """Since when `key` is being worked on. KeyError if it is not."""
        return self._working[key][0]

    def close(self, *, hand_out_the_rest: bool) -> None:
        """Accepts nothing from now on and forgets what is delayed; and what is ready too, unless told otherwise."""
        self.accepting = False
        self._delayed.clear()
        self._due.clear()
        if not hand_out_the_rest:
            self._normal.clear()
            self._low.clear()
            self._again.clear()

    def _make_ready(self, key: K, since: float, priority: Priority) -> bool:
        if self._working and key in self._working:
            self._note_again(key, since, priority)
            return False
        if priority is _NORMAL:
            if self._low and (low_since := self._low.pop(key, None)) is not None:
                self._normal[key] = low_since
                return False
            # One look-up for both questions, as hashing the key is most of the work: is it there, and put it there.
            known = len(self._normal)
            self._normal.setdefault(key, since)
            if len(self._normal) == known:
                return False
        elif key in self._normal or key in self._low:
            return False
        else:
            self._low[key] = since
        self.adds += 1
        return True

    def _note_again(self, key: K, since: float, priority: Priority) -> None:
        known = self._again.get(key)
        if known is None:
            self.adds += 1
            self._again[key] = (priority, since)
        elif priority > known[0]:
            self._again[key] = (priority, known[1])

    def priority_of(self, key: K) -> Priority:
        """With which priority `key` was handed out; NORMAL if it is not being worked on."""
        working = self._working.get(key)
        return working[1] if working else _NORMAL

    @property
    def exhausted(self) -> bool:
        """Nothing will be handed out any more, though keys may still be in work."""
        return not (self.accepting or self._normal or self._low or self._again)

    @property
    def idle(self) -> bool:
        """Nothing is ready, and nothing is being worked on."""
        return not (self._normal or self._low or self._working)

    @property
    def ready(self) -> dict[Priority, int]:
        """How many keys are ready, by priority."""
        return {_NORMAL: len(self._normal), _LOW: len(self._low)}

    @property
    def delayed(self) -> int:
        return len(self._delayed)

    @property
    def working(self) -> dict[K, tuple[float, Priority]]:
        """The keys that are being worked on, since when and with which priority: a copy, made at one stroke, so that
        a thread that renders metrics may ask."""
        return self._working.copy()

"""The work queue's state machine, without a clock or an event loop: every method is told the time.

Called by `albc.engine.queue` only, which states the promises; tested against a naive model with random steps.
"""

from collections import OrderedDict, deque
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
        self._normal: dict[K, float] = {}
        """Ready keys, and since when they are ready."""
        self._order: deque[K] = deque()
        """The same keys in order. A pair of plain containers, as no tuple for each key means no work for the collector
        of cycles, and an OrderedDict takes half as long again."""
        self._low: OrderedDict[K, float] = OrderedDict()
        """The same of LOW keys, which may leave from the midst, for `_normal`."""
        self._normal_in_a_row = 0
        """NORMAL keys handed out since the last LOW one, while LOW keys waited."""
        self._delayed: dict[K, _Delayed[K]] = {}
        self._due: list[_Delayed[K]] = []
        """Heap by due time. Entries that `_delayed` no longer names are stale, and skipped."""
        self._numbers = count()
        self._working: dict[K, float] = {}
        """Keys handed out, and since when."""
        self._working_low: set[K] = set()
        """Those that were handed out as LOW."""
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
        if self._working and key in self._working:
            self._note_again(key, now, priority)
            return False
        if priority is _LOW:
            return self._add_low(key, now)
        # One look-up for both questions, as hashing the key is most of the work: is it there, and put it there.
        normal = self._normal
        known = len(normal)
        normal.setdefault(key, now)
        if len(normal) == known:
            return False
        self._order.append(key)
        if self._low and (low_since := self._low.pop(key, None)) is not None:
            normal[key] = low_since
            return False
        self.adds += 1
        return True

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
                ready += self.add(entry.key, entry.due, entry.priority)
        return ready

    def next_due(self) -> float | None:
        """When `promote` next has something to do."""
        while self._due and self._delayed.get(self._due[0].key) is not self._due[0]:
            heappop(self._due)
        return self._due[0].due if self._due else None

    def take(self, now: float) -> tuple[K, float] | None:
        """Hands out the next ready key, which is being worked on from now on; and since when it was ready."""
        if self._low:
            if not self._normal or self._normal_in_a_row == FAIRNESS:
                self._normal_in_a_row = 0
                taken = self._low.popitem(last=False)
                self._working[taken[0]] = now
                self._working_low.add(taken[0])
                return taken
            self._normal_in_a_row += 1
        elif not self._normal:
            return None
        key = self._order.popleft()
        self._working[key] = now
        return key, self._normal.pop(key)

    def finish(self, key: K) -> bool:
        """Ends the work on `key`. True if there is one more ready key (the same) now."""
        del self._working[key]
        if self._working_low:
            self._working_low.discard(key)
        if not self._again or (again := self._again.pop(key, None)) is None:
            return False
        priority, since = again
        if priority is _LOW:
            self._put_low(key, since)
        else:
            self._normal[key] = since
            self._order.append(key)
        return True

    def started(self, key: K) -> float:
        """Since when `key` is being worked on. KeyError if it is not."""
        return self._working[key]

    def close(self, *, hand_out_the_rest: bool) -> None:
        """Accepts nothing from now on and forgets what is delayed; and what is ready too, unless told otherwise."""
        self.accepting = False
        self._delayed.clear()
        self._due.clear()
        if not hand_out_the_rest:
            self._normal.clear()
            self._order.clear()
            self._low.clear()
            self._again.clear()

    def _add_low(self, key: K, now: float) -> bool:
        if key in self._normal or key in self._low:
            return False
        self._put_low(key, now)
        self.adds += 1
        return True

    def _put_low(self, key: K, since: float) -> None:
        if not self._low:
            self._normal_in_a_row = 0
        self._low[key] = since

    def _note_again(self, key: K, since: float, priority: Priority) -> None:
        known = self._again.get(key)
        if known is None:
            self.adds += 1
            self._again[key] = (priority, since)
        elif priority > known[0]:
            self._again[key] = (priority, known[1])

    def priority_of(self, key: K) -> Priority:
        """With which priority `key` was handed out; NORMAL if it is not being worked on."""
        return _LOW if key in self._working_low else _NORMAL

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
    def working(self) -> dict[K, float]:
        """The keys that are being worked on, and since when: a copy, made at one stroke, so that a thread that renders
        metrics may ask."""
        return self._working.copy()

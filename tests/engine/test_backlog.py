"""The queue's state machine under random interleavings, beside a model that is too simple to be wrong."""

from collections.abc import Hashable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from albc.engine.backlog import FAIRNESS, Backlog, Priority

KEYS = st.integers(0, 5)
PRIORITIES = st.sampled_from(Priority)
SECONDS = st.integers(0, 8)

LOW, NORMAL = Priority.LOW, Priority.NORMAL


class Model:
    """Lists, searched from end to end."""

    def __init__(self) -> None:
        self.ready: dict[Priority, list[Hashable]] = {NORMAL: [], LOW: []}
        self.delayed: list[tuple[int, int, Hashable, Priority]] = []
        self.again: dict[Hashable, Priority] = {}
        self.working: list[Hashable] = []
        self.in_a_row = 0
        self.arrivals = 0
        self.open = True

    def add(self, key: Hashable, priority: Priority) -> None:
        if not self.open:
            return
        for entry in [entry for entry in self.delayed if entry[2] == key]:
            self.delayed.remove(entry)
            priority = max(priority, entry[3])
        self.enter(key, priority)

    def enter(self, key: Hashable, priority: Priority) -> None:
        if key in self.working:
            self.again[key] = max(priority, self.again.get(key, priority))
        elif key in self.ready[NORMAL]:
            pass
        elif key in self.ready[LOW]:
            if priority is NORMAL:
                self.ready[LOW].remove(key)
                self.ready[NORMAL].append(key)
        else:
            self.ready[priority].append(key)

    def add_at(self, key: Hashable, due: int, now: int, priority: Priority) -> None:
        if due <= now:
            self.add(key, priority)
        elif self.open and key not in self.ready[NORMAL] + self.ready[LOW] and key not in self.again:
            for entry in [entry for entry in self.delayed if entry[2] == key]:
                self.delayed.remove(entry)
                due, priority = min(due, entry[0]), max(priority, entry[3])
            self.arrivals += 1
            self.delayed.append((due, self.arrivals, key, priority))

    def promote(self, now: int) -> None:
        for entry in sorted(entry for entry in self.delayed if entry[0] <= now):
            self.delayed.remove(entry)
            self.enter(entry[2], entry[3])

    def take(self) -> Hashable | None:
        low_waits = bool(self.ready[LOW])
        if low_waits and (not self.ready[NORMAL] or self.in_a_row >= FAIRNESS):
            priority, self.in_a_row = LOW, 0
        elif self.ready[NORMAL]:
            priority, self.in_a_row = NORMAL, self.in_a_row + 1 if low_waits else 0
        else:
            return None
        key = self.ready[priority].pop(0)
        self.working.append(key)
        return key

    def finish(self, key: Hashable) -> None:
        self.working.remove(key)
        if key in self.again:
            self.ready[self.again.pop(key)].append(key)

    def close(self, *, hand_out_the_rest: bool) -> None:
        self.open = False
        self.delayed.clear()
        if not hand_out_the_rest:
            self.ready = {NORMAL: [], LOW: []}
            self.again.clear()


class QueueMachine(RuleBasedStateMachine):
    """Every step is done to both; what can be seen of them must be equal."""

    def __init__(self) -> None:
        super().__init__()
        self.backlog: Backlog[int] = Backlog()
        self.model = Model()
        self.now = 0

    @rule(key=KEYS, priority=PRIORITIES)
    def add(self, key: int, priority: Priority) -> None:
        before = sum(self.backlog.ready.values())
        grew = self.backlog.add(key, self.now, priority)
        self.model.add(key, priority)
        assert sum(self.backlog.ready.values()) == before + grew

    @rule(key=KEYS, seconds=SECONDS, priority=PRIORITIES)
    def add_after(self, key: int, seconds: int, priority: Priority) -> None:
        self.backlog.add_at(key, self.now + seconds, self.now, priority)
        self.model.add_at(key, self.now + seconds, self.now, priority)

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: int) -> None:
        self.now += seconds
        self.backlog.promote(self.now)
        self.model.promote(self.now)

    @rule()
    def take(self) -> None:
        taken = self.backlog.take(self.now)
        expected = self.model.take()
        assert (taken[0] if taken else None) == expected
        assert taken is None or taken[1] <= self.now

    @precondition(lambda self: self.model.working)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(self.model.working))
        assert isinstance(key, int)
        self.backlog.finish(key)
        self.model.finish(key)

    @precondition(lambda self: self.now > 60)
    @rule(hand_out_the_rest=st.booleans())
    def close(self, hand_out_the_rest: bool) -> None:
        self.backlog.close(hand_out_the_rest=hand_out_the_rest)
        self.model.close(hand_out_the_rest=hand_out_the_rest)

    @invariant()
    def agree(self) -> None:
        model, backlog = self.model, self.backlog
        assert backlog.ready == {priority: len(keys) for priority, keys in model.ready.items()}
        assert set(backlog.working) == set(model.working)
        assert len(model.working) == len(set(model.working)), "one key, two workers"
        assert backlog.delayed == len(model.delayed)
        assert backlog.next_due() == min((due for due, *_ in model.delayed), default=None)
        assert backlog.idle == (not (model.ready[NORMAL] or model.ready[LOW] or model.working))
        assert backlog.exhausted == (not (model.open or model.ready[NORMAL] or model.ready[LOW] or model.again))


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(max_examples=120, stateful_step_count=100, deadline=None)


def test_a_key_that_is_delayed_and_then_added_over_and_over_does_not_fill_memory() -> None:
    backlog: Backlog[str] = Backlog()
    for _ in range(10_000):
        backlog.add_at("a", 1000.0, 0.0)
        backlog.add("a", 0.0)
        backlog.take(0.0)
        backlog.finish("a")
    assert len(backlog._due) < 200

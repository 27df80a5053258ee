"""The promises at the head of `albc.engine.queue`, one test for each; time is virtual."""

import asyncio

import anyio
import pytest

from albc.engine.backlog import FAIRNESS
from albc.engine.queue import Backoff, Priority, QueueClosed, WorkQueue

pytestmark = pytest.mark.anyio

LOW, NORMAL = Priority.LOW, Priority.NORMAL


@pytest.fixture
async def queue() -> WorkQueue[str]:
    return WorkQueue("test", Backoff(base=0.005, ceiling=1000.0, rate=1000.0, burst=1000))


async def hand_out(queue: WorkQueue[str]) -> list[str]:
    """All that is ready, in order; each key is done at once."""
    keys: list[str] = []
    while True:
        with anyio.move_on_after(0) as patience:
            key = await queue.get()
            keys.append(key)
            queue.done(key)
        if patience.cancelled_caught:
            return keys


async def next_at(queue: WorkQueue[str]) -> float:
    """When the next key is handed out."""
    key = await queue.get()
    queue.done(key)
    return anyio.current_time()


async def test_a_key_is_queued_at_most_once(queue: WorkQueue[str]) -> None:
    for key in "abaab":
        queue.add(key)
    assert await hand_out(queue) == ["a", "b"]


async def test_a_key_added_while_in_work_is_handed_out_once_more_after_done_and_never_before(
    queue: WorkQueue[str],
) -> None:
    queue.add("a")
    await queue.get()
    queue.add("a")
    queue.add("a")
    assert await hand_out(queue) == []
    queue.done("a")
    assert await hand_out(queue) == ["a"]


async def test_keys_of_one_priority_are_handed_out_in_order_of_arrival_and_normal_before_low(
    queue: WorkQueue[str],
) -> None:
    for key, priority in (("l1", LOW), ("n1", NORMAL), ("l2", LOW), ("n2", NORMAL)):
        queue.add(key, priority)
    assert await hand_out(queue) == ["n1", "n2", "l1", "l2"]


async def test_low_never_starves(queue: WorkQueue[str]) -> None:
    queue.add("low", LOW)
    queue.add("n")
    waited = 0
    while (key := await queue.get()) != "low":
        queue.add("n")
        queue.done(key)
        waited += 1
    assert waited <= FAIRNESS


async def test_a_waiting_low_key_added_as_normal_moves_to_the_end_of_the_normal_ones(queue: WorkQueue[str]) -> None:
    queue.add("a", LOW)
    queue.add("b")
    queue.add("a")
    queue.add("c")
    assert await hand_out(queue) == ["b", "a", "c"]


async def test_nothing_moves_a_key_down(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.add("b", LOW)
    queue.add("a", LOW)
    assert await hand_out(queue) == ["a", "b"]


@pytest.mark.parametrize(("first", "second"), [(3.0, 7.0), (7.0, 3.0)])
async def test_of_two_due_times_the_earlier_holds(queue: WorkQueue[str], first: float, second: float) -> None:
    started = anyio.current_time()
    queue.add_after("a", first)
    queue.add_after("a", second)
    assert await next_at(queue) - started == pytest.approx(3.0)
    assert queue.statistics().delayed == 0


async def test_of_two_priorities_the_higher_holds(queue: WorkQueue[str]) -> None:
    queue.add_after("a", 1.0, LOW)
    queue.add_after("a", 2.0, NORMAL)
    queue.add_after("b", 1.0, LOW)
    await anyio.sleep(3.0)
    queue.add("c", LOW)
    assert queue.statistics().depth == {NORMAL: 1, LOW: 2}


async def test_a_ready_key_is_not_delayed_again(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.add_after("a", 5.0)
    assert await hand_out(queue) == ["a"]
    assert queue.statistics().delayed == 0


async def test_each_failure_doubles_a_keys_delay_up_to_the_ceiling() -> None:
    queue: WorkQueue[str] = WorkQueue("test", Backoff(base=1.0, ceiling=5.0, rate=1000.0, burst=1000))
    assert [queue.add_rate_limited("a") for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]


async def test_failures_of_many_keys_share_one_bucket() -> None:
    queue: WorkQueue[str] = WorkQueue("test", Backoff(base=0.001, ceiling=1.0, rate=2.0, burst=3))
    delays = [queue.add_rate_limited(key) for key in "abcdef"]
    assert delays[:3] == [0.001] * 3
    assert delays[3:] == pytest.approx([0.5, 1.0, 1.5])


async def test_a_failed_key_waits_at_least_as_long_as_asked(queue: WorkQueue[str]) -> None:
    started = anyio.current_time()
    queue.add_rate_limited("a", at_least=30.0)
    assert await next_at(queue) - started == pytest.approx(30.0)


async def test_forget_resets_a_keys_delay(queue: WorkQueue[str]) -> None:
    first = queue.add_rate_limited("a")
    queue.add_rate_limited("a")
    queue.forget("a")
    assert queue.add_rate_limited("a") == first
    assert queue.failures("a") == 1


async def test_an_add_makes_even_a_delayed_key_ready_at_once(queue: WorkQueue[str]) -> None:
    queue.add_after("a", 600.0)
    queue.add("a")
    assert await hand_out(queue) == ["a"]
    await anyio.sleep(700.0)
    assert await hand_out(queue) == [], "the old due time must not fire again"


async def test_a_retry_keeps_the_priority_that_the_key_was_handed_out_with(queue: WorkQueue[str]) -> None:
    queue.add("a", LOW)
    await queue.get()
    queue.add_rate_limited("a")
    queue.done("a")
    await anyio.sleep(1.0)
    assert queue.statistics().depth == {NORMAL: 0, LOW: 1}


async def test_drain_accepts_no_new_key_hands_out_what_is_ready_and_returns_when_the_last_key_is_done(
    queue: WorkQueue[str],
) -> None:
    done: list[str] = []

    async def work() -> None:
        while True:
            try:
                key = await queue.get()
            except QueueClosed:
                return
            await anyio.sleep(10.0)
            done.append(key)
            queue.done(key)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        tasks.start_soon(work)
        for key in "abc":
            queue.add(key)
        queue.add_after("later", 5.0)
        await anyio.sleep(1.0)
        queue.add("a")  # it is in work: once more
        asyncio.get_running_loop().call_later(1.0, queue.add, "new")
        await queue.drain()
        assert sorted(done) == ["a", "a", "b", "c"]


async def test_stop_hands_out_nothing_more_and_tells_all_who_wait(queue: WorkQueue[str]) -> None:
    ended: list[int] = []

    async def wait(number: int) -> None:
        with pytest.raises(QueueClosed):
            await queue.get()
        ended.append(number)

    queue.add("in work")
    await queue.get()
    async with anyio.create_task_group() as tasks:
        for number in range(3):
            tasks.start_soon(wait, number)
        await anyio.sleep(1.0)
        queue.stop()
    assert sorted(ended) == [0, 1, 2]
    with pytest.raises(QueueClosed):
        await queue.get()


async def test_drain_after_stop_waits_for_the_keys_in_work(queue: WorkQueue[str]) -> None:
    queue.add("a")
    await queue.get()
    queue.add("waiting")
    queue.stop()
    asyncio.get_running_loop().call_later(9.0, queue.done, "a")
    started = anyio.current_time()
    await queue.drain()
    assert anyio.current_time() - started == pytest.approx(9.0)


async def test_drain_of_an_empty_queue_returns_at_once(queue: WorkQueue[str]) -> None:
    started = anyio.current_time()
    await queue.drain()
    assert anyio.current_time() == started


async def test_a_key_is_not_lost_when_the_worker_it_woke_is_cancelled(queue: WorkQueue[str]) -> None:
    got: list[str] = []

    async def wait() -> None:
        got.append(await queue.get())

    async with anyio.create_task_group() as tasks:
        first = asyncio.ensure_future(wait())
        await anyio.sleep(1.0)
        tasks.start_soon(wait)
        await anyio.sleep(1.0)
        queue.add("a")  # wakes the first one …
        first.cancel()  # … which is gone before it runs
    assert got == ["a"]


async def test_done_of_a_key_that_was_not_handed_out_is_refused(queue: WorkQueue[str]) -> None:
    queue.add("a")
    with pytest.raises(KeyError):
        queue.done("a")


async def test_statistics_say_how_long_keys_wait_and_are_worked_on() -> None:
    seconds: dict[str, float] = {}

    class Observer:
        def waited(self, value: float) -> None:
            seconds["waited"] = value

        def worked(self, value: float) -> None:
            seconds["worked"] = value

    queue: WorkQueue[str] = WorkQueue("test", observer=Observer())
    queue.add("a")
    await anyio.sleep(2.0)
    await queue.get()
    await anyio.sleep(3.0)
    now = queue.statistics()
    assert (now.working, now.longest_running_processor_seconds) == ({"a": 3.0}, 3.0)
    queue.done("a")
    assert seconds == {"waited": 2.0, "worked": 3.0}
    assert (queue.statistics().adds, queue.statistics().working) == (1, {})


async def test_a_waiting_worker_may_be_cancelled_in_the_moment_in_which_a_key_comes(queue: WorkQueue[str]) -> None:
    leaving, staying = (asyncio.create_task(queue.get()) for _ in range(2))
    await asyncio.sleep(0)  # both wait

    leaving.cancel()
    queue.add("a")

    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await staying == "a"

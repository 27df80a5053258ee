"""What becomes of a key, by how its reconcile ends; time is virtual."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import pytest
import structlog
from structlog.testing import capture_logs

from albc.engine.controller import Reconcile
from albc.engine.metrics import EngineMetrics
from albc.engine.outcome import SLOW_RETRY, Done, Failed, Outcome, Requeue
from albc.engine.queue import Backoff, Priority
from albc.engine.store import ObjectKey
from albc.engine.watches import Watches
from albc.engine.worker import Workers
from albc.errors import Invalid, Pending, Throttled
from albc.telemetry import tally
from albc.telemetry.metrics import Metrics

pytestmark = pytest.mark.anyio

KEY, OTHER = ObjectKey("shop", "web"), ObjectKey("shop", "api")

Body = Callable[[ObjectKey, Reconcile], Awaitable[Outcome]]


class Scripted:
    """A controller whose reconcile is given by the test; remembers when it ran."""

    name = "scripted"

    def __init__(self, body: Body) -> None:
        self.body = body
        self.runs: list[tuple[float, str, int]] = []

    def watches(self, w: Watches[ObjectKey]) -> None:
        pass

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        self.runs.append((anyio.current_time(), key.name, ctx.attempt))
        return await self.body(key, ctx)


class Stage:
    """A pool of workers that runs, its controller, its metrics and its log."""

    def __init__(self, body: Body, workers: int) -> None:
        self.metrics = Metrics()
        self.controller = Scripted(body)
        backoff = Backoff(base=1.0, ceiling=100.0)
        bound = EngineMetrics(self.metrics.meter, "albc").controller("scripted")
        self.pool = Workers(self.controller, bound, workers=workers, backoff=backoff)
        self.log: list[Any] = []

    @property
    def times(self) -> list[float]:
        return [round(at, 3) for at, _, _ in self.controller.runs]

    def value(self, series: str) -> float:
        for line in self.metrics.render().decode().splitlines():
            if line.startswith(f"{series} "):
                return float(line.rpartition(" ")[2])
        raise AssertionError(f"no series {series}")


Run = Callable[..., Awaitable[Stage]]


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    """Runs one reconcile body for some (virtual) seconds."""

    async def run(body: Body, *keys: ObjectKey, seconds: float = 100.0, workers: int = 1) -> Stage:
        stage = Stage(body, workers)
        with capture_logs() as stage.log:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(stage.pool.run)
                for key in keys or (KEY,):
                    stage.pool.queue.add(key)
                await anyio.sleep(seconds)
                tasks.cancel_scope.cancel()
        return stage

    yield run
    structlog.reset_defaults()


def result(name: str) -> str:
    return f'controller_runtime_reconcile_total{{controller="scripted",result="{name}"}}'


async def test_done_is_done(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        return Done()

    stage = await run(body)
    assert stage.times == [0.0]
    assert stage.value(result("success")) == 1


async def test_reconciles_that_await_nothing_let_others_have_their_turn_in_between(run: Run) -> None:
    turns: list[str] = []

    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        turns.append(key.name)
        asyncio.get_running_loop().call_soon(turns.append, "others")
        return Done()

    await run(body, KEY, OTHER)
    assert turns == ["web", "others", "api", "others"]


async def test_a_timed_requeue_comes_back_after_its_time_without_counting_as_an_error(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        return Requeue(40.0, "waiting for target health")

    stage = await run(body)
    assert stage.times == [0.0, 40.0, 80.0]
    assert [attempt for *_, attempt in stage.controller.runs] == [1, 1, 1]
    assert stage.value(result("requeue_after")) == 3
    assert stage.value('controller_runtime_reconcile_errors_total{controller="scripted"}') == 0
    assert not [line for line in stage.log if line["log_level"] == "error"]


async def test_a_requeue_without_a_time_backs_off_without_counting_as_an_error(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        return Requeue(None)

    stage = await run(body, seconds=10.0)
    assert stage.times == [0.0, 1.0, 3.0, 7.0]
    assert stage.value(result("requeue")) == 4
    assert stage.value('controller_runtime_reconcile_errors_total{controller="scripted"}') == 0


async def test_an_exception_is_logged_counted_and_retried_by_the_back_off(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        raise ZeroDivisionError("oops")

    stage = await run(body, seconds=10.0)
    assert stage.times == [0.0, 1.0, 3.0, 7.0]
    assert [attempt for *_, attempt in stage.controller.runs] == [1, 2, 3, 4]
    assert stage.value(result("error")) == 4
    assert stage.value('controller_runtime_reconcile_panics_total{controller="scripted"}') == 4
    line = stage.log[0]
    assert (line["event"], line["error"]) == ("Reconciler error", "oops")
    assert (line["controller"], line["namespace"], line["name"]) == ("scripted", "shop", "web")
    assert line["reconcileID"]
    assert isinstance(line["exc_info"], ZeroDivisionError), "a bug shows where it is"


async def test_a_users_fault_is_retried_slowly_and_shows_no_traceback(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        raise Invalid("spec.rules[0].host is empty")

    stage = await run(body, seconds=SLOW_RETRY + 1)
    assert stage.times == [0.0, SLOW_RETRY]
    assert stage.log[0]["exc_info"] is None
    assert stage.value('controller_runtime_reconcile_panics_total{controller="scripted"}') == 0


async def test_a_throttled_key_waits_as_long_as_the_server_asks(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        raise Throttled("slow down", retry_after=20.0)

    stage = await run(body, seconds=30.0)
    assert stage.times == [0.0, 20.0]


async def test_what_is_pending_comes_back_after_its_time(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        raise Pending("provisioning", after_seconds=60.0)

    stage = await run(body)
    assert stage.times == [0.0, 60.0]
    assert stage.value(result("requeue_after")) == 2


async def test_success_after_failures_makes_the_next_failure_the_first_again(run: Run) -> None:
    outcomes: Iterator[Outcome] = iter([Failed(OSError()), Failed(OSError()), Requeue(10.0), Failed(OSError()), Done()])

    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        return next(outcomes)

    stage = await run(body)
    assert stage.times == [0.0, 1.0, 3.0, 13.0, 14.0]


async def test_as_many_keys_as_workers_are_reconciled_at_once_but_one_key_never_twice(run: Run) -> None:
    at_once, most, doubled = set[ObjectKey](), 0, False

    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        nonlocal most, doubled
        doubled |= key in at_once
        at_once.add(key)
        most = max(most, len(at_once))
        await anyio.sleep(1.0)
        at_once.discard(key)
        return Requeue(0.1)

    await run(body, *[ObjectKey("shop", str(number)) for number in range(5)], seconds=20.0, workers=3)
    assert most == 3
    assert not doubled


async def test_each_run_is_one_line_with_its_duration_calls_and_writes(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        tally.count(write=False)
        tally.count(write=True)
        await anyio.sleep(1.5)
        return Done()

    stage = await run(body, KEY, OTHER, workers=2)
    lines = [line for line in stage.log if line["event"] == "reconciled"]
    assert {line["name"] for line in lines} == {"web", "api"}
    assert {(line["seconds"], line["calls"], line["writes"]) for line in lines} == {(1.5, 2, 1)}


async def test_a_run_that_found_nothing_to_do_is_no_news(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        return Done()

    stage = await run(body, KEY)
    assert [line["log_level"] for line in stage.log if line["event"] == "reconciled"] == ["debug"]


async def test_a_stage_is_timed_and_its_errors_are_counted_under_its_name(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        with ctx.stage("build_model"):
            await anyio.sleep(2.0)
        with ctx.stage("deploy_model"):
            raise Invalid("no")

    stage = await run(body, seconds=3.0)
    labels = 'controller="scripted",reconcile_stage="build_model"'
    assert stage.value(f"albc_controller_reconcile_stage_duration_sum{{{labels}}}") == 2.0
    labels = 'controller="scripted",error_category="deploy_model_error"'
    assert stage.value(f"albc_controller_reconcile_errors_total{{{labels}}}") == 1


async def test_errors_of_parts_of_a_stage_are_counted_under_names_of_their_own(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        ctx.count("build_listeners_error")
        with suppress(Invalid), ctx.stage("deploy_model"), ctx.errors("release_error"):
            raise Invalid("no")
        return Done()

    stage = await run(body)
    for category in ("build_listeners_error", "release_error", "deploy_model_error"):
        labels = f'controller="scripted",error_category="{category}"'
        assert stage.value(f"albc_controller_reconcile_errors_total{{{labels}}}") == 1


async def test_waiting_for_something_within_a_stage_is_no_error(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        with ctx.stage("deploy_model"), ctx.errors("release_error"):
            raise Pending("provisioning", 1000.0)

    stage = await run(body)
    assert "albc_controller_reconcile_errors_total{" not in stage.metrics.render().decode()


async def test_a_retry_of_background_work_stays_in_the_background(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        return Requeue(5.0)

    stage = Stage(body, workers=1)
    stage.pool.queue.add(KEY, Priority.LOW)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.pool.run)
        await anyio.sleep(1.0)
        tasks.cancel_scope.cancel()
    await anyio.sleep(10.0)
    assert stage.pool.queue.statistics().depth == {Priority.NORMAL: 0, Priority.LOW: 1}


async def test_the_three_busiest_keys_are_named_at_each_tick(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        return Requeue(float(key.name))

    stage = await run(body, *[ObjectKey("shop", seconds) for seconds in ("10", "50", "20", "90")], seconds=100.5)
    stage.pool.tick()
    assert stage.pool.statistics().top_talkers == (("shop", "10", 11), ("shop", "20", 6), ("shop", "50", 3))
    stage.pool.tick()
    assert stage.pool.statistics().top_talkers == ()


async def test_a_cancelled_reconcile_is_done_for_its_queue(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        await anyio.sleep_forever()
        return Done()

    stage = await run(body, seconds=1.0)
    assert stage.pool.queue.statistics().working == {}
    assert stage.pool.statistics().active == 0


async def test_a_reconcile_that_awaits_what_somebody_else_cancelled_does_not_end_its_worker(run: Run) -> None:
    async def body(key: ObjectKey, ctx: Reconcile) -> Outcome:
        if ctx.attempt == 1:
            shared = asyncio.get_running_loop().create_future()
            shared.cancel()
            await shared
        return Done()

    stage = await run(body)
    assert stage.times == [0.0, 1.0]
    assert stage.value(result("success")) == 1

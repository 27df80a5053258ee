"""The workers of one controller: take a key, reconcile it, and turn the outcome into a queue verb and its metric.

* An exception never ends a worker: whatever a reconcile raises becomes an outcome.
* Each run has a span, one log line (at level debug if it found nothing to do) and its metrics; calls to AWS made
  meanwhile are counted.
* `settle` is the one place where an outcome becomes forget, requeue or back-off.

Run by `albc.engine.manager`; calls the controller.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Generic, TypeVar, assert_never
from uuid import uuid4

import anyio
import structlog
from opentelemetry.trace import Span
from structlog.stdlib import BoundLogger

from albc.engine.controller import Controller, Key, Reconcile, counting
from albc.engine.metrics import ControllerMetrics, WorkerStatistics
from albc.engine.outcome import Done, Failed, Outcome, Requeue, outcome_of
from albc.engine.queue import Backoff, QueueClosed, WorkQueue
from albc.errors import AlbcError, Bug
from albc.telemetry import tracing
from albc.telemetry.tally import Tally, tally

log = structlog.stdlib.get_logger("engine.worker")

K = TypeVar("K", bound=Key)

TOP_TALKERS: Final = 3


class Workers(Generic[K]):
    """See the head of this module."""

    def __init__(
        self, controller: Controller[K], metrics: ControllerMetrics, *, workers: int, backoff: Backoff | None = None
    ) -> None:
        """A number of workers below 1 counts as 1, as in controller-runtime. To be made where an event loop runs."""
        self.controller = controller
        self.queue: WorkQueue[K] = WorkQueue(controller.name, backoff, metrics)
        self._metrics = metrics
        self._workers = max(1, workers)
        self._active = 0
        self._reconciles: Counter[K] = Counter()
        self._top_talkers: tuple[tuple[str, str, int], ...] = ()

    async def run(self) -> None:
        """Works until the queue is closed and handed out."""
        async with anyio.create_task_group() as tasks:
            for _ in range(self._workers):
                tasks.start_soon(self._work)

    def tick(self) -> None:
        """Names the keys that were reconciled most since the last tick."""
        self._top_talkers = tuple(
            (key.namespace, key.name, reconciles) for key, reconciles in self._reconciles.most_common(TOP_TALKERS)
        )
        self._reconciles.clear()

    def statistics(self) -> WorkerStatistics:
        return WorkerStatistics(self.controller.name, self._workers, self._active, self._top_talkers)

    async def _work(self) -> None:
        while True:
            try:
                key = await self.queue.get()
            except QueueClosed:
                return
            self._active += 1
            self._reconciles[key] += 1
            try:
                await self._reconcile(key)
            finally:
                self._active -= 1
                self.queue.done(key)
            # A reconcile that finds all it asks for in memory awaits nothing, and nor would a thousand in a row.
            await asyncio.sleep(0)

    async def _reconcile(self, key: K) -> None:
        name, attempt = self.controller.name, self.queue.failures(key) + 1
        bound: BoundLogger = log.bind(controller=name, namespace=key.namespace, name=key.name, reconcileID=str(uuid4()))
        attributes: dict[str, str | int] = {
            "controller": name,
            "namespace": key.namespace,
            "name": key.name,
            "attempt": attempt,
        }
        started = anyio.current_time()
        with tracing.span("reconcile", attributes) as span, tally() as counted:
            try:
                outcome = await self.controller.reconcile(
                    key, Reconcile(name, attempt, bound, self._stage, self._count)
                )
            except Exception as error:
                outcome = outcome_of(error)
            except asyncio.CancelledError as error:
                # Nobody cancelled us: it awaited something that somebody else cancelled.
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                outcome = Failed(Bug(f"the reconcile awaited what was cancelled: {error!r}"))
            if isinstance(outcome, Failed):
                tracing.failed(span, str(outcome.error))
            span.set_attributes({"aws.calls": counted.calls, "aws.writes": counted.writes})
        seconds = anyio.current_time() - started
        self._metrics.seconds.record(seconds)
        self.settle(key, outcome)
        _tell(bound, outcome, seconds, counted)

    def settle(self, key: K, outcome: Outcome) -> None:
        """What becomes of a key whose reconcile has ended."""
        match outcome:
            case Done():
                self.queue.forget(key)
                self._metrics.results["success"].add()
            case Requeue(after=seconds):
                if seconds is None:
                    self.queue.add_rate_limited(key)
                    self._metrics.results["requeue"].add()
                else:
                    self.queue.forget(key)
                    self.queue.add_after(key, seconds)
                    self._metrics.results["requeue_after"].add()
            case Failed(error=error, at_least=at_least):
                self.queue.add_rate_limited(key, at_least)
                self._metrics.results["error"].add()
                self._metrics.errors.add()
                if _unexpected(error):
                    self._metrics.panics.add()
            case _:
                assert_never(outcome)

    @contextmanager
    def _stage(self, name: str) -> Iterator[Span]:
        started = anyio.current_time()
        with tracing.span(name) as span, counting(self._count, f"{name.lower()}_error"):
            try:
                yield span
            finally:
                self._metrics.stage_seconds(name).record(anyio.current_time() - started)

    def _count(self, category: str) -> None:
        self._metrics.errors_of(category).add()


def _unexpected(error: Exception) -> bool:
    """A fault of ours: nothing that we raise on purpose."""
    return isinstance(error, Bug) or not isinstance(error, AlbcError)


def _tell(bound: BoundLogger, outcome: Outcome, seconds: float, counted: Tally) -> None:
    """One line for each run."""
    facts = {"seconds": round(seconds, 6), "calls": counted.calls, "writes": counted.writes}
    match outcome:
        case Done() if counted.calls:
            bound.info("reconciled", **facts)
        case Done():
            bound.debug("reconciled", **facts)
        case Requeue(after=after, because=because):
            bound.info("requeued", after=after, because=because, **facts)
        case Failed(error=error):
            bound.error("Reconciler error", error=str(error), exc_info=error if _unexpected(error) else None, **facts)
        case _:
            assert_never(outcome)

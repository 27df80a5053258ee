"""The engine's own metrics, under the names that client-go and controller-runtime made common (spec/runtime.md §15).

What changes with each key is recorded as it happens, through instruments whose labels are bound once for each
controller; what can be read off (`statistics()`) is read when somebody scrapes.

Made once by `albc.cli`, used by `albc.engine.manager` and `.worker`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from albc.engine.informer import InformerStatistics
from albc.engine.leader import LeaderStatistics
from albc.engine.queue import QueueStatistics
from albc.telemetry.metrics import DEFAULT_BUCKETS, FINE_BUCKETS, BoundCounter, BoundHistogram

RECONCILE_BUCKETS: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9),
    *(1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60),
)

Result = Literal["success", "error", "requeue", "requeue_after"]
Read = Callable[["ManagerStatistics"], Iterator[Observation]]
RESULTS: Final[tuple[Result, ...]] = ("success", "error", "requeue", "requeue_after")


@dataclass(frozen=True, slots=True)
class WorkerStatistics:
    """A controller's workers at one moment."""

    controller: str
    workers: int
    active: int
    top_talkers: tuple[tuple[str, str, int], ...]
    """Namespace, name and reconciles of the three busiest keys of the last few minutes."""


@dataclass(frozen=True, slots=True)
class ManagerStatistics:
    """The whole engine at one moment: all that metrics and console read."""

    queues: tuple[QueueStatistics, ...]
    workers: tuple[WorkerStatistics, ...]
    informers: tuple[InformerStatistics, ...]
    leader: LeaderStatistics | None
    synced: bool
    draining: bool


class EngineMetrics:
    """All instruments of the engine."""

    def __init__(self, meter: Meter, prefix: str = "albc") -> None:
        """`prefix` begins the names of what is not common to all controllers: stages, caches, top talkers."""
        self._meter = meter
        self._prefix = prefix
        counter, histogram = meter.create_counter, meter.create_histogram
        self._reconciles = counter("controller_runtime_reconcile_total")
        self._errors = counter("controller_runtime_reconcile_errors_total")
        self._terminal = counter("controller_runtime_terminal_reconcile_errors_total")
        self._panics = counter("controller_runtime_reconcile_panics_total")
        self._timeouts = counter("controller_runtime_reconcile_timeouts_total")
        self._seconds = histogram(
            "controller_runtime_reconcile_time_seconds", explicit_bucket_boundaries_advisory=RECONCILE_BUCKETS
        )
        self._queue_seconds = histogram(
            "workqueue_queue_duration_seconds", explicit_bucket_boundaries_advisory=FINE_BUCKETS
        )
        self._work_seconds = histogram(
            "workqueue_work_duration_seconds", explicit_bucket_boundaries_advisory=FINE_BUCKETS
        )
        self._stage_seconds = histogram(
            f"{prefix}_controller_reconcile_stage_duration", explicit_bucket_boundaries_advisory=DEFAULT_BUCKETS
        )
        self._categories = counter(f"{prefix}_controller_reconcile_errors_total")
        self._requests = counter("rest_client_requests_total")

    def controller(self, name: str) -> "ControllerMetrics":
        """The instruments of one controller, all of which show from now on."""
        labels = {"controller": name}
        for unused in (self._terminal, self._timeouts):
            unused.add(0, labels)
        metrics = ControllerMetrics(
            results={result: BoundCounter(self._reconciles, {**labels, "result": result}) for result in RESULTS},
            errors=BoundCounter(self._errors, labels),
            panics=BoundCounter(self._panics, labels),
            seconds=BoundHistogram(self._seconds, labels),
            waited=BoundHistogram(self._queue_seconds, queue_labels(name)).record,
            worked=BoundHistogram(self._work_seconds, queue_labels(name)).record,
            stage_seconds=lambda stage: BoundHistogram(self._stage_seconds, {**labels, "reconcile_stage": stage}),
            errors_of=lambda category: BoundCounter(self._categories, {**labels, "error_category": category}),
        )
        for counter in (*metrics.results.values(), metrics.errors, metrics.panics):
            counter.add(0)
        return metrics

    def rest_client_request(self, code: str, method: str, host: str) -> None:
        """One answer of the API server: to be given to `Client` as its observer."""
        self._requests.add(1, {"code": code, "method": method, "host": host})

    def observe(self, statistics: Callable[[], ManagerStatistics]) -> None:
        """Shows what can be read off, whenever somebody scrapes."""

        def gauge(name: str, read: Read) -> None:
            self._meter.create_observable_gauge(name, [_callback(read, statistics)])

        def counter(name: str, read: Read) -> None:
            self._meter.create_observable_counter(name, [_callback(read, statistics)])

        def of_queues(value: Callable[[QueueStatistics], float]) -> Read:
            return lambda now: (Observation(value(queue), queue_labels(queue.name)) for queue in now.queues)

        counter("workqueue_adds_total", of_queues(lambda queue: queue.adds))
        counter("workqueue_retries_total", of_queues(lambda queue: queue.retries))
        gauge("workqueue_unfinished_work_seconds", of_queues(lambda queue: queue.unfinished_work_seconds))
        gauge(
            "workqueue_longest_running_processor_seconds",
            of_queues(lambda queue: queue.longest_running_processor_seconds),
        )
        gauge("workqueue_depth", _depths)
        gauge(
            "controller_runtime_max_concurrent_reconciles",
            lambda now: (Observation(each.workers, {"controller": each.controller}) for each in now.workers),
        )
        gauge(
            "controller_runtime_active_workers",
            lambda now: (Observation(each.active, {"controller": each.controller}) for each in now.workers),
        )
        gauge("leader_election_master_status", _leading)
        gauge(f"{self._prefix}_controller_cache_object_total", _cached)
        gauge(f"{self._prefix}_controller_top_talkers", _top_talkers)


@dataclass(frozen=True, slots=True)
class ControllerMetrics:
    """One controller's instruments, with their labels; also its queue's observer."""

    results: Mapping[Result, BoundCounter]
    errors: BoundCounter
    panics: BoundCounter
    seconds: BoundHistogram
    waited: Callable[[float], None]
    worked: Callable[[float], None]
    stage_seconds: Callable[[str], BoundHistogram]
    errors_of: Callable[[str], BoundCounter]


def queue_labels(name: str) -> dict[str, str]:
    """A queue bears its controller's name."""
    return {"name": name, "controller": name}


def _callback(
    read: Read, statistics: Callable[[], ManagerStatistics]
) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda options: read(statistics())


def _depths(now: ManagerStatistics) -> Iterator[Observation]:
    for queue in now.queues:
        for priority, depth in queue.depth.items():
            yield Observation(depth, {**queue_labels(queue.name), "priority": str(priority.value)})


def _leading(now: ManagerStatistics) -> Iterator[Observation]:
    if now.leader is not None:
        yield Observation(int(now.leader.leading), {"name": now.leader.name})


def _cached(now: ManagerStatistics) -> Iterator[Observation]:
    """By kind; one of which single objects are watched has many informers."""
    objects: Counter[str] = Counter()
    for each in now.informers:
        objects[each.singular] += each.objects
    for singular, number in objects.items():
        yield Observation(number, {"resource": singular})


def _top_talkers(now: ManagerStatistics) -> Iterator[Observation]:
    for each in now.workers:
        for namespace, name, reconciles in each.top_talkers:
            yield Observation(reconciles, {"controller": each.controller, "namespace": namespace, "name": name})

"""Runs everything: informers shared by kind, controllers with their queues and workers, the election, the end.

* Informers run on every replica, controllers on the leader only, each as soon as the kinds that it watches are synced.
* A kind that is forbidden or missing holds up the controllers that watch it, and no others. It is asked for again at
  least twice a minute, so that a CRD which is installed later is found.
* When `stop` is set, nothing new is handed out, what runs may finish within the drain time and is cancelled then; last
  the lease is given back.
* When the lease is lost, everything is cancelled at once and `run` raises `LeadershipLost`.
* Every task is a child of `run`: when it returns or raises, none is left.

Made and run by `albc.cli`; see `albc.engine` for an example.
"""

import gc
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

import anyio
import structlog
from anyio.abc import TaskGroup

from albc.engine.controller import Controller, Key
from albc.engine.informer import Change, Handler, Informer
from albc.engine.leader import Elector, LeadershipLost
from albc.engine.metrics import EngineMetrics, ManagerStatistics
from albc.engine.outage import Outage
from albc.engine.queue import Backoff, Priority, WorkQueue
from albc.engine.references import References
from albc.engine.store import IndexFunction, Object, Store
from albc.engine.watches import Watch, Watches
from albc.engine.worker import Workers
from albc.kube.client import Client, Selection
from albc.kube.resource import Resource

log = structlog.stdlib.get_logger("engine.manager")

T = TypeVar("T", bound=Object)
K = TypeVar("K", bound=Key)

Reporter = Callable[[], object]
"""Tells what somebody is doing: plain values, or data classes of such."""

RESERVED: Final = frozenset({"engine", "tasks"})
"""Names that no reporter may have: the state has parts of its own under them."""
PROGRESS_EVERY: Final = 5.0
"""Seconds between two lines that say which kinds are still being waited for."""
TICK: Final = 180.0
"""Seconds between two looks at the busiest keys (spec/runtime.md §9)."""
RESYNC: Final = 36_000.0
"""Seconds between two resyncs (`--sync-period`); jittered by a tenth."""
DRAIN: Final = 8.0
"""Seconds that running reconciles have at the end: the chart's grace period is 10."""
RELEASE: Final = 2.0
"""Seconds that giving the lease back may take."""


class Manager:
    """See the head of this module. To be made where an event loop runs."""

    def __init__(
        self,
        client: Client,
        metrics: EngineMetrics,
        *,
        namespace: str | None = None,
        resync: float = RESYNC,
        drain: float = DRAIN,
    ) -> None:
        """`namespace` narrows the informers of namespaced kinds (`--watch-namespace`)."""
        self._client = client
        self._metrics = metrics
        self._namespace = namespace
        self._resync = resync
        self._drain = drain
        self._informers: dict[Resource[Any], Informer[Any]] = {}
        self._references: dict[tuple[Resource[Any], str], References[Any]] = {}
        self._workers: list[Workers[Any]] = []
        self._kinds: dict[str, frozenset[Resource[Any]]] = {}
        """The kinds that each controller watches."""
        self._required: dict[str, tuple[Informer[Any], ...]] = {}
        """Informers of the kinds without which a controller does not begin."""
        self._reporters: dict[str, Reporter] = {}
        self._outage = Outage()
        self._elector: Elector | None = None
        self._draining = False
        metrics.observe(self.statistics)

    # Wiring

    def store(
        self,
        resource: Resource[T],
        indexes: Mapping[str, IndexFunction[T]] | None = None,
        *,
        optional: bool = False,
    ) -> Store[T]:
        """The store of a kind, which is watched from now on. Indexes add up; see `informer` for `optional`."""
        store = self.informer(resource, optional=optional).store
        for name, function in (indexes or {}).items():
            store.add_index(name, function)
        return store

    def informer(self, resource: Resource[T], *, optional: bool = False) -> Informer[T]:
        """The one informer of a kind. The kind counts as synced while it is missing if all who ask say `optional`."""
        informer = self._informers.get(resource)
        if informer is None:
            select = Selection(self._namespace if resource.namespaced else None)
            informer = self._informers[resource] = Informer(
                self._client, resource, select, optional=optional, outage=self._outage
            )
        informer.optional &= optional
        return informer

    def references(self, resource: Resource[T], labels: str = "") -> References[T]:
        """The watches of single objects of a kind; `labels` is a selector that they must match to be seen."""
        return self._references.setdefault((resource, labels), References(self._client, resource, labels))

    def add(
        self,
        controller: Controller[K],
        *,
        workers: int = 3,
        backoff: Backoff | None = None,
        requires: Iterable[Resource[Any]] = (),
    ) -> WorkQueue[K]:
        """Takes a controller in. Its queue is returned for keys that no watch gives; most callers need it not.

        It does not begin before the server knows all the kinds that it `requires`, whenever that is: to others they may
        be optional.
        """
        watches: Watches[K] = Watches()
        controller.watches(watches)
        pool = Workers(controller, self._metrics.controller(controller.name), workers=workers, backoff=backoff)
        for line in watches.lines:
            handler = _enqueuing(line, pool.queue)
            if line.only_referenced:
                self.references(line.resource, line.labels).add_handler(handler)
            else:
                self.informer(line.resource, optional=line.optional).add_handler(handler)
        for resource, keys in watches.known:
            self.informer(resource, optional=True).when_listed(_enqueuing_all(keys, pool.queue))
        self._workers.append(pool)
        self._required[controller.name] = tuple(self.informer(resource, optional=True) for resource in requires)
        self._kinds[controller.name] = frozenset(line.resource for line in watches.lines if not line.only_referenced)
        return pool.queue

    def report(self, name: str, reporter: Reporter) -> None:
        """The state (`albc.engine.debug`) has what `reporter` says, under this name, which nobody else may have."""
        if name in self._reporters or name in RESERVED:
            raise ValueError(f"the state has a part {name!r} already")
        self._reporters[name] = reporter

    @property
    def reporters(self) -> Mapping[str, Reporter]:
        return MappingProxyType(self._reporters)

    # Running

    async def run(self, stop: anyio.Event, elector: Elector | None = None) -> None:
        """Runs until `stop` is set; without `elector`, as if alone. Raises `LeadershipLost`."""
        self._elector = elector
        # What is loaded by now stays, as does later what the caches hold: the collector, which stops the loop while it
        # runs, need not walk it again and again.
        gc.freeze()
        lost: list[LeadershipLost] = []
        async with anyio.create_task_group() as tasks:
            for informer in self._informers.values():
                tasks.start_soon(informer.run)
                tasks.start_soon(self._resync_now_and_then, informer)
            for references in self._references.values():
                tasks.start_soon(references.run)
            tasks.start_soon(self._tell_progress)
            tasks.start_soon(self._tick)
            if elector is not None:
                tasks.start_soon(_lead, elector, tasks, lost)
            for pool in self._workers:
                tasks.start_soon(self._control, pool)
            await stop.wait()
            await self._wind_down()
            tasks.cancel_scope.cancel()
        if lost:
            raise lost[0]
        if elector is not None:
            with anyio.move_on_after(RELEASE):
                await elector.release()

    def statistics(self) -> ManagerStatistics:
        """May be called from any thread."""
        return ManagerStatistics(
            queues=tuple(pool.queue.statistics() for pool in self._workers),
            workers=tuple(pool.statistics() for pool in self._workers),
            informers=(
                *(informer.statistics() for informer in self._informers.copy().values()),
                *(each for references in self._references.copy().values() for each in references.statistics()),
            ),
            leader=self._elector.statistics() if self._elector else None,
            synced=all(informer.synced.is_set() for informer in self._informers.copy().values()),
            draining=self._draining,
        )

    async def _control(self, pool: Workers[Any]) -> None:
        """Runs one controller once this replica leads and what the controller reads is there."""
        if self._elector is not None:
            await self._elector.leading.wait()
        name = pool.controller.name
        for informer in self._needed_by(name):
            await informer.synced.wait()
        if absent := [str(each.resource) for each in self._required[name] if not each.listed.is_set()]:
            log.info("controller waits until the server knows its kinds", controller=name, kinds=", ".join(absent))
        for informer in self._required[name]:
            await informer.listed.wait()
        log.info("Starting workers", controller=name, workers=pool.statistics().workers)
        await pool.run()

    def _needed_by(self, controller: str) -> Iterator[Informer[Any]]:
        """The kinds that it watches, and those that are only kept as stores: any controller may read them."""
        watched = frozenset[Resource[Any]]().union(*self._kinds.values())
        for resource, informer in self._informers.items():
            if resource in self._kinds[controller] or resource not in watched:
                yield informer

    async def _wind_down(self) -> None:
        self._draining = True
        running = sum(pool.statistics().active for pool in self._workers)
        log.info("stopping", running_reconciles=running, seconds_at_most=self._drain)
        for pool in self._workers:
            pool.queue.stop()
        with anyio.move_on_after(self._drain) as patience:
            for pool in self._workers:
                await pool.queue.drain()
        if patience.cancelled_caught:
            log.warning("reconciles cancelled, they did not finish in time", seconds=self._drain)

    async def _tell_progress(self) -> None:
        """One line now and then while kinds are missing, and one when all are there."""
        started = anyio.current_time()
        while True:
            with anyio.move_on_after(PROGRESS_EVERY):
                for informer in [*self._informers.values()]:
                    await informer.synced.wait()
            missing = [informer for informer in self._informers.values() if not informer.synced.is_set()]
            if not missing:
                break
            log.info(
                "waiting for caches",
                synced=f"{len(self._informers) - len(missing)}/{len(self._informers)}",
                missing=", ".join(f"{each.resource} ({each.statistics().phase})" for each in missing),
            )
        log.info(
            "caches synced",
            kinds=len(self._informers),
            objects=sum(len(informer.store) for informer in self._informers.values()),
            seconds=round(anyio.current_time() - started, 3),
        )
        gc.freeze()

    async def _resync_now_and_then(self, informer: Informer[Any]) -> None:
        while True:
            await anyio.sleep(self._resync * random.uniform(0.9, 1.1))  # noqa: S311 - jitter is no secret
            await informer.resync()

    async def _tick(self) -> None:
        while True:
            await anyio.sleep(TICK)
            for pool in self._workers:
                pool.tick()


async def _lead(elector: Elector, tasks: TaskGroup, lost: list[LeadershipLost]) -> None:
    """Takes part in the election; at its loss everything else ends at once."""
    try:
        await elector.run()
    except LeadershipLost as error:
        log.error("leader election lost", error=str(error))
        lost.append(error)
        tasks.cancel_scope.cancel()


def _enqueuing(line: Watch[T, K], queue: WorkQueue[K]) -> Handler[T]:
    """Adds the keys that a change gives."""

    def handle(change: Change[T]) -> None:
        if line.when(change):
            background = change.initial or change.type == "resynced"
            for key in line.keys(change):
                queue.add(key, Priority.LOW if background else Priority.NORMAL)

    return handle


def _enqueuing_all(keys: Callable[[], Iterable[K]], queue: WorkQueue[K]) -> Callable[[], None]:
    def tell() -> None:
        for key in keys():
            queue.add(key, Priority.LOW)

    return tell

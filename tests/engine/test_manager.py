"""Start, work and end of the whole engine; time is virtual."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from metric_names import ENGINE
from structlog.testing import capture_logs

from albc.engine import debug
from albc.engine.controller import Reconcile
from albc.engine.leader import Election, Elector, LeadershipLost
from albc.engine.manager import DRAIN, PROGRESS_EVERY, Manager
from albc.engine.metrics import EngineMetrics
from albc.engine.outcome import Done, Outcome
from albc.engine.queue import Priority
from albc.engine.store import ObjectKey, Store
from albc.engine.watches import Watches, itself
from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client
from albc.kube.objects import NODES, SECRETS, SERVICES, Service
from albc.telemetry.metrics import Metrics

pytestmark = pytest.mark.anyio

ELECTION = Election("kube-system", "albc", "me")
LEASE = {"metadata": {"name": "albc", "resourceVersion": "1"}, "spec": {}}


class Echo:
    """Remembers which keys it was asked for, and how many objects it could see then."""

    name = "echo"

    def __init__(self, services: Store[Service], seconds: float = 0.0) -> None:
        self.services = services
        self.seconds = seconds
        self.seen: list[tuple[str, int]] = []
        self.finished: list[str] = []

    def watches(self, w: Watches[ObjectKey]) -> None:
        w.on(SERVICES, itself)

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        self.seen.append((key.name, len(self.services)))
        await anyio.sleep(self.seconds)
        self.finished.append(key.name)
        return Done()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def manager(client: Client, metrics: Metrics) -> Manager:
    return Manager(client, EngineMetrics(metrics.meter, "awslbc"))


@pytest.fixture
def stop() -> anyio.Event:
    return anyio.Event()


async def test_controllers_start_when_their_kinds_are_complete(
    server: Any, wire: Any, manager: Manager, stop: anyio.Event
) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5, next_page="more"), wire.listing(version=5))
    server.on("watch", wire.Answer(lines=[wire.event("ADDED", wire.service("b", 6))]))
    echo = Echo(manager.store(SERVICES))
    manager.add(echo)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop)
        await anyio.sleep(5.0)
        stop.set()
    assert [name for name, _ in echo.seen] == ["a", "b"]


async def test_the_initial_list_is_background_work_and_replicas_that_do_not_lead_only_keep_it(
    server: Any, wire: Any, client: Client, manager: Manager, stop: anyio.Event
) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    server.on("watch", wire.Answer(lines=[wire.event("ADDED", wire.service("b", 6))]))
    echo = Echo(manager.store(SERVICES))
    queue = manager.add(echo)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop, Elector(client, ELECTION))
        await anyio.sleep(5.0)
        assert queue.statistics().depth == {Priority.NORMAL: 1, Priority.LOW: 1}
        stop.set()
    assert echo.seen == []


async def test_a_forbidden_kind_holds_up_only_the_controllers_that_watch_it(
    server: Any, wire: Any, manager: Manager, stop: anyio.Event
) -> None:
    class Nodes(Echo):
        name = "nodes"

        def watches(self, w: Watches[ObjectKey]) -> None:
            w.on(NODES, itself)

    # The first streaming list is that of the Services, the second that of the Nodes.
    server.on(
        "stream",
        wire.Answer(lines=[wire.event("ADDED", wire.service("a", 1)), wire.bookmark(5, initial_end=True)]),
        wire.refusal(403, "nodes is forbidden"),
    )
    echo, nodes = Echo(manager.store(SERVICES)), Nodes(manager.store(SERVICES))
    manager.add(echo)
    manager.add(nodes)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop)
        await anyio.sleep(5.0)
        assert echo.seen == [("a", 1)]
        assert not manager.statistics().synced
        stop.set()


async def test_a_controller_begins_when_the_kinds_that_it_requires_appear(
    server: Any, wire: Any, manager: Manager, stop: anyio.Event
) -> None:
    # The first streaming list is that of the Services, the others those of the Nodes.
    server.on(
        "stream",
        wire.Answer(lines=[wire.event("ADDED", wire.service("a", 1)), wire.bookmark(5, initial_end=True)]),
        *[wire.refusal(404, "the server could not find the requested resource")] * 8,
        wire.Answer(lines=[wire.bookmark(6, initial_end=True)]),
    )
    echo = Echo(manager.store(SERVICES))
    manager.add(echo, requires=[NODES])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop)
        await anyio.sleep(0.5)
        assert manager.statistics().synced, "an absent kind holds up nobody who does not require it"
        assert echo.seen == []
        await anyio.sleep(10 * 30)
        assert echo.seen == [("a", 1)]
        stop.set()


class Surveyor:
    """Wants to know when the server knows Nodes."""

    name = "surveyor"

    def __init__(self) -> None:
        self.seen: list[str] = []

    def watches(self, w: Watches[ObjectKey]) -> None:
        for keys in (lambda: [ObjectKey("", "everything")], self.broken, lambda: [ObjectKey("", "more")]):
            w.when_known(NODES, keys)

    def broken(self) -> list[ObjectKey]:
        raise RuntimeError("broken")

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        self.seen.append(key.name)
        return Done()


@pytest.mark.parametrize("refusals", [0, 8], ids=["at the start", "later"])
async def test_keys_are_queued_once_when_a_kind_comes_to_be_known(
    server: Any, wire: Any, manager: Manager, stop: anyio.Event, refusals: int
) -> None:
    server.on(
        "stream",
        *[wire.refusal(404, "the server could not find the requested resource")] * refusals,
        wire.Answer(lines=[wire.bookmark(6, initial_end=True)]),
    )
    surveyor = Surveyor()
    manager.add(surveyor)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop)
        await anyio.sleep(0.5)
        assert bool(surveyor.seen) is not bool(refusals)
        await anyio.sleep(10 * 30)
        stop.set()
    assert surveyor.seen == ["everything", "more"]


async def test_who_waits_for_caches_is_told_which_kinds_are_missing_and_when_all_are_there(
    server: Any, wire: Any, manager: Manager, stop: anyio.Event
) -> None:
    server.on("stream", *[wire.refusal(403, "services is forbidden")] * 12, wire.refusal(422, ""))
    manager.add(Echo(manager.store(SERVICES)))
    with capture_logs() as lines:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(manager.run, stop)
            await anyio.sleep(120 * PROGRESS_EVERY)
            stop.set()
    waiting = [line for line in lines if line["event"] == "waiting for caches"]
    assert (waiting[0]["synced"], waiting[1]["missing"]) == ("0/1", "services (forbidden)")
    assert [line["kinds"] for line in lines if line["event"] == "caches synced"] == [1]


async def test_an_optional_kind_is_needed_as_soon_as_one_controller_needs_it(manager: Manager) -> None:
    assert manager.informer(SERVICES, optional=True).optional
    manager.informer(SERVICES)
    assert not manager.informer(SERVICES, optional=True).optional


async def test_namespaced_kinds_are_watched_in_one_namespace_if_so_asked(client: Client, metrics: Metrics) -> None:
    manager = Manager(client, EngineMetrics(metrics.meter), namespace="shop")
    assert manager.informer(SERVICES).select.namespace == "shop"
    assert manager.informer(NODES).select.namespace is None


async def test_every_object_is_looked_at_again_after_the_resync_period(
    server: Any, wire: Any, client: Client, metrics: Metrics, stop: anyio.Event
) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    manager = Manager(client, EngineMetrics(metrics.meter), resync=1000.0)
    echo = Echo(manager.store(SERVICES))
    manager.add(echo)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop)
        await anyio.sleep(890.0)
        assert len(echo.seen) == 1
        await anyio.sleep(220.0)
        assert len(echo.seen) == 2
        stop.set()


# The end


async def test_at_the_end_running_reconciles_finish_and_nothing_new_begins(
    server: Any, wire: Any, manager: Manager, stop: anyio.Event
) -> None:
    server.on("list", wire.listing(*[wire.service(name, 1) for name in "abcde"], version=5))
    echo = Echo(manager.store(SERVICES), seconds=5.0)
    manager.add(echo, workers=2)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop)
        await anyio.sleep(2.0)
        stop.set()
    assert len(echo.seen) == 2
    assert sorted(echo.finished) == sorted(name for name, _ in echo.seen)


async def test_reconciles_that_do_not_finish_in_time_are_cancelled(
    server: Any, wire: Any, manager: Manager, stop: anyio.Event
) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    echo = Echo(manager.store(SERVICES), seconds=3600.0)
    manager.add(echo)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop)
        await anyio.sleep(2.0)
        asked = anyio.current_time()
        stop.set()
    assert anyio.current_time() - asked == pytest.approx(DRAIN, abs=0.5)
    assert echo.finished == []


async def test_an_orderly_end_gives_the_lease_back_after_the_last_reconcile(
    server: Any, wire: Any, client: Client, manager: Manager, stop: anyio.Event
) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    server.on("other", wire.Answer(body=LEASE))
    echo = Echo(manager.store(SERVICES), seconds=5.0)
    manager.add(echo)
    elector = Elector(client, ELECTION, clock=anyio.current_time)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop, elector)
        await anyio.sleep(2.0)
        assert echo.seen == [("a", 1)]
        stop.set()
        await anyio.sleep(2.0)
        elector.check()
    assert echo.finished == ["a"]
    assert not elector.statistics().leading
    leases = [request for request in server.requests if "leases" in request.path]
    assert leases[-1].body["spec"]["holderIdentity"] is None


async def test_losing_the_lease_ends_everything_at_once(
    server: Any, wire: Any, client: Client, manager: Manager, stop: anyio.Event
) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    server.on("other", wire.Answer(body=LEASE), wire.Answer(body=LEASE), wire.refusal(503, "away"))
    echo = Echo(manager.store(SERVICES), seconds=3600.0)
    manager.add(echo)
    with pytest.raises(LeadershipLost, match="away"):
        await manager.run(stop, Elector(client, ELECTION, clock=anyio.current_time))
    assert anyio.current_time() < 15.0
    assert echo.seen == [("a", 1)]
    assert echo.finished == []


@pytest.mark.parametrize("ending", ["stopped", "cancelled"])
async def test_no_task_is_left_behind(server: Any, wire: Any, manager: Manager, stop: anyio.Event, ending: str) -> None:
    before = asyncio.all_tasks()
    manager.add(Echo(manager.store(SERVICES)))
    manager.references(SECRETS).refer("somebody", [("shop", "secret")])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop)
        await anyio.sleep(5.0)
        if ending == "stopped":
            stop.set()
        else:
            tasks.cancel_scope.cancel()
    await anyio.sleep(1.0)
    left = [task for task in asyncio.all_tasks() - before if "albc" in repr(task.get_coro())]
    assert left == []


# What others see of it


async def test_the_state_is_shown_as_json(server: Any, wire: Any, manager: Manager, stop: anyio.Event) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    manager.add(Echo(manager.store(SERVICES), seconds=60.0))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop)
        await anyio.sleep(2.0)
        state = json.loads(debug.state(manager))
        tasks.cancel_scope.cancel()
    engine = state["engine"]
    assert engine["queues"][0]["working"] == {"shop/a": pytest.approx(2.0, abs=0.5)}
    assert engine["informers"][0]["kind"] == "services"
    assert engine["informers"][0]["objects"] == 1
    assert any(task["at"].startswith("Echo.reconcile:") for task in state["tasks"]), state["tasks"]


@dataclass(frozen=True)
class Beds:
    """What somebody outside the engine may count."""

    roses: int


async def test_others_add_to_the_state_what_they_are_doing(manager: Manager) -> None:
    manager.report("garden", lambda: Beds(roses=3))
    manager.report("gate", lambda: {"open": True})
    state = json.loads(debug.state(manager))
    assert state["garden"] == {"roses": 3}
    assert state["gate"] == {"open": True}


async def test_a_reporter_that_fails_does_not_silence_the_others(manager: Manager) -> None:
    def broken() -> object:
        raise RuntimeError("the token is 1234")

    manager.report("broken", broken)
    manager.report("unspeakable", object)
    manager.report("garden", lambda: Beds(roses=3))
    with capture_logs():
        state = json.loads(debug.state(manager))
    assert state["broken"] == {"error": "RuntimeError: see the log"}
    assert "error" in state["unspeakable"]
    assert state["garden"] == {"roses": 3}


@pytest.mark.parametrize("name", ["engine", "tasks", "garden"])
async def test_a_part_of_the_state_has_one_reporter(manager: Manager, name: str) -> None:
    manager.report("garden", list)
    with pytest.raises(ValueError, match=f"a part '{name}' already"):
        manager.report(name, list)


SPEC_15 = {
    *ENGINE,
    "awslbc_controller_cache_object_total",
    "process_resident_memory_bytes",
}


async def test_the_metrics_that_dashboards_rely_on_are_there(
    server: Any, wire: Any, metrics: Metrics, stop: anyio.Event
) -> None:
    engine = EngineMetrics(metrics.meter, "awslbc")
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    server.on("other", wire.Answer(body=LEASE))
    async with Client(ConnectionConfig(server.url), observe=engine.rest_client_request) as client:
        manager = Manager(client, engine)
        manager.add(Echo(manager.store(SERVICES)))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(manager.run, stop, Elector(client, ELECTION, clock=anyio.current_time))
            await anyio.sleep(5.0)
            text = metrics.render().decode()
            stop.set()
    shown = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert shown >= SPEC_15
    assert 'workqueue_depth{controller="echo",name="echo",priority="0"} 0.0' in text
    assert 'controller_runtime_reconcile_total{controller="echo",result="success"} 1.0' in text
    assert 'leader_election_master_status{name="albc"} 1.0' in text
    assert 'awslbc_controller_cache_object_total{resource="service"} 1.0' in text
    assert 'controller_runtime_reconcile_time_seconds_bucket{controller="echo",le="60"} 1.0' in text

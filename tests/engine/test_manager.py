"""Start, work and end of the whole engine; time is virtual."""

import json
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from structlog.testing import capture_logs

from albc.engine import debug
from albc.engine.controller import Reconcile
from albc.engine.leader import Election, Elector, LeadershipLost
from albc.engine.manager import PROGRESS_EVERY, Manager
from albc.engine.metrics import EngineMetrics
from albc.engine.outcome import Done, Outcome
from albc.engine.queue import Priority
from albc.engine.store import ObjectKey, Store
from albc.engine.watches import Watches, itself
from albc.kube.client import Client
from albc.kube.objects import SERVICES, Service
from albc.telemetry.metrics import Metrics

pytestmark = pytest.mark.anyio


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


async def test_the_initial_list_is_background_work(server: Any, wire: Any, manager: Manager, stop: anyio.Event) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    server.on("watch", wire.Answer(lines=[wire.event("ADDED", wire.service("b", 6))]))
    manager._workers.clear()
    queue = manager.add(Echo(manager.store(SERVICES)))
    depths: list[dict[Priority, int]] = []
    original = queue.add

    def add(key: ObjectKey, priority: Priority = Priority.NORMAL) -> None:
        original(key, priority)
        depths.append({key.name: priority})  # type: ignore[dict-item]

    queue.add = add  # type: ignore[method-assign]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.run, stop)
        await anyio.sleep(5.0)
        stop.set()
    assert depths == [{"a": Priority.LOW}, {"b": Priority.NORMAL}]

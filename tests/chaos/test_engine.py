"""The engine against an API server that fails in every way it can, on virtual time.

A "process" here is a manager with its elector; it ends when it loses its lease and is started again, as a Deployment
would. What is checked at the end is what a user relies on: nothing is lost, nothing is left over.
"""

import asyncio
import gc
import logging
import random
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import anyio
import pytest
import structlog
from aiohttp import web
from chaotic_server import NAMESPACE, ChaoticServer
from virtual_time import VirtualTimeLoop

from albc.engine.controller import Reconcile
from albc.engine.informer import Change
from albc.engine.leader import CALL_TIMEOUT, Election, Elector, LeadershipLost
from albc.engine.manager import Manager
from albc.engine.metrics import EngineMetrics
from albc.engine.outcome import Done, Outcome
from albc.engine.store import ObjectKey, Store
from albc.engine.watches import Watches, itself
from albc.errors import Pending, Unavailable
from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client
from albc.kube.objects import SERVICES, Service
from albc.telemetry.metrics import Metrics

CONVERGED_WITHIN = 3000.0
"""Virtual seconds after the last fault: the longest back-off of a key, thrice."""
SLOWEST_ANSWER = 300.0
"""Virtual seconds after which the server's own tasks for connections that it broke have ended too."""
GROWTH = 300_000
"""Bytes that the second half of a long run may hold more than the first: less than one an object change."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """Thousands of faults would write thousands of lines."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    structlog.configure(**before)


class Recorder:
    """A controller that remembers the version it last reconciled of each object, and fails now and then."""

    name = "recorder"

    def __init__(self, server: ChaoticServer, store: Store[Service]) -> None:
        self.reconciled: dict[str, str | None] = {}
        self.overlaps = 0
        self._server = server
        self._store = store
        self._busy: set[ObjectKey] = set()

    def watches(self, w: Watches[ObjectKey]) -> None:
        w.on(SERVICES, itself)

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        self.overlaps += key in self._busy
        self._busy.add(key)
        try:
            obj = self._store.get(key)
            # Some take long, so that their object changes meanwhile.
            await asyncio.sleep(self._server.rng.random() * (0.2 if self._server.rng.random() < 0.7 else 60))
            self._fail_now_and_then()
            self.reconciled[key.name] = obj.metadata.resource_version if obj else None
            return Done()
        finally:
            self._busy.discard(key)

    def _fail_now_and_then(self) -> None:
        chance = 1.0 if self._server.calm else self._server.rng.random()
        if chance < 0.1:
            raise Unavailable("AWS is away")
        if chance < 0.15:
            raise ZeroDivisionError
        if chance < 0.2:
            raise Pending("not yet", 3.0)


class Follower:
    """What a handler knows of the objects if it believes every change; and each change that cannot be."""

    def __init__(self) -> None:
        self.versions: dict[str, str] = {}
        self.impossible: list[str] = []

    def handle(self, change: Change[Service]) -> None:
        name, version = change.key.name, change.object.metadata.resource_version
        known = self.versions.get(name)
        possible = {
            "added": known is None,
            "updated": known is not None
            and change.old is not None
            and change.old.metadata.resource_version == known
            and int(version) > int(known),
            "deleted": known is not None,
            "resynced": known == version,
        }[change.type]
        if not possible:
            self.impossible.append(f"{change.type} {name} at {version}, known was {known}")
        if change.type == "deleted":
            self.versions.pop(name, None)
        else:
            self.versions[name] = version


class Process:
    """One life of a controller, from its start until it is stopped or loses its lease."""

    def __init__(self, server: ChaoticServer, client: Client, lease_client: Client, identity: str) -> None:
        self.manager = Manager(client, EngineMetrics(Metrics().meter))
        self.store = self.manager.store(SERVICES)
        self.recorder = Recorder(server, self.store)
        self.follower = Follower()
        self.manager.add(self.recorder)
        self.manager.informer(SERVICES).add_handler(self.follower.handle)
        election = Election(NAMESPACE, "leader", identity)
        self.elector = Elector(lease_client, election, clock=asyncio.get_running_loop().time)

    def lags_behind(self, server: ChaoticServer) -> str:
        """What of the server's state this process has not taken in; "" if nothing."""
        want = server.versions()
        reconciled = {name: version for name, version in self.recorder.reconciled.items() if version is not None}
        for what, have in (
            ("store", {obj.name: obj.metadata.resource_version for obj in self.store.list()}),
            ("handler", self.follower.versions),
            ("reconciled", reconciled),
        ):
            if have != want:
                return f"{what}: {sorted(set(have.items()) ^ set(want.items()))}"
        return ""


class Deployment:
    """Starts a process again whenever it ended."""

    def __init__(self, server: ChaoticServer, url: str) -> None:
        self._server = server
        self._url = url
        self.lost = 0
        self.faults: list[str] = []
        self.now: Process | None = None

    async def run(self, stop: anyio.Event) -> None:
        for number in count():
            async with (
                Client(ConnectionConfig(self._url), timeout=30) as client,
                Client(ConnectionConfig(self._url), timeout=CALL_TIMEOUT) as lease_client,
            ):
                self.now = process = Process(self._server, client, lease_client, f"process-{number}")
                try:
                    await process.manager.run(stop, process.elector)
                except LeadershipLost:
                    self.lost += 1
                finally:
                    self.faults += process.follower.impossible
                    self.faults += ["two workers on one key"] * process.recorder.overlaps
            if stop.is_set():
                return


@asynccontextmanager
async def serving(server: ChaoticServer) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def wreak_havoc(server: ChaoticServer, changes: int) -> None:
    """So many changes at random times, with restarts of the server, and with leases that cannot be renewed."""
    rng = server.rng
    for number in range(changes):
        await asyncio.sleep(rng.random() * 1.5 if rng.random() > 0.02 else 20)
        server.change()
        if rng.random() < 0.02:
            server.stop()
        elif server.down and rng.random() < 0.2:
            server.start()
        if number % 200 == 100:
            server.lease_down = True
            await asyncio.sleep(30)
            server.lease_down = False
    server.start()


async def converged(server: ChaoticServer, deployment: Deployment) -> str:
    """Waits until the process has caught up. What it still lacks, if it has not in time."""
    server.calm = True
    loop = asyncio.get_running_loop()
    deadline = loop.time() + CONVERGED_WITHIN
    while True:
        lag = deployment.now.lags_behind(server) if deployment.now else "no process"
        if not lag or loop.time() > deadline:
            return lag
        await asyncio.sleep(10)


async def survive(seed: int, changes: int) -> Deployment:
    """One whole run; asserts what holds after each."""
    before = asyncio.all_tasks()
    server = ChaoticServer(random.Random(seed))
    async with serving(server) as url:
        deployment = Deployment(server, url)
        stop = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(deployment.run, stop)
            await wreak_havoc(server, changes)
            assert await converged(server, deployment) == ""
            stop.set()
    assert deployment.faults == []
    await asyncio.sleep(SLOWEST_ANSWER)
    assert [repr(task.get_coro()) for task in asyncio.all_tasks() - before] == []
    assert server.lease is not None
    assert not server.lease["spec"].get("holderIdentity")
    return deployment


@pytest.mark.anyio
@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_the_api_server_does_every_last_change_is_reconciled(seed: int) -> None:
    deployment = await survive(seed, changes=300)

    assert deployment.lost > 0, "no lease was lost: the havoc is too mild"


@pytest.mark.soak
@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(10, 20))
async def test_thousands_of_changes_under_faults_are_all_reconciled(seed: int) -> None:
    await survive(seed, changes=3000)


@pytest.mark.soak
@pytest.mark.anyio
async def test_memory_stays_flat_over_thousands_of_changes_under_faults() -> None:
    await survive(30, changes=500)
    held = []
    tracemalloc.start()
    try:
        for seed in (31, 32, 33):
            await survive(seed, changes=1500)
            gc.unfreeze()
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()

    assert held[2] - held[1] < GROWTH, held

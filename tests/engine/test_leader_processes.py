"""Two real processes and one Lease: suspend the leader for longer than the lease, and it must not write after waking.

Real time, since a suspended process has no other; the election is ten times as fast as by default.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

pytestmark = pytest.mark.anyio

REPLICA = """
import os, sys, time
import anyio
from albc.engine.leader import Election, Elector, LeadershipLost
from albc.errors import NotLeader
from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client

url, name, journal = sys.argv[1:]


async def write(elector):
    await elector.leading.wait()
    with open(journal, "a") as file:
        while True:
            try:
                elector.check()
            except NotLeader:
                return
            os.write(file.fileno(), f"{time.monotonic()} {name}\\n".encode())
            await anyio.sleep(0.01)


async def main():
    election = Election("kube-system", "albc", name, lease_duration=2.0, renew_deadline=1.0, retry_period=0.2)
    async with Client(ConnectionConfig(url), timeout=0.5) as client:
        elector = Elector(client, election)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write, elector)
            try:
                await elector.run()
            except LeadershipLost:
                sys.exit(1)

anyio.run(main)
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Lease:
    """The one Lease, with optimistic locking."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0

    def store(self, lease: dict[str, Any]) -> web.Response:
        self.version += 1
        self.lease = {**lease, "metadata": {"name": "albc", "resourceVersion": str(self.version)}}
        return web.json_response(self.lease)

    async def handle(self, request: web.Request) -> web.Response:
        if request.method == "GET" and self.lease is None:
            return web.json_response({"code": 404}, status=404)
        if request.method == "GET":
            return web.json_response(self.lease)
        body = await request.json()
        if request.method == "POST":
            if self.lease is not None:
                return web.json_response({"code": 409}, status=409)
            return self.store(body)
        if body["metadata"]["resourceVersion"] != str(self.version):
            return web.json_response({"code": 409}, status=409)
        return self.store(body)


@pytest.fixture
async def server() -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", Lease().handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


class Replicas:
    def __init__(self, url: str, journal: Path) -> None:
        self.url = url
        self.journal = journal
        self.processes: list[subprocess.Popen[bytes]] = []
        journal.touch()

    def start(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", REPLICA, self.url, name, str(self.journal)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    @property
    def writes(self) -> list[tuple[float, str]]:
        lines = self.journal.read_text().splitlines()
        return [(float(at), name) for at, _, name in (line.partition(" ") for line in lines)]

    async def until(self, what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30.0
        while not what():
            assert time.monotonic() < deadline, self.writes[-3:]
            await asyncio.sleep(0.02)


@pytest.fixture
async def replicas(server: str, tmp_path: Path) -> AsyncIterator[Replicas]:
    replicas = Replicas(server, tmp_path / "journal")
    yield replicas
    for process in replicas.processes:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


async def test_a_leader_suspended_for_longer_than_its_lease_does_not_write_when_it_wakes(replicas: Replicas) -> None:
    first = replicas.start("first")
    await replicas.until(lambda: bool(replicas.writes))
    replicas.start("second")
    os.kill(first.pid, signal.SIGSTOP)
    await replicas.until(lambda: replicas.writes[-1][1] == "second")
    os.kill(first.pid, signal.SIGCONT)
    await replicas.until(lambda: first.poll() is not None)

    names = [name for _, name in replicas.writes]
    assert names == sorted(names), "after the second had begun the first wrote again"
    assert first.returncode == 1, "losing the lease ends the process"

"""How long informers take to know a big cluster, and what following it costs.

    python -m benchmarks.informer [--pods N] [--slices N] [--ingresses N] [--events N] [--json FILE]

The API server (`benchmarks.big_cluster`) is another process on loopback, with TLS. This one imports all that `albc run`
imports, makes a manager with informers for three kinds and their indexes, and waits until they are synced. Then Pods
change at a steady rate: first the changes only reach the store and a handler, then each queues a key that a controller
reconciles. Memory is the whole process's resident size, and its peak. `stall` is the longest time in which the loop was
not to be had, and of it what this process computed: the rest is what others took from it. Looking for stalls a thousand
times a second costs as much as a fifth of an event's work, so that CPU is measured while nobody looks.
"""

import argparse
import asyncio
import json
import os
import resource
import ssl
import sys
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import anyio
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

import albc.cli.run  # noqa: F401 - for its memory
from albc.engine.controller import Reconcile
from albc.engine.informer import Change, Informer
from albc.engine.manager import Manager
from albc.engine.metrics import EngineMetrics
from albc.engine.outcome import Done, Outcome
from albc.engine.store import ObjectKey
from albc.engine.watches import Watches, itself
from albc.kube.auth import ConnectionConfig, StaticToken
from albc.kube.client import Client
from albc.kube.objects import ENDPOINT_SLICES, INGRESSES, PODS, Pod
from albc.telemetry import logs
from albc.telemetry.metrics import Metrics
from benchmarks.processes import resident
from benchmarks.report import save, show
from benchmarks.stalls import watched

Result = dict[str, Any]


class Looker:
    """Looks at each Pod that changes."""

    name = "looker"

    def __init__(self, manager: Manager) -> None:
        self.pods = manager.store(PODS, {"node": lambda pod: [pod.spec.node_name]})
        manager.store(ENDPOINT_SLICES, {"service": lambda each: [each.metadata.labels["kubernetes.io/service-name"]]})
        manager.store(INGRESSES, {"class": lambda each: [each.spec.ingress_class_name]})
        self.changed = 0
        self.looked = 0
        self.queueing = False

    def watches(self, w: Watches[ObjectKey]) -> None:
        w.on(PODS, itself, when=self._matters)

    def _matters(self, change: Change[Pod]) -> bool:
        self.changed += change.type == "updated"
        return self.queueing

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        self.looked += self.pods.get(key) is not None
        return Done()


@asynccontextmanager
async def big_cluster(pods: int, slices: int, ingresses: int) -> AsyncIterator[tuple[ConnectionConfig, "Changes"]]:
    command = [sys.executable, "-m", "benchmarks.big_cluster", str(pods), str(slices), str(ingresses)]
    async with await anyio.open_process(command, stdin=PIPE, stdout=PIPE, stderr=None) as process:
        changes = Changes(process)
        config = json.loads(await changes.answer())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        ca = b64decode(cluster["certificate-authority-data"]).decode()
        tls = ssl.create_default_context(cadata=ca)
        try:
            yield ConnectionConfig(cluster["server"], StaticToken(user["token"]), tls=tls), changes
        finally:
            process.terminate()


class Changes:
    """Orders to the other process."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin = process.stdin
        self._stdout = TextReceiveStream(process.stdout)

    async def make(self, count: int, rate: float) -> str:
        """Changes Pods; the resourceVersion of the last change."""
        await self._stdin.send(f"{count} {rate}\n".encode())
        return await self.answer()

    async def answer(self) -> str:
        text = ""
        while not text.endswith("\n"):
            text += await self._stdout.receive()
        return text.strip()


def peak() -> float:
    """MB, since the process began."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, 1)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what is measured must not be made to tell
        await asyncio.sleep(0.05)


async def measure(options: argparse.Namespace) -> Result:
    before = resident("self")
    async with (
        big_cluster(options.pods, options.slices, options.ingresses) as (connection, changes),
        Client(connection) as client,
        anyio.create_task_group() as tasks,
    ):
        manager = Manager(client, EngineMetrics(Metrics().meter))
        looker = Looker(manager)
        manager.add(looker)
        informers: list[Informer[Any]] = [manager.informer(kind) for kind in (PODS, ENDPOINT_SLICES, INGRESSES)]
        async with watched() as sync_stalls:
            started, used = time.perf_counter(), time.process_time()
            tasks.start_soon(manager.run, anyio.Event())
            for informer in informers:
                await informer.synced.wait()
            synced = time.perf_counter() - started
            sync_cpu = time.process_time() - used
        after_sync = resident("self")
        await asyncio.sleep(0.5)

        async def follow() -> float:
            """CPU of each change of a Pod, in microseconds."""
            looker.changed = looker.looked = 0
            used = time.process_time()
            await changes.make(options.events, options.rate)
            await until(lambda: looker.changed == options.events)
            await until(lambda: not looker.queueing or looker.looked == options.events)
            return (time.process_time() - used) / float(options.events) * 1e6

        per_event = await follow()
        looker.queueing = True
        per_reconcile = await follow()
        async with watched() as stalls:
            await follow()
        tasks.cancel_scope.cancel()
    return {
        "objects": sum(len(informer.store) for informer in informers),
        "sync s": round(synced, 2),
        "sync cpu s": round(sync_cpu, 2),
        "stall ms": round(sync_stalls.wall, 1),
        "stall cpu ms": round(sync_stalls.cpu, 1),
        "MB before": before,
        "MB synced": after_sync,
        "MB peak": peak(),
        "µs an event": round(per_event, 1),
        "with reconcile": round(per_reconcile, 1),
        "stall cpu ms then": round(stalls.cpu, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--slices", type=int, default=10_000)
    parser.add_argument("--ingresses", type=int, default=1_000)
    parser.add_argument("--events", type=int, default=10_000, help="changes of Pods")
    parser.add_argument("--rate", type=float, default=2_000, help="of them a second")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    logs.configure("info", "json", Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - till the end
    results = [asyncio.run(measure(options))]
    show("informers of a big cluster", results)
    save(options.json, {"informers": results})


if __name__ == "__main__":
    main()

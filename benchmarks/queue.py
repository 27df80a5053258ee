"""How fast the work queue is, beside asyncio's queue, anyio's memory stream and client-go's queue in the same run.

    python -m benchmarks.queue [--keys N] [--json FILE]        (as a script it would hide the standard `queue`)

Keys through add → get → done by workers and share of duplicates; the same by number of keys, up to a million; memory of
a waiting key; time from add to get at 10,000 keys a second. Python's rivals know no duplicates, priorities, retries or
drain: they are the floor, not equals. Rivals take turns, and of each the run counts that took the least CPU, so that
what else the machine does meanwhile says little. client-go's queue runs where Go is installed: on all processors, and
by the clock.
"""

import argparse
import asyncio
import gc
import json
import shutil
import statistics
import subprocess
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel

from albc.engine.queue import Backoff, QueueClosed, WorkQueue
from albc.engine.store import ObjectKey
from benchmarks.report import save, show

Result = dict[str, Any]
Rival = Callable[[list[ObjectKey], int], Awaitable[float]]
"""Sends the keys through that many workers, and says how many seconds of CPU that took."""

RUNS = 3
GO = Path(__file__).parent / "go"
UNLIMITED = Backoff(base=1e-9, ceiling=1e-9, rate=1e12, burst=10**9)
"""Every retry is due at once: what remains is the cost of the rate limiter itself."""


def keys(number: int, duplicates: float) -> list[ObjectKey]:
    """So many keys to add, of which a share are there already when they come."""
    distinct = max(1, round(number * (1 - duplicates)))
    return [ObjectKey("shop", f"ingress-{position % distinct}") for position in range(number)]


async def of_work_queue(todo: list[ObjectKey], workers: int, *, rate_limited: bool = False) -> float:
    queue: WorkQueue[ObjectKey] = WorkQueue("benchmark", UNLIMITED)

    async def work() -> None:
        while True:
            try:
                key = await queue.get()
            except QueueClosed:
                return
            if rate_limited:
                queue.forget(key)
            queue.done(key)

    started = time.process_time()
    async with anyio.create_task_group() as tasks:
        for _ in range(workers):
            tasks.start_soon(work)
        add = queue.add_rate_limited if rate_limited else queue.add
        for key in todo:
            add(key)
        await queue.drain()
    return time.process_time() - started


async def of_asyncio(todo: list[ObjectKey], workers: int) -> float:
    queue: asyncio.Queue[ObjectKey] = asyncio.Queue()

    async def work() -> None:
        while True:
            await queue.get()
            queue.task_done()

    started = time.process_time()
    async with anyio.create_task_group() as tasks:
        for _ in range(workers):
            tasks.start_soon(work)
        for key in todo:
            queue.put_nowait(key)
        await queue.join()
        tasks.cancel_scope.cancel()
    return time.process_time() - started


async def of_anyio(todo: list[ObjectKey], workers: int) -> float:
    send, receive = anyio.create_memory_object_stream[ObjectKey](len(todo))

    async def work() -> None:
        async with receive.clone() as stream:
            async for _ in stream:
                pass

    started = time.process_time()
    async with anyio.create_task_group() as tasks:
        for _ in range(workers):
            tasks.start_soon(work)
        async with send, receive:
            for key in todo:
                send.send_nowait(key)
            await anyio.lowlevel.checkpoint()
    return time.process_time() - started


RIVALS: Mapping[str, Rival] = {
    "asyncio.Queue": of_asyncio,
    "anyio stream": of_anyio,
    "WorkQueue": of_work_queue,
    "rate limited": partial(of_work_queue, rate_limited=True),
}


def race(todo: list[ObjectKey], workers: int) -> Result:
    """Keys a second of each rival."""
    best = dict.fromkeys(RIVALS, 0)
    for _ in range(RUNS):
        for name, rival in RIVALS.items():

            async def once(rival: Rival = rival) -> float:
                return await rival(todo, workers)

            gc.collect()
            best[name] = max(best[name], round(len(todo) / asyncio.run(once())))
    return {**best, "of asyncio": round(best["WorkQueue"] / best["asyncio.Queue"], 2)}


def throughput(number: int) -> list[Result]:
    rows = [
        {"workers": workers, "duplicates": duplicates, **race(keys(number, duplicates), workers)}
        for workers in (1, 10, 100)
        for duplicates in (0.0, 0.5, 0.9)
    ]
    of_go = {
        (each["workers"], each["duplicates"], each["rate limited"]): each["keys a second"] for each in client_go(number)
    }
    for row in rows:
        setting = (row["workers"], row["duplicates"])
        row["client-go"] = of_go.get((*setting, False))
        row["client-go limited"] = of_go.get((*setting, True))
    return rows


def client_go(number: int) -> list[Result]:
    """The same of client-go's queue; nothing where it cannot be built."""
    if shutil.which("go") is None:
        return []
    program = GO / ".build" / "queue"
    built = subprocess.run(["go", "build", "-o", program, "."], cwd=GO, capture_output=True, text=True, check=False)
    if built.returncode:
        print(f"without client-go: {built.stderr.strip().splitlines()[-1]}")
        return []
    done = subprocess.run([program, str(number)], capture_output=True, check=True)
    results: list[Result] = json.loads(done.stdout)
    return results


def by_size() -> list[Result]:
    """Ten workers, no duplicates."""
    return [{"keys": number, **race(keys(number, 0.0), 10)} for number in (1_000, 100_000, 1_000_000)]


async def memory(number: int, *, delayed: bool) -> Result:
    todo = keys(number, 0.0)
    queue: WorkQueue[ObjectKey] = WorkQueue("benchmark", Backoff())
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for key in todo:
        if delayed:
            queue.add_after(key, 3600.0)
        else:
            queue.add(key)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return {
        "keys": number,
        "kind": "delayed" if delayed else "ready",
        "bytes a key": round((after - before) / number, 1),
    }


async def latency(rate: int, seconds: float) -> Result:
    """add → get, while keys come one by one at a steady rate."""
    queue: WorkQueue[int] = WorkQueue("benchmark")
    added: dict[int, float] = {}
    waited: list[float] = []

    async def work() -> None:
        while True:
            try:
                key = await queue.get()
            except QueueClosed:
                return
            waited.append(time.perf_counter() - added.pop(key))
            queue.done(key)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(work)
        started = time.perf_counter()
        for number in range(round(rate * seconds)):
            while time.perf_counter() - started < number / rate:
                await anyio.lowlevel.checkpoint()
            added[number] = time.perf_counter()
            queue.add(number)
        await queue.drain()
    cuts = statistics.quantiles(waited, n=1000)
    return {
        "keys/s": rate,
        "p50 µs": round(cuts[499] * 1e6, 1),
        "p99 µs": round(cuts[989] * 1e6, 1),
        "max µs": round(max(waited) * 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=100_000, help="keys of each run of the first table")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    results = {
        "throughput": throughput(options.keys),
        "by size": by_size(),
        "memory": [asyncio.run(memory(1_000_000, delayed=delayed)) for delayed in (False, True)],
        "latency": [asyncio.run(latency(10_000, seconds=3.0))],
    }
    show("keys a second: add, get, done", results["throughput"])
    show("the same by number of keys", results["by size"])
    show("memory of a waiting key, without the key", results["memory"])
    show("from add to get", results["latency"])
    save(options.json, results)


if __name__ == "__main__":
    main()

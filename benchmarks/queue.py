"""How fast the work queue is, beside asyncio's queue and anyio's memory stream in the same run.

    python -m benchmarks.queue [--keys N] [--json FILE]        (as a script it would hide the standard `queue`)

Three tables: add → get → done cycles a second; memory of a waiting key; latency of add → get at 10,000 keys a second.
The rivals keep no key apart and know no duplicates, priorities, retries or drain: they are the floor, not equals.
"""

import argparse
import asyncio
import gc
import json
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio

from albc.engine.queue import Backoff, QueueClosed, WorkQueue
from albc.engine.store import ObjectKey

Result = dict[str, Any]
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

    started = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for _ in range(workers):
            tasks.start_soon(work)
        add = queue.add_rate_limited if rate_limited else queue.add
        for key in todo:
            add(key)
        await queue.drain()
    return time.perf_counter() - started


async def of_asyncio(todo: list[ObjectKey], workers: int) -> float:
    queue: asyncio.Queue[ObjectKey | None] = asyncio.Queue()

    async def work() -> None:
        while await queue.get() is not None:
            queue.task_done()

    started = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for _ in range(workers):
            tasks.start_soon(work)
        for key in todo:
            queue.put_nowait(key)
        for _ in range(workers):
            queue.put_nowait(None)
    return time.perf_counter() - started


async def of_anyio(todo: list[ObjectKey], workers: int) -> float:
    send, receive = anyio.create_memory_object_stream[ObjectKey](len(todo))

    async def work() -> None:
        async with receive.clone() as stream:
            async for _ in stream:
                pass

    started = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for _ in range(workers):
            tasks.start_soon(work)
        async with send, receive:
            for key in todo:
                send.send_nowait(key)
            await anyio.lowlevel.checkpoint()
    return time.perf_counter() - started


def run(function: Callable[..., Awaitable[float]], todo: list[ObjectKey], workers: int, **options: bool) -> float:
    """Keys a second, the best of three runs."""

    async def once() -> float:
        return await function(todo, workers, **options)

    seconds = []
    for _ in range(3):
        gc.collect()
        seconds.append(asyncio.run(once()))
    return len(todo) / min(seconds)


def throughput(number: int) -> list[Result]:
    rows: list[Result] = []
    for workers in (1, 10, 100):
        for duplicates in (0.0, 0.5, 0.9):
            todo = keys(number, duplicates)
            floor = run(of_asyncio, todo, workers)
            plain = run(of_work_queue, todo, workers)
            rows.append(
                {
                    "workers": workers,
                    "duplicates": duplicates,
                    "asyncio.Queue": round(floor),
                    "anyio stream": round(run(of_anyio, todo, workers)),
                    "WorkQueue": round(plain),
                    "of asyncio": round(plain / floor, 2),
                    "rate limited": round(run(of_work_queue, todo, workers, rate_limited=True)),
                }
            )
    return rows


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


def show(title: str, rows: list[Result]) -> None:
    print(f"\n{title}")
    columns = list(rows[0])
    cells = [
        columns,
        *[
            [f"{row[column]:,}" if isinstance(row[column], int) else str(row[column]) for column in columns]
            for row in rows
        ],
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(columns))]
    for line in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description="benchmark of the work queue")
    parser.add_argument("--keys", type=int, default=200_000, help="keys of each run (memory: five times as many)")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    results = {
        "throughput": throughput(options.keys),
        "memory": [asyncio.run(memory(5 * options.keys, delayed=delayed)) for delayed in (False, True)],
        "latency": [asyncio.run(latency(10_000, seconds=3.0))],
    }
    show("keys a second: add, get, done", results["throughput"])
    show("memory of a waiting key, without the key", results["memory"])
    show("from add to get", results["latency"])
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()

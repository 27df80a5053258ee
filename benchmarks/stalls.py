"""How long an event loop was not to be had: for benchmarks."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

TICK = 0.001


@dataclass
class Stalls:
    """The longest pause between two turns of the loop, in milliseconds, so far."""

    wall: float = 0.0
    """As a caller felt it; on a busy machine also what other processes took."""
    cpu: float = 0.0
    """Of it, what this thread itself computed: it cannot be longer than `wall`, and depends on nobody else."""


@asynccontextmanager
async def watched() -> AsyncIterator[Stalls]:
    """Looks at the loop once a millisecond for as long as the block lasts."""
    stalls = Stalls()

    async def look() -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        while True:
            await asyncio.sleep(TICK)
            now, used = time.perf_counter(), time.thread_time()
            stalls.wall = max(stalls.wall, (now - wall - TICK) * 1000)
            stalls.cpu = max(stalls.cpu, (used - cpu) * 1000)
            wall, cpu = now, used

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look)
        try:
            yield stalls
        finally:
            tasks.cancel_scope.cancel()

"""Bytes between two connections."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import pytest

from albc.local.dataplane.relay import Stream, relay, reset

pytestmark = pytest.mark.anyio
PATIENCE = 10.0
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Ends, Stream]]:
    """Two ends of one connection: the outer one for the test, the inner one for the relay."""
    accepted: asyncio.Future[Ends] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda *ends: accepted.set_result(ends), "127.0.0.1", 0)
    outer = await asyncio.open_connection(*server.sockets[0].getsockname())
    inner = await accepted
    server.close()
    try:
        yield outer, Stream(*inner)
    finally:
        outer[1].close()
        inner[1].close()


async def between(talk: Callable[[Ends, Ends], Awaitable[None]], *, idle: float = 60, early: bytes = b"") -> None:
    """Relay between two pairs while `talk` uses the outer ends, and wait until the relay has ended."""
    async with pair() as (client, front), pair() as (target, back), anyio.create_task_group() as tasks:
        tasks.start_soon(relay, Stream(front.reader, front.writer, early), back, idle)
        with anyio.fail_after(PATIENCE):
            await talk(client, target)


async def test_the_end_of_one_direction_leaves_the_other_open() -> None:
    async def talk(client: Ends, target: Ends) -> None:
        client[1].write(b"question")
        client[1].write_eof()
        assert await target[0].read() == b"question"
        target[1].write(b"answer")
        target[1].close()
        assert await client[0].read() == b"answer"

    await between(talk)


async def test_what_was_read_before_goes_first() -> None:
    async def talk(client: Ends, target: Ends) -> None:
        client[1].write(b" and late")
        client[1].write_eof()
        assert await target[0].read() == b"early and late"
        target[1].close()

    await between(talk, early=b"early")


async def test_a_reset_is_passed_on() -> None:
    async def talk(client: Ends, target: Ends) -> None:
        reset(client[1])
        with pytest.raises(ConnectionResetError):
            await target[0].read()

    await between(talk)


async def test_silence_on_both_sides_ends_the_connection() -> None:
    async def talk(client: Ends, target: Ends) -> None:
        with pytest.raises(ConnectionResetError):
            await client[0].read()

    await between(talk, idle=0.01)

"""What callers of our HTTP servers cannot do: wait for ever, send without end, come in numbers, hide a request."""

import asyncio
import logging
from collections.abc import AsyncIterator

import anyio
import pytest
from aiohttp import web

from albc.telemetry import bounded

pytestmark = pytest.mark.anyio

Address = tuple[str, int]
HEAD = b"POST /echo HTTP/1.1\r\nHost: albc\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: albc\r\n\r\n"


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def hidden(request: web.Request) -> web.Response:
    return web.Response(text="hidden")


@pytest.fixture
async def address(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Address]:
    monkeypatch.setattr(bounded, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr(bounded, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(bounded, "LINGER_SECONDS", 0.2)
    monkeypatch.setattr(bounded, "MOST_CONNECTIONS", 3)
    # aiohttp tells of each bad request with a traceback.
    monkeypatch.setattr(logging.getLogger("aiohttp.server"), "disabled", True)
    routes: list[web.RouteDef] = [web.post("/echo", echo), web.get("/hidden", hidden)]
    async with bounded.serving(routes, "127.0.0.1", 0, largest_body=1000) as [address]:
        yield address


async def said(address: Address, *sent: bytes) -> bytes:
    """All that comes back until the server closes the connection; the parts are sent one by one."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        with anyio.fail_after(60):
            for part in sent:
                writer.write(part)
                await writer.drain()
                await anyio.sleep(0.05 if len(sent) > 1 else 0)
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_silent_connection_ends(address: Address) -> None:
    assert await said(address) == b""


async def test_headers_that_never_end_end(address: Address) -> None:
    assert await said(address, HEAD, *[b"X: y\r\n"] * 100) == b""


async def test_a_body_that_never_comes_is_answered_with_408(address: Address) -> None:
    assert (await said(address, HEAD + b"Content-Length: 100\r\nConnection: close\r\n\r\nx")).startswith(
        b"HTTP/1.1 408 "
    )


async def test_a_body_beyond_the_limit_is_answered_with_413(address: Address) -> None:
    body = b"Content-Length: 5000\r\nConnection: close\r\n\r\n" + b"x" * 5000
    assert (await said(address, HEAD + body)).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n" + HIDDEN,
        b"Transfer-Encoding: xchunked\r\n\r\n" + HIDDEN,
        b"Content-Length : 5\r\n\r\n" + HIDDEN,
        b"Content-Length: +5\r\n\r\n" + HIDDEN,
        b"X: " + b"a" * 100_000 + b"\r\n\r\n",
        b"X: y\r\n" * 1000 + b"\r\n",
    ],
)
async def test_a_request_that_could_be_read_in_two_ways_or_is_too_large_is_refused(
    address: Address, rest: bytes
) -> None:
    answer = await said(address, HEAD + rest)
    assert answer.startswith(b"HTTP/1.0 400 ")
    assert b"hidden" not in answer.lower().partition(b"\r\n\r\n")[0]
    assert b"200 OK" not in answer


async def test_who_comes_when_there_are_too_many_is_turned_away_and_let_in_later(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ones = [await asyncio.open_connection(*address) for _ in range(bounded.MOST_CONNECTIONS)]
    await anyio.sleep(0.05)
    assert await said(address, HIDDEN) == b""
    for _, writer in open_ones:
        writer.close()
        await writer.wait_closed()
    await anyio.sleep(0.05)
    assert (await said(address, HIDDEN)).endswith(b"hidden")

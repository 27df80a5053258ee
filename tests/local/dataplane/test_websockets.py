"""The `websockets` package's client, and its server as the target, with a load balancer between them."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.local.dataplane.kit import Stack, forward, free_address, listener, self_signed

WHY = "websockets 13 or later is not installed"
client: Any = pytest.importorskip("websockets.asyncio.client", reason=WHY)
server: Any = pytest.importorskip("websockets.asyncio.server", reason=WHY)
exceptions: Any = pytest.importorskip("websockets.exceptions", reason=WHY)
pytestmark = pytest.mark.anyio

HOST = "chat.example"


async def echo(socket: Any) -> None:
    async for message in socket:
        if message == "leave":
            await socket.close(4000, "as you wish")
            return
        await socket.send(message)


@asynccontextmanager
async def connected(stack: Stack, protocol: str = "HTTP", **options: Any) -> AsyncIterator[Any]:
    """A client that is connected through a listener of this protocol."""
    certificate, key = self_signed(HOST)
    address = free_address("19")
    bound = stack.book.listen(address, 0)
    port = bound.getsockname()[1]
    async with server.serve(echo, sock=bound, subprotocols=["chat.v2"], max_size=None):
        network = protocol in ("TCP", "TLS")
        group = "TCP" if network else "HTTP"
        stack.group("tg", (address, port), Protocol=group, HealthCheckProtocol="TCP")
        held = [{"CertificateArn": "c", "IsDefault": True}]
        stack.holds(
            listener("front", 443, protocol, forward("tg"), Certificates=held), certificates={"c": (certificate, key)}
        )
        await stack.settled(lambda: stack.serves(443))
        await stack.healthy("tg", (address, port))
        host, real = stack.book.resolve(stack.address, 443)
        secure = protocol in ("HTTPS", "TLS")
        if secure:
            options["ssl"] = ssl.create_default_context(cadata=certificate.decode())
        url = f"{'wss' if secure else 'ws'}://{HOST}/chat?room=1"
        async with client.connect(url, host=host, port=real, subprotocols=["chat.v1", "chat.v2"], **options) as socket:
            yield socket


@pytest.mark.parametrize("protocol", ["HTTP", "HTTPS", "TCP", "TLS"])
async def test_messages_pass_both_ways(stack: Stack, protocol: str) -> None:
    async with connected(stack, protocol) as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
        await socket.send(b"\0\1\2")
        assert await socket.recv() == b"\0\1\2"


async def test_large_messages_pass_whole(stack: Stack) -> None:
    async with connected(stack, max_size=None, compression=None) as socket:
        await socket.send(b"x" * 3_000_000)
        assert len(await socket.recv()) == 3_000_000


async def test_a_ping_is_answered_by_the_other_side(stack: Stack) -> None:
    async with connected(stack) as socket:
        answered = await socket.ping()
        assert await answered >= 0


async def test_subprotocol_and_compression_are_the_two_sides_affair(stack: Stack) -> None:
    async with connected(stack) as socket:
        assert socket.subprotocol == "chat.v2"
        assert "permessage-deflate" in socket.response.headers["Sec-WebSocket-Extensions"]


async def test_a_server_s_goodbye_keeps_its_code_and_words(stack: Stack) -> None:
    async with connected(stack) as socket:
        await socket.send("leave")
        with pytest.raises(exceptions.ConnectionClosed):
            await socket.recv()
        assert (socket.close_code, socket.close_reason) == (4000, "as you wish")


async def test_many_small_messages_keep_their_order(stack: Stack) -> None:
    async with connected(stack) as socket:
        for number in range(200):
            await socket.send(str(number))
        assert [await socket.recv() for _ in range(200)] == [str(number) for number in range(200)]

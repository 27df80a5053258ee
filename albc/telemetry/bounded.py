"""HTTP servers whose callers cannot take more than their share, be they slow, silent or many.

* At most `MOST_CONNECTIONS` at a time; who comes then is turned away at once.
* A TLS handshake has `HANDSHAKE_SECONDS`; a connection over which no request's headers come ends after `IDLE_SECONDS`.
* A body is read, before the handler is asked, within `BODY_SECONDS`, else the answer is 408. How large it may be is the
  caller's word (`largest_body`); headers have aiohttp's limits.

Called by `albc.telemetry.http` (probes, metrics) and `albc.webhooks.server`; calls aiohttp.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
from aiohttp import web

MOST_CONNECTIONS: Final = 512
IDLE_SECONDS: Final = 120.0
"""More than the 90 s after which Go's clients, the API server among them, close an idle connection themselves: else
they might send a request over one that we are closing."""
HANDSHAKE_SECONDS: Final = 10.0
BODY_SECONDS: Final = 10.0
LINGER_SECONDS: Final = 2.0
"""That the rest of a refused body is listened to, so that its sender reads why."""


class _TurnedAway(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - every stream's is one
        transport.abort()


@web.middleware
async def _read_in_time(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Any:
    try:
        with anyio.fail_after(BODY_SECONDS):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return await handler(request)


@asynccontextmanager
async def serving(
    routes: Iterable[web.RouteDef],
    host: str | None,
    port: int,
    tls: ssl.SSLContext | None = None,
    largest_body: int = 64 * 1024,
) -> AsyncIterator[list[tuple[str, int]]]:
    """Serves as long as the block lasts, and gives the addresses. Raises OSError if it cannot listen."""
    application = web.Application(client_max_size=largest_body, middlewares=[_read_in_time])
    application.add_routes(routes)
    runner = web.AppRunner(
        application,
        access_log=None,
        shutdown_timeout=1.0,
        keepalive_timeout=IDLE_SECONDS,
        lingering_time=LINGER_SECONDS,
    )
    await runner.setup()
    server = runner.server
    assert server is not None  # noqa: S101 - `setup` made it

    def protocol() -> asyncio.BaseProtocol:
        return server() if len(server.connections) < MOST_CONNECTIONS else _TurnedAway()

    try:
        listener = await asyncio.get_running_loop().create_server(
            protocol, host, port, ssl=tls, ssl_handshake_timeout=HANDSHAKE_SECONDS if tls else None
        )
        try:
            addresses = [socket.getsockname() for socket in listener.sockets]
            yield [(address[0], address[1]) for address in addresses]
        finally:
            listener.close()
    finally:
        await runner.cleanup()

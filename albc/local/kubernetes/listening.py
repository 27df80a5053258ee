"""The port of the API server: open while the cluster runs, but for the interruptions that `albc local fault` orders.

Called by `cluster`, with the handler of `server`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import anyio
from aiohttp import web

_LARGEST_BODY = 8 * 2**20
_LAST_WORDS = 0.05
"""Seconds in which the answer to who ordered an interruption still leaves."""
_TRY_AGAIN = 0.05


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    """As aiohttp makes requests, with room for large objects."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_LARGEST_BODY)


class Listening:
    """An HTTPS port. An async context manager; `port` is the real one inside it."""

    def __init__(
        self,
        handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        tls: ssl.SSLContext,
        host: str,
        port: int,
    ) -> None:
        # A watch whose client has gone must not wait for its next event to find out.
        self._server = web.Server(handle, request_factory=_request, handler_cancellation=True)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=0.1)
        self._tls = tls
        self._host = host
        self.port = port

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        self._site = await self._open()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def interrupt(self, seconds: float) -> None:
        """Refuses connections for so long, and breaks those that are there."""
        await anyio.sleep(_LAST_WORDS)
        await self._site.stop()
        for connection in self._server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        await anyio.sleep(seconds)
        while True:
            try:
                self._site = await self._open()
                return
            except OSError:  # somebody took the port meanwhile: nobody can be told, but it may come back
                await anyio.sleep(_TRY_AGAIN)

    async def _open(self) -> web.TCPSite:
        site = web.TCPSite(self._runner, self._host, self.port, ssl_context=self._tls)
        await site.start()
        return site

"""An API server whose answers each test gives; it remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    content_type: str
    authorization: str | None
    body: Any


class Server:
    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self._next: asyncio.Future[None] | None = None
        self.answers: list[Any] = []
        """Bodies (200), (status, body), (status, body, headers), or functions of the request; the last one repeats."""

    async def until_asked(self, times: int) -> None:
        """Waits for that many requests, all in all."""
        while len(self.asked) < times:
            self._next = asyncio.get_running_loop().create_future()
            await self._next

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        self.asked.append(
            Asked(
                request.method,
                request.path,
                dict(request.query),
                request.content_type,
                request.headers.get("Authorization"),
                body,
            )
        )
        if self._next is not None and not self._next.done():
            self._next.set_result(None)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            function: Callable[[web.Request], Awaitable[web.StreamResponse]] = answer
            return await function(request)
        status, content, headers = (*answer, {}, {})[:3] if isinstance(answer, tuple) else (200, answer, {})
        return web.json_response(content, status=status, headers=headers)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    application = web.Application(client_max_size=10_000_000)
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    async with Client(ConnectionConfig(server.url)) as client:
        yield client

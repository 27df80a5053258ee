"""Virtual time for every async test here, and a server of Kubernetes' lists and watches that follows a script."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from aiohttp import web
from virtual_time import VirtualTimeLoop

from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


# A server that does as it is told


@dataclass
class Answer:
    """What the server does with one request: a body, or lines and then an ending."""

    status: int = 200
    body: Any = None
    lines: Sequence[bytes] = ()
    ending: Literal["hang", "end", "cut"] = "hang"
    """After the lines: stay silent, close in order, or break the connection."""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    kind: Literal["stream", "list", "watch", "other"]
    path: str
    query: dict[str, str]
    authorization: str | None
    at: float
    body: Any


class ScriptedServer:
    """Answers streaming lists, lists and watches, each kind by a script of its own; the last answer repeats.

    Without a script: no streaming lists, an empty list at version 1, watches in which nothing happens.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.url = ""
        self._scripts: dict[str, deque[Answer]] = {
            "stream": deque([refusal(422, "sendInitialEvents is forbidden")]),
            "list": deque([listing(version=1)]),
            "watch": deque([Answer()]),
            "other": deque([refusal(404, "no such object")]),
        }
        self._written: set[str] = set()

    def on(self, kind: str, *answers: Answer) -> None:
        if kind not in self._written:
            self._scripts[kind].clear()
            self._written.add(kind)
        self._scripts[kind].extend(answers)

    def asked(self, kind: str) -> list[Request]:
        return [request for request in self.requests if request.kind == kind]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        if "sendInitialEvents" in query:
            kind: Any = "stream"
        elif "watch" in query:
            kind = "watch"
        else:
            kind = "list" if "limit" in query else "other"
        at = asyncio.get_running_loop().time()
        body = await request.json() if request.can_read_body else None
        self.requests.append(Request(kind, request.path, query, request.headers.get("Authorization"), at, body))
        script = self._scripts[kind]
        answer = script.popleft() if len(script) > 1 else script[0]
        if answer.body is not None:
            return web.json_response(answer.body, status=answer.status, headers=answer.headers)
        response = web.StreamResponse(status=answer.status)
        await response.prepare(request)
        for line in answer.lines:
            await response.write(line)
        if answer.ending == "hang":
            await asyncio.Event().wait()
        if answer.ending == "cut" and request.transport is not None:
            request.transport.close()
        return response


def service(name: str, version: int, uid: str = "", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", "uid": uid or f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": {**metadata, **more}}


def listing(*objects: dict[str, Any], version: int, next_page: str = "") -> Answer:
    metadata = {"resourceVersion": str(version), **({"continue": next_page} if next_page else {})}
    return Answer(body={"kind": "ServiceList", "metadata": metadata, "items": list(objects)})


def refusal(code: int, message: str, reason: str = "", **headers: str) -> Answer:
    body = {"kind": "Status", "status": "Failure", "message": message, "reason": reason, "code": code}
    return Answer(status=code, body=body, headers=headers)


def event(kind: str, obj: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def bookmark(version: int, *, initial_end: bool = False) -> bytes:
    annotations = {"annotations": {"k8s.io/initial-events-end": "true"}} if initial_end else {}
    return event("BOOKMARK", {"kind": "Service", "metadata": {"resourceVersion": str(version), **annotations}})


@dataclass(frozen=True)
class Wire:
    """The words that scripts are written in."""

    Answer: Callable[..., Any] = Answer
    service: Callable[..., dict[str, Any]] = service
    listing: Callable[..., Any] = listing
    refusal: Callable[..., Any] = refusal
    event: Callable[[str, dict[str, Any]], bytes] = event
    bookmark: Callable[..., bytes] = bookmark


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", scripted.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield scripted
    await runner.cleanup()


@pytest.fixture
async def client(server: ScriptedServer) -> AsyncIterator[Client]:
    async with Client(ConnectionConfig(server.url)) as client:
        yield client

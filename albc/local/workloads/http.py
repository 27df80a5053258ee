"""HTTP servers in pods: the echo server of the Gateway API's conformance tests, and a page that says who answers.

`handler` makes an aiohttp handler for one container; `runtime` gives it a socket. Both kinds answer /healthz with
200, /status/CODE with that status and /delay/SECONDS after that time, echo WebSocket messages, and honour what the
conformance tests use: `?delay=1s` and the X-Echo-Set-Header request header.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiohttp import WSMsgType, web

from albc.local.workloads.identity import Identity
from albc.local.workloads.images import Player, Port

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_STATUS = re.compile(r"/status/(\d{3})")
_DELAY = re.compile(r"/delay/(\d+(?:\.\d+)?)")
_GO_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
LONGEST_DELAY = 600.0


def handler(identity: Identity, port: Port) -> Handler:
    """The handler of one port of one container."""
    answer = _echo if port.player is Player.ECHO else _page

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await _echo_messages(request)
        await asyncio.sleep(_wanted_delay(request))
        if request.path == "/healthz":
            return web.Response(text="ok\n")
        if status := _STATUS.fullmatch(request.path):
            return web.Response(status=int(status[1]), text=f"{status[1]} from {identity.name}\n")
        response = await answer(request, identity, port)
        for pair in request.headers.get("X-Echo-Set-Header", "").split(","):
            name, colon, value = pair.partition(":")
            if colon:
                response.headers[name.strip()] = value.strip()
        return response

    return handle


def _wanted_delay(request: web.BaseRequest) -> float:
    if path := _DELAY.fullmatch(request.path):
        return min(float(path[1]), LONGEST_DELAY)
    durations = _GO_DURATION.findall(request.query.get("delay", ""))
    return min(sum(float(number) * _SECONDS[unit] for number, unit in durations), LONGEST_DELAY)


def echoed(
    identity: Identity, port: Port, request_line: tuple[str, str, str], headers: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """The JSON that the conformance tests read. `request_line`: method, target, protocol. PURE."""
    method, target, protocol = request_line
    seen: dict[str, list[str]] = {}
    host = ""
    for name, value in headers:
        if name.lower() == "host":
            host = value
        else:
            seen.setdefault("-".join(part.capitalize() for part in name.split("-")), []).append(value)
    return {
        "path": target,
        "host": host,
        "method": method,
        "proto": protocol,
        "headers": seen,
        "httpPort": str(port.number),
        **identity.echo_context(),
    }


async def _echo(request: web.BaseRequest, identity: Identity, port: Port) -> web.Response:
    protocol = f"HTTP/{request.version.major}.{request.version.minor}"
    answer = echoed(identity, port, (request.method, request.raw_path, protocol), request.headers.items())
    if tls := request.get_extra_info("ssl_object"):
        answer["tls"] = {"version": tls.version(), "cipherSuite": (tls.cipher() or ("",))[0]}
    return web.Response(text=json.dumps(answer, indent=1) + "\n", content_type="application/json")


async def _page(request: web.BaseRequest, identity: Identity, port: Port) -> web.Response:
    text = f"pod {identity.name} in namespace {identity.namespace} on node {identity.node or 'unknown'}\n"
    return web.Response(text=text)


async def _echo_messages(request: web.BaseRequest) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket

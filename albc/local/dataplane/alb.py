"""An Application Load Balancer's listener: HTTP requests in, answers out.

Each request is routed by the listener's table (`rules`), then answered here (fixed response, redirect, what is not
played) or passed to a target (`upstreams`) with the headers that AWS adds. Answers of its own are AWS's: 400 for what
is no HTTP, 500 for a rewrite that has no result, 502 when a target refuses or breaks off, 503 without a target, 504
when it is silent too long. Called by `plane`: one `serve` for each client connection.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from random import random
from urllib.parse import urlsplit

import anyio
import h2.exceptions
import h11

from albc.local.dataplane import cookies
from albc.local.dataplane.actions import (
    Forward,
    NotPlayed,
    Redirect,
    TransformFailed,
    Url,
    apply_transforms,
    redirect_location,
)
from albc.local.dataplane.attributes import ListenerSettings, LoadBalancerSettings
from albc.local.dataplane.balancing import TargetKey, pick_group
from albc.local.dataplane.conditions import Request
from albc.local.dataplane.headers import (
    Arrival,
    Headers,
    compared_host,
    find,
    host_header,
    own_answer,
    to_client,
    to_target,
)
from albc.local.dataplane.http1 import AnswerHead, BadAnswer, BadRequest, ClientSide, RequestHead, TargetSide
from albc.local.dataplane.http2 import Http2, Http2ClientSide, Http2TargetSide
from albc.local.dataplane.relay import relay, reset
from albc.local.dataplane.rules import RoutingTable
from albc.local.dataplane.upstreams import Target, TargetGroup
from albc.local.network import AddressBook, Unconnected

INCOMPATIBLE = 464
"""AWS's own status: an HTTP/1.1 request for a target group whose protocol version is HTTP2 or GRPC."""

# What h11 and h2 raise for a message of ours that their protocol does not allow: a rewrite made it so.
_UNSENDABLE = (h11.LocalProtocolError, h2.exceptions.ProtocolError)


@dataclass(frozen=True)
class HttpListener:
    """What the account says of one HTTP or HTTPS listener, compiled."""

    protocol: str
    """`http` or `https`."""
    port: int
    table: RoutingTable
    load_balancer: LoadBalancerSettings
    settings: ListenerSettings
    admits: Callable[[str], bool]
    """Whether the security groups let this client address in."""
    refusal: NotPlayed | None = None
    """Set when the listener as a whole asks for what is not played (mutual TLS)."""


Client = ClientSide | Http2ClientSide
Connection = TargetSide | Http2TargetSide


@dataclass(frozen=True)
class _Exchange:
    """One request under way."""

    client: Client
    head: RequestHead
    arrival: Arrival
    listener: HttpListener


class HttpFront:
    """The HTTP side of one listener. `listener` may be replaced at any time and holds from the next request on."""

    def __init__(
        self, book: AddressBook, groups: Mapping[str, TargetGroup], source: str | None, listener: HttpListener
    ) -> None:
        self.listener = listener
        self._book = book
        self._groups = groups
        self._source = source

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client connection, request after request. Returns when it is closed; raises nothing."""
        client_ip, client_port = writer.get_extra_info("peername")[:2]
        if not self.listener.admits(client_ip):
            reset(writer)
            return
        real_port = writer.get_extra_info("sockname")[1]
        listener = self.listener
        arrival = Arrival(client_ip, client_port, listener.protocol, listener.port, _tls_of(writer), real_port)
        tls = writer.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() == "h2":
            await self._serve_http2(Http2(reader, writer, is_client=False), arrival)
        else:
            await self._serve_http1(ClientSide(reader, writer), arrival)

    async def _serve_http1(self, client: ClientSide, arrival: Arrival) -> None:
        until = time.monotonic() + self.listener.load_balancer.client_keep_alive
        while time.monotonic() < until:
            listener = self.listener
            idle = listener.load_balancer.idle_timeout
            try:
                head = await client.next_request(idle)
            except BadRequest as bad:
                nothing = RequestHead("GET", "/", [], has_body=False)
                await _whole(partial(_own, status=bad.status), _Exchange(client, nothing, arrival, listener))
                return
            if head is None:
                return
            if not await _whole(self._answer, _Exchange(client, head, arrival, listener)):
                return
            if not await client.ready_for_next(idle):
                return

    async def _serve_http2(self, connection: Http2, arrival: Arrival) -> None:
        try:
            async with anyio.create_task_group() as streams:
                async for stream in connection.requests(self.listener.load_balancer.idle_timeout):
                    client = Http2ClientSide(connection, stream)
                    exchange = _Exchange(client, client.head, arrival, self.listener)
                    streams.start_soon(_whole, self._answer, exchange)
                streams.cancel_scope.cancel()  # the client has gone
        finally:
            connection.close()

    async def _answer(self, exchange: _Exchange) -> None:
        listener, head = exchange.listener, exchange.head
        located = _locate(head)
        if located is None:
            await _own(exchange, 400)
            return
        host, target = located
        path, _, query = target.partition("?")
        rule = listener.table.route(
            Request(
                method=head.method,
                host=compared_host(host, exchange.arrival),
                path=path,
                query=query,
                headers=tuple(
                    (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in head.headers
                ),
                source_ip=exchange.arrival.client_ip,
            )
        )
        try:
            host, target = apply_transforms(rule.transforms, host, target)
        except TransformFailed:
            await _own(exchange, 500)
            return
        match listener.refusal or rule.action:
            case NotPlayed(reason):
                await _own(exchange, 501, body=reason + "\n")
            case Redirect() as redirect:
                path, _, query = target.partition("?")
                url = Url(listener.protocol, _without_port(host), listener.port, path, query)
                location = redirect_location(redirect, url).encode("latin-1", "replace")
                await _own(exchange, redirect.status, extra=[(b"Location", location)])
            case Forward() as forward:
                host = host_header(host, listener.load_balancer, listener.port)
                await self._forward(exchange, forward, (host, target))
            case fixed:
                await _own(exchange, fixed.status, body=fixed.body, content_type=fixed.content_type)

    async def _forward(self, exchange: _Exchange, forward: Forward, located: tuple[str, str]) -> None:
        now = time.time()
        jar = cookies.parse_cookies(value for name, value in exchange.head.headers if name.lower() == b"cookie")
        arn = None
        if forward.sticky_seconds is not None:
            arn = cookies.sticky_group(jar.get(cookies.GROUP), [arn for arn, _ in forward.target_groups], now)
        arn = arn or pick_group(forward.target_groups, random())  # noqa: S311 - a traffic split
        group = self._groups.get(arn or "")
        target = group.pick(preferred=_preferred(group, jar, now)) if group else None
        if group is None or target is None:
            await _own(exchange, 503)
            return
        if group.speaks_http2 and isinstance(exchange.client, ClientSide):
            await _own(exchange, INCOMPATIBLE)
            return
        sticky: Headers = []
        if (seconds := forward.sticky_seconds) is not None:
            sticky = cookies.set_cookies(cookies.GROUP, cookies.seal(group.arn, int(now) + seconds), seconds, now)
        try:
            await self._exchange(exchange, _for_target(exchange, located, now), (group, target), sticky)
        except Unconnected as refused:
            await _own(exchange, 504 if refused.timed_out else 502)
        except (BadAnswer, TimeoutError, *_UNSENDABLE) as error:
            if exchange.client.answered:
                raise
            status = 504 if isinstance(error, TimeoutError) else 502 if isinstance(error, BadAnswer) else 500
            await _own(exchange, status)

    async def _exchange(
        self, exchange: _Exchange, request: RequestHead, chosen: tuple[TargetGroup, Target], sticky: Headers
    ) -> None:
        group, target = chosen
        while True:
            connection = await group.connect(target, self._book, self._source)
            connection.silence = exchange.listener.load_balancer.idle_timeout
            target.hold(connection.writer)
            try:
                await _carry(exchange, request, connection, lambda answer: sticky + _bind(chosen, answer))
            except BadAnswer as bad:
                # A target may close a connection that it has kept open just as a request is sent on it. Nothing has
                # come back and nothing is lost: try again, on a fresh one in the end.
                if not (connection.used and bad.silent and not request.has_body):
                    raise
            else:
                return
            finally:
                target.let_go(connection.writer)
                target.take_back(connection, keep=group.targets.get(target.key) is target)


async def _whole(answer: Callable[[_Exchange], Awaitable[None]], exchange: _Exchange) -> bool:
    """Answer; False when that could not be done whole, which the client then sees."""
    try:
        await answer(exchange)
    except (OSError, BadAnswer, BadRequest, TimeoutError, *_UNSENDABLE):
        # The client has gone, or the target broke off behind the head of its answer.
        exchange.client.break_off()
        return False
    return True


def _for_target(exchange: _Exchange, located: tuple[str, str], now: float) -> RequestHead:
    """The request as the target gets it; `located` is its Host header and target."""
    head = exchange.head
    host, path = located
    headers = to_target(head.headers, exchange.listener.load_balancer, exchange.arrival, host, _fresh_id(now))
    if (upgrade := head.upgrade) and not head.has_body:
        headers += [(b"Connection", b"Upgrade"), (b"Upgrade", upgrade)]
    if head.has_body and find(headers, b"content-length") is None:
        headers.append((b"Transfer-Encoding", b"chunked"))
    return RequestHead(head.method, path, headers, head.has_body)


async def _carry(
    exchange: _Exchange, request: RequestHead, connection: Connection, cookies_for: Callable[[Headers], Headers]
) -> None:
    """One request to a target and its answer to the client. `cookies_for` names what the answer sets besides."""
    client, listener = exchange.client, exchange.listener
    connection.send_head(request)
    upload = asyncio.create_task(_upload(client, connection)) if request.has_body else None
    try:
        answer = await connection.answer()
        headers = to_client(answer.headers, listener.settings)
        if answer.status == 101 and isinstance(client, ClientSide) and isinstance(connection, TargetSide):
            upgrade = find(answer.headers, b"upgrade") or b""
            headers += [(b"Connection", b"Upgrade"), (b"Upgrade", upgrade)]
            raw = await client.switch(AnswerHead(101, answer.reason, headers))
            await relay(raw, connection.switched(), listener.load_balancer.idle_timeout)
            return
        client.start(replace(answer, headers=headers + cookies_for(answer.headers)))
        async for piece in connection.body():
            await client.send(piece)
        await client.finish(connection.trailers)
    finally:
        if upload is not None:
            upload.cancel()
            await asyncio.wait([upload])


async def _upload(client: Client, connection: Connection) -> None:
    """The request's body, to the target. A client that fails takes the exchange with it; a target that closes early
    may have answered already, which the reading side finds out."""
    try:
        await connection.send_body(client.body())
    except BadRequest:
        connection.writer.transport.abort()
    except (OSError, *_UNSENDABLE):
        pass


async def _own(
    exchange: _Exchange,
    status: int,
    *,
    body: str | None = None,
    content_type: str = "text/plain; charset=utf-8",
    extra: Headers | None = None,
) -> None:
    """An answer of the load balancer's own; without `body` a short page that names the status."""
    phrase = _PHRASES.get(status, "")
    if body is None:
        content_type = "text/html"
        title = f"{status} {phrase}".strip()
        body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    data = body.encode()
    headers = own_answer(exchange.listener.settings, content_type, len(data))
    headers += [(b"Date", formatdate(usegmt=True).encode()), *(extra or ())]
    exchange.client.start(AnswerHead(status, phrase.encode(), headers))
    if data and exchange.head.method != "HEAD" and status not in (204, 304):
        await exchange.client.send(data)
    await exchange.client.finish()


_PHRASES = {status.value: status.phrase for status in HTTPStatus} | {
    INCOMPATIBLE: "Incompatible Protocol",
    503: "Service Temporarily Unavailable",
}


def _locate(head: RequestHead) -> tuple[str, str] | None:
    """Host header and target in origin form; None for what no load balancer can route."""
    host = (find(head.headers, b"host") or b"").decode("latin-1").strip()
    if head.target.startswith("/") or head.target == "*":
        return host, head.target
    url = urlsplit(head.target)  # the absolute form, as a client sends it to a proxy
    if url.scheme not in ("http", "https") or not url.netloc:
        return None
    return url.netloc, (url.path or "/") + (f"?{url.query}" if url.query else "")


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _preferred(group: TargetGroup, jar: Mapping[str, str], now: float) -> TargetKey | None:
    match group.settings.sticky:
        case "lb_cookie":
            return cookies.sticky_target(jar.get(cookies.TARGET), group.arn, now)
        case "app_cookie" if group.settings.app_cookie in jar:
            return cookies.sticky_target(jar.get(cookies.APP_TARGET), group.arn, now)
    return None


def _bind(chosen: tuple[TargetGroup, Target], answer: Headers) -> Headers:
    """The cookie that binds the client to its target. The application's way: only once it sets its own cookie."""
    group, target = chosen
    now = time.time()
    seconds = group.settings.sticky_seconds
    match group.settings.sticky:
        case "lb_cookie":
            name = cookies.TARGET
        case "app_cookie" if any(
            key.lower() == b"set-cookie" and value.startswith(group.settings.app_cookie.encode() + b"=")
            for key, value in answer
        ):
            name = cookies.APP_TARGET
        case _:
            return []
    value = cookies.seal(group.arn, target.key.id, target.key.port, int(now) + seconds)
    return cookies.set_cookies(name, value, seconds, now)


def _fresh_id(now: float) -> str:
    return f"1-{int(now):08x}-{os.urandom(12).hex()}"


def _tls_of(writer: asyncio.StreamWriter) -> tuple[str, str] | None:
    connection = writer.get_extra_info("ssl_object")
    if connection is None or (cipher := connection.cipher()) is None:
        return None
    return connection.version() or "", cipher[0]

"""An Application Load Balancer's listener: HTTP requests in, answers out.

Each request is routed by the listener's table (`rules`), then answered here (fixed response, redirect, what is not
played) or passed to a target (`upstreams`) with the headers that AWS adds. Answers of its own are AWS's: 400 for what
is no HTTP, 500 for a rewrite that has no result, 502 when a target refuses or breaks off, 503 without a target, 504
when it is silent too long. Called by `plane`: one `serve` for each client connection.
"""

import asyncio
import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from random import random
from urllib.parse import urlsplit

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
from albc.local.dataplane.headers import Arrival, Headers, find, host_header, own_answer, to_client, to_target
from albc.local.dataplane.http1 import AnswerHead, BadAnswer, BadRequest, ClientSide, RequestHead, TargetSide
from albc.local.dataplane.relay import Stream, relay, reset
from albc.local.dataplane.rules import RoutingTable
from albc.local.dataplane.upstreams import Target, TargetGroup
from albc.local.network import AddressBook, Unconnected


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


@dataclass(frozen=True)
class _Exchange:
    """One request under way."""

    client: ClientSide
    head: RequestHead
    arrival: Arrival
    listener: HttpListener

    @property
    def keeps_silent(self) -> bool:
        """An answer to HEAD has no body, whatever its header says."""
        return self.head.method == "HEAD"


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
        arrival = Arrival(client_ip, client_port, self.listener.protocol, self.listener.port, _tls_of(writer))
        client = ClientSide(reader, writer)
        until = time.monotonic() + self.listener.load_balancer.client_keep_alive
        try:
            while time.monotonic() < until and await self._serve_one(client, Stream(reader, writer), arrival):
                pass
        except (ConnectionError, ssl.SSLError, BadAnswer, TimeoutError, h11.LocalProtocolError):
            # The client has gone, or the target broke off behind the head of its answer: only a cut connection can
            # tell the client that what it has is not whole.
            writer.transport.abort()
        finally:
            writer.close()

    async def _serve_one(self, client: ClientSide, stream: Stream, arrival: Arrival) -> bool:
        """False when the connection is done with."""
        listener = self.listener
        idle = listener.load_balancer.idle_timeout
        try:
            head = await client.next_request(idle)
        except BadRequest as bad:
            head = RequestHead("GET", "/", [], has_body=False)
            await _own(_Exchange(client, head, arrival, listener), bad.status)
            return False
        if head is None:
            return False
        exchange = _Exchange(client, head, arrival, listener)
        if not await self._answer(exchange, stream):
            return False
        return await client.ready_for_next(idle)

    async def _answer(self, exchange: _Exchange, stream: Stream) -> bool:
        """False when the connection carries no HTTP any more."""
        listener, head = exchange.listener, exchange.head
        located = _locate(head)
        if located is None:
            await _own(exchange, 400)
            return True
        host, target = located
        path, _, query = target.partition("?")
        rule = listener.table.route(
            Request(
                method=head.method,
                host=_without_port(host),
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
            return True
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
                return await self._forward(exchange, stream, forward, (host, target))
            case fixed:
                await _own(exchange, fixed.status, body=fixed.body, content_type=fixed.content_type)
        return True

    async def _forward(self, exchange: _Exchange, stream: Stream, forward: Forward, located: tuple[str, str]) -> bool:
        listener, head = exchange.listener, exchange.head
        now = time.time()
        jar = cookies.parse_cookies(value for name, value in head.headers if name.lower() == b"cookie")
        arn = None
        if forward.sticky_seconds is not None:
            arn = cookies.sticky_group(jar.get(cookies.GROUP), [arn for arn, _ in forward.target_groups], now)
        arn = arn or pick_group(forward.target_groups, random())  # noqa: S311 - a traffic split
        group = self._groups.get(arn or "")
        target = group.pick(preferred=_preferred(group, jar, now)) if group else None
        if group is None or target is None:
            await _own(exchange, 503)
            return True
        host, path = located
        upgrade = head.upgrade if not head.has_body else None
        headers = to_target(head.headers, listener.load_balancer, exchange.arrival, host, _fresh_id(now))
        if upgrade:
            headers += [(b"Connection", b"Upgrade"), (b"Upgrade", upgrade)]
        request = RequestHead(head.method, path, headers, head.has_body)
        sticky: Headers = []
        if forward.sticky_seconds is not None:
            seconds = forward.sticky_seconds
            sticky += cookies.set_cookies(cookies.GROUP, cookies.seal(group.arn, int(now) + seconds), seconds, now)
        try:
            return await self._exchange(exchange, stream, request, (group, target), sticky)
        except Unconnected as refused:
            await _own(exchange, 504 if refused.timed_out else 502)
        except h11.LocalProtocolError:
            if exchange.client.answered:
                raise
            await _own(exchange, 500)
        except (BadAnswer, TimeoutError) as error:
            if exchange.client.answered:
                raise
            await _own(exchange, 504 if isinstance(error, TimeoutError) else 502)
        return True

    async def _exchange(
        self,
        exchange: _Exchange,
        stream: Stream,
        request: RequestHead,
        chosen: tuple[TargetGroup, Target],
        sticky: Headers,
    ) -> bool:
        group, target = chosen
        if request.has_body and not any(name.lower() == b"content-length" for name, _ in request.headers):
            request.headers.append((b"Transfer-Encoding", b"chunked"))
        while True:
            connection = await group.connect(target, self._book, self._source)
            connection.silence = exchange.listener.load_balancer.idle_timeout
            target.hold(connection.writer)
            try:
                return await self._carry(exchange, stream, request, connection, (group, target), sticky)
            except BadAnswer as bad:
                # A target may close a connection that it has kept open just as a request is sent on it. Nothing has
                # come back and nothing is lost: try again, on a fresh one in the end.
                if not (connection.used and bad.silent and not request.has_body):
                    raise
            finally:
                target.let_go(connection.writer)
                if not target.draining and group.targets.get(target.key) is target and connection.reusable():
                    target.idle.append(connection)
                else:
                    connection.close()

    async def _carry(
        self,
        exchange: _Exchange,
        stream: Stream,
        request: RequestHead,
        connection: TargetSide,
        chosen: tuple[TargetGroup, Target],
        sticky: Headers,
    ) -> bool:
        client, listener = exchange.client, exchange.listener
        connection.send_head(request)
        upload = asyncio.create_task(_upload(client, connection)) if request.has_body else None
        try:
            answer = await connection.answer()
            if answer.status == 101:
                upgrade = find(answer.headers, b"upgrade") or b""
                headers = [*to_client(answer.headers, listener.settings), (b"Connection", b"Upgrade")]
                early = await client.switch(AnswerHead(101, answer.reason, [*headers, (b"Upgrade", upgrade)]))
                await relay(
                    Stream(stream.reader, stream.writer, early),
                    Stream(connection.reader, connection.writer, connection.early_bytes),
                    listener.load_balancer.idle_timeout,
                )
                return False
            headers = to_client(answer.headers, listener.settings)
            headers += sticky + _target_cookies(*chosen, answer.headers, time.time())
            client.start(AnswerHead(answer.status, answer.reason, headers))
            async for piece in connection.body():
                await client.send(piece)
            await client.finish()
        finally:
            if upload is not None:
                upload.cancel()
                await asyncio.wait([upload])
        return True


async def _upload(client: ClientSide, connection: TargetSide) -> None:
    """The request's body, to the target. A client that fails takes the exchange with it; a target that closes early
    may have answered already, which the reading side finds out."""
    try:
        await connection.send_body(client.body())
    except BadRequest:
        connection.writer.transport.abort()
    except (ConnectionError, ssl.SSLError, h11.LocalProtocolError):
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
    if data and not exchange.keeps_silent and status not in (204, 304):
        await exchange.client.send(data)
    await exchange.client.finish()


_PHRASES = {status.value: status.phrase for status in HTTPStatus} | {503: "Service Temporarily Unavailable"}


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


def _target_cookies(group: TargetGroup, target: Target, answer: Headers, now: float) -> Headers:
    """The cookie that binds the client to its target. The application's way: only once it sets its own cookie."""
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

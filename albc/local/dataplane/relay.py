"""Bytes between a client and a target without a look at them: TCP connections, and UDP flows.

Used for Network Load Balancers and WebSockets, and by `albc.local.workloads` for node ports.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import anyio

CHUNK = 65536
UDP_FLOW_SECONDS = 120.0
"""Silence after which a UDP flow is forgotten; AWS's figure for Network Load Balancers."""


@dataclass(frozen=True)
class Stream:
    """Both directions of one connection, and what was read from it before the relay began."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    early: bytes = b""


def reset(writer: asyncio.StreamWriter) -> None:
    """Break a connection so that the other side sees a reset, not an orderly end."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):  # closed already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@dataclass
class _Clock:
    seconds: float
    last: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def tick(self) -> None:
        self.last = asyncio.get_running_loop().time()

    def left(self) -> float:
        return self.last + self.seconds - asyncio.get_running_loop().time()


async def relay(one: Stream, other: Stream, idle_seconds: float) -> None:
    """Copy both ways until both have ended, one breaks, or neither has said anything for `idle_seconds`.

    The end of one direction is passed on (half-close) where the transport knows it. Both are closed at return.
    """
    clock = _Clock(idle_seconds)
    try:
        async with anyio.create_task_group() as directions:
            for source, sink in ((one, other), (other, one)):
                directions.start_soon(_copy, source, sink, clock, directions.cancel_scope)
    finally:
        for stream in (one, other):
            stream.writer.close()


async def _copy(source: Stream, sink: Stream, clock: _Clock, both: anyio.CancelScope) -> None:
    try:
        if source.early:
            sink.writer.write(source.early)
        while data := await _read(source.reader, clock):
            sink.writer.write(data)
            await sink.writer.drain()
        if not sink.writer.can_write_eof():
            both.cancel()  # TLS has no half-close: the end of one direction is the end
        else:
            sink.writer.write_eof()
    except OSError:
        for stream in (source, sink):
            reset(stream.writer)
        both.cancel()


async def _read(reader: asyncio.StreamReader, clock: _Clock) -> bytes:
    """Raises TimeoutError when the whole relay has been silent."""
    while True:
        try:
            async with asyncio.timeout(max(clock.left(), 0.001)):
                data = await reader.read(CHUNK)
        except TimeoutError:
            if clock.left() <= 0:
                raise
        else:
            clock.tick()
            return data


Address = tuple[str, int]


@dataclass(frozen=True)
class Flow:
    """Where one client's datagrams go, for as long as `holds`: a flow that does not is routed anew."""

    endpoint: Address
    source: str | None
    holds: Callable[[], bool]


class UdpRelay(asyncio.DatagramProtocol):
    """Forwards datagrams of one bound socket, one flow for each client address.

    `route` names the flow of a new client, None drops its datagrams. Flows end after `UDP_FLOW_SECONDS` of silence or
    with `close`.
    """

    def __init__(self, route: Callable[[Address], Flow | None]) -> None:
        self._route = route
        self._flows: dict[Address, _UdpFlow] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        client = (addr[0], addr[1])
        flow = self._flows.get(client)
        if flow is not None and not flow.holds():
            self._forget(client)
            flow = None
        if flow is None:
            if (where := self._route(client)) is None:
                return
            try:
                flow = self._flows[client] = _UdpFlow(where, lambda answer: self._answer(client, answer))
            except OSError:
                return
        flow.send(data, lambda: self._forget(client))

    def close(self) -> None:
        for client in list(self._flows):
            self._forget(client)
        if self._transport is not None:
            self._transport.close()

    def _answer(self, client: Address, data: bytes) -> None:
        if self._transport is not None:
            self._transport.sendto(data, client)

    def _forget(self, client: Address) -> None:
        if flow := self._flows.pop(client, None):
            flow.close()


class _UdpFlow:
    """A connected socket of its own for each client, so that answers find their way back."""

    def __init__(self, flow: Flow, answer: Callable[[bytes], None]) -> None:
        self.holds = flow.holds
        self._answer = answer
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._socket = socket.socket(socket.AF_INET6 if ":" in flow.endpoint[0] else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            if flow.source is not None:
                self._socket.bind((flow.source, 0))
            self._socket.connect(flow.endpoint)
        except BaseException:
            self._socket.close()
            raise
        self._loop.add_reader(self._socket, self._receive)

    def send(self, data: bytes, silent: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(UDP_FLOW_SECONDS, silent)
        with contextlib.suppress(OSError):  # refused or full: datagrams may be lost
            self._socket.send(data)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _receive(self) -> None:
        with contextlib.suppress(OSError):
            self._answer(self._socket.recv(CHUNK))

"""kube-proxy, played: every Service's node ports on every node, forwarded to its ready endpoints.

What should be open `service_ports` says; `NodePorts.update` brings the sockets in line with it. Called by who watches
Services, EndpointSlices and Nodes.
"""

import asyncio
import json
import socket
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType

import anyio
import anyio.abc
from aiohttp import web

from albc.local.dataplane.relay import Address, Flow, Stream, UdpRelay, relay, reset
from albc.local.network import AddressBook, Unconnected
from albc.local.workloads.service_ports import Backing, Identity, PortKey

IDLE_SECONDS = 3600.0


@dataclass
class _Open:
    backing: Backing
    turn: int = 0
    server: asyncio.Server | None = None
    datagrams: UdpRelay | None = None
    connections: dict[asyncio.StreamWriter, anyio.CancelScope] = field(default_factory=dict)

    def next_endpoint(self) -> Address | None:
        endpoints = self.backing.endpoints
        self.turn += 1
        return endpoints[self.turn % len(endpoints)] if endpoints else None


class NodePorts:
    """The node ports of all nodes. An async context manager; its connections end with it."""

    def __init__(self, book: AddressBook) -> None:
        self._book = book
        self._open: dict[PortKey, _Open] = {}
        self._ports: defaultdict[Identity, set[PortKey]] = defaultdict(set)
        self._tasks = anyio.create_task_group()

    async def __aenter__(self) -> "NodePorts":
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tasks.cancel_scope.cancel()
        for key in list(self._open):
            self._close(key)
        await self._tasks.__aexit__(kind, error, trace)

    async def update(self, services: Iterable[Identity], wanted: Mapping[PortKey, Backing]) -> None:
        """Bring the sockets of these Services in line: `wanted` is all that should be open for them.

        Connections whose endpoint has gone live on until they end. One call at a time.
        """
        before = {key for service in services for key in self._ports.pop(service, ())}
        for key in before - wanted.keys():
            self._close(key)
        for key, backing in wanted.items():
            self._ports[backing.service].add(key)
            if opened := self._open.get(key):
                opened.backing = backing
            else:
                self._open[key] = await self._listen(key, backing)

    async def _listen(self, key: PortKey, backing: Backing) -> _Open:
        opened = _Open(backing)
        loop = asyncio.get_running_loop()
        bound = self._book.listen(key.address, key.port, type=key.kind)
        if key.answers_health:
            health: web.Server = web.Server(lambda _: _health(opened.backing), access_log=None)
            opened.server = await loop.create_server(health, sock=bound)
        elif key.kind is socket.SOCK_DGRAM:
            _, opened.datagrams = await loop.create_datagram_endpoint(
                lambda: UdpRelay(lambda client: self._flow(key, opened, client)), sock=bound
            )
        else:

            def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                opened.connections[writer] = anyio.CancelScope()
                self._tasks.start_soon(self._forward, key, opened, Stream(reader, writer))

            opened.server = await asyncio.start_server(connected, sock=bound)
        return opened

    async def _forward(self, key: PortKey, opened: _Open, client: Stream) -> None:
        with opened.connections[client.writer]:
            try:
                endpoint = opened.next_endpoint()
                if endpoint is None:
                    reset(client.writer)
                    return
                source = self._source(key, opened, client.writer.get_extra_info("peername")[0])
                try:
                    target = await self._book.connect(*endpoint, source=source)
                except Unconnected:
                    reset(client.writer)
                    return
                await relay(client, Stream(*target), IDLE_SECONDS)
            finally:
                opened.connections.pop(client.writer, None)
                client.writer.close()

    def _flow(self, key: PortKey, opened: _Open, client: Address) -> Flow | None:
        endpoint = opened.next_endpoint()
        if endpoint is None:
            return None
        where = self._book.resolve(*endpoint, type=socket.SOCK_DGRAM)
        source = self._source(key, opened, client[0])
        return Flow(where, source, holds=lambda: endpoint in opened.backing.endpoints)

    def _source(self, key: PortKey, opened: _Open, client_ip: str) -> str | None:
        return self._book.usable_source(client_ip if opened.backing.local else key.address)

    def _close(self, key: PortKey) -> None:
        opened = self._open.pop(key)
        if opened.server is not None:
            opened.server.close()
        if opened.datagrams is not None:
            opened.datagrams.close()
        for writer, scope in opened.connections.items():
            scope.cancel()
            writer.transport.abort()
        self._book.release(key.address, key.port, type=key.kind)


async def _health(backing: Backing) -> web.Response:
    namespace, name = backing.service
    count = len(backing.endpoints)
    body = {"service": {"namespace": namespace, "name": name}, "localEndpoints": count}
    return web.Response(status=200 if count else 503, text=json.dumps(body) + "\n", content_type="application/json")

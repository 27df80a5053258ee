"""kube-proxy, played: every Service's node ports on every node, forwarded to its ready endpoints.

What should be open is PURE (`wanted_ports`); `NodePorts.update` brings the sockets in line with it. The caller (who
watches Services, EndpointSlices and Nodes) passes the whole state each time. Rules are those of kube-proxy's
iptables mode: endpoints that are ready, or else those that still serve while they end; with
`externalTrafficPolicy: Local` only those of the same node, whose health check port says whether there are any.
"""

import asyncio
import json
import socket
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import anyio
import anyio.abc
from aiohttp import web

from albc.local.dataplane.relay import Address, Flow, Stream, UdpRelay, relay, reset
from albc.local.network import AddressBook, Unconnected

Object = Mapping[str, Any]
IDLE_SECONDS = 3600.0

_KINDS = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}


@dataclass(frozen=True)
class PortKey:
    """A socket on a node."""

    address: str
    port: int
    kind: socket.SocketKind
    answers_health: bool = False


@dataclass(frozen=True)
class Backing:
    """What stands behind a node's port."""

    service: tuple[str, str]
    """Namespace and name."""
    endpoints: tuple[Address, ...]
    local: bool
    """`externalTrafficPolicy: Local`: the client's address is kept, others see the node's."""


def wanted_ports(
    services: Sequence[Object], endpoint_slices: Sequence[Object], nodes: Sequence[Object]
) -> Mapping[PortKey, Backing]:
    """Every socket that the nodes should have open. PURE."""
    slices = defaultdict(list)
    for item in endpoint_slices:
        metadata = item["metadata"]
        if name := (metadata.get("labels") or {}).get("kubernetes.io/service-name"):
            slices[metadata.get("namespace", "default"), name].append(item)
    wanted: dict[PortKey, Backing] = {}
    for service in services:
        identity = (service["metadata"].get("namespace", "default"), service["metadata"]["name"])
        for node in nodes:
            for address in _addresses(node):
                place = _Place(node["metadata"]["name"], address, identity, slices[identity])
                wanted.update(_ports_on(service["spec"], place))
    return wanted


@dataclass(frozen=True)
class _Place:
    """One Service on one node."""

    node: str
    address: str
    service: tuple[str, str]
    slices: Sequence[Object]


def _ports_on(spec: Object, place: _Place) -> Iterable[tuple[PortKey, Backing]]:
    local = spec.get("externalTrafficPolicy") == "Local"
    on_node: set[str] = set()
    for port in spec.get("ports") or ():
        endpoints = _endpoints(place, port.get("name") or "", local=local)
        on_node.update(address for address, _ in endpoints)
        kind = _KINDS.get(port.get("protocol", "TCP"))
        if port.get("nodePort") and kind is not None:
            yield PortKey(place.address, port["nodePort"], kind), Backing(place.service, endpoints, local)
    if local and (health := spec.get("healthCheckNodePort")):
        key = PortKey(place.address, health, socket.SOCK_STREAM, answers_health=True)
        yield key, Backing(place.service, tuple((address, 0) for address in sorted(on_node)), local)


def _endpoints(place: _Place, port_name: str, *, local: bool) -> tuple[Address, ...]:
    ready: set[Address] = set()
    ending: set[Address] = set()
    family = "IPv6" if ":" in place.address else "IPv4"
    for item in place.slices:
        numbers = [port["port"] for port in item.get("ports") or () if (port.get("name") or "") == port_name]
        if not numbers or item.get("addressType", "IPv4") != family:
            continue
        for endpoint in item.get("endpoints") or ():
            if local and endpoint.get("nodeName") != place.node:
                continue
            conditions = endpoint.get("conditions") or {}
            found = {(endpoint["addresses"][0], numbers[0])}
            if conditions.get("ready", True):
                ready |= found
            elif conditions.get("serving") and conditions.get("terminating"):
                ending |= found
    return tuple(sorted(ready or ending))


def _addresses(node: Object) -> Iterable[str]:
    held = (node.get("status") or {}).get("addresses") or ()
    return (entry["address"] for entry in held if entry["type"] == "InternalIP")


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

    async def update(
        self, services: Sequence[Object], endpoint_slices: Sequence[Object], nodes: Sequence[Object]
    ) -> None:
        """Bring the sockets in line with this state. Connections whose endpoint has gone live on until they end.

        One call at a time.
        """
        wanted = wanted_ports(services, endpoint_slices, nodes)
        for key in self._open.keys() - wanted.keys():
            self._close(key)
        for key, backing in wanted.items():
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

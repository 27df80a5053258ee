"""The data plane as a whole: what the account says, and the sockets that serve it, brought into line.

Whoever starts the local stack opens one `DataPlane` and calls `notify` after each change of the account. Then a fresh
`Snapshot` is read and compared with what is open: listeners open, close or take new rules over; target groups take
targets over; probes begin and end. Nothing is closed that has not changed. What changes by the passing of time alone
(a load balancer becomes active, a deregistration delay ends) is announced by nobody: while there is such a thing, the
account is looked at without being told.
"""

import asyncio
import math
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import anyio
import anyio.abc
import structlog

from albc.local.dataplane.actions import Forward, NotPlayed, not_played
from albc.local.dataplane.alb import HttpFront, HttpListener
from albc.local.dataplane.attributes import ListenerSettings, LoadBalancerSettings
from albc.local.dataplane.firewall import Knock, admits
from albc.local.dataplane.nlb import StreamFront, StreamListener
from albc.local.dataplane.probes import Prober, ReportHealth
from albc.local.dataplane.relay import UdpRelay
from albc.local.dataplane.rules import RoutingTable, RoutingTables
from albc.local.dataplane.snapshot import Item, Snapshot
from albc.local.dataplane.tls import Certificates
from albc.local.dataplane.upstreams import TargetGroup
from albc.local.network import AddressBook

log = structlog.stdlib.get_logger("local.dataplane")

_SERVING = frozenset({"active", "active_impaired"})
_HANDSHAKE_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 0.25

# Listener protocol → the kinds of socket that it takes.
_SOCKETS: Mapping[str, tuple[socket.SocketKind, ...]] = {
    "HTTP": (socket.SOCK_STREAM,),
    "HTTPS": (socket.SOCK_STREAM,),
    "TCP": (socket.SOCK_STREAM,),
    "TLS": (socket.SOCK_STREAM,),
    "UDP": (socket.SOCK_DGRAM,),
    "TCP_UDP": (socket.SOCK_STREAM, socket.SOCK_DGRAM),
    "TCP_QUIC": (socket.SOCK_STREAM,),  # its QUIC half is not played
}

# ALPN policies of Network Load Balancers: what is offered, best first.
_ALPN_POLICIES: Mapping[str, tuple[str, ...]] = {
    "HTTP1Only": ("http/1.1", "http/1.0"),
    "HTTP2Only": ("h2",),
    "HTTP2Optional": ("http/1.1", "http/1.0", "h2"),
    "HTTP2Preferred": ("h2", "http/1.1", "http/1.0"),
}


@dataclass(frozen=True)
class ServedListener:
    """A listener's port, and where it can really be reached."""

    port: int
    protocol: str
    real_host: str
    real_port: int


@dataclass(frozen=True)
class Served:
    """What one load balancer serves now."""

    address: str
    listeners: tuple[ServedListener, ...]


@dataclass(frozen=True)
class _SocketKey:
    """A change of any of these needs another socket."""

    load_balancer: str
    address: str
    port: int
    protocol: str
    kind: socket.SocketKind
    alpn: tuple[str, ...] = ()


@dataclass
class _Socket:
    """An open listening socket with everything that hangs on it."""

    front: HttpFront | StreamFront
    certificates: Certificates | None = None
    server: asyncio.Server | None = None
    datagrams: UdpRelay | None = None
    connections: dict[asyncio.StreamWriter, anyio.CancelScope] = field(default_factory=dict)

    def close(self) -> None:
        if self.server is not None:
            self.server.close()
        if self.datagrams is not None:
            self.datagrams.close()
        for writer, scope in self.connections.items():
            scope.cancel()
            # A TLS connection that is closed politely waits for the other side, and nobody is here any more to wait.
            writer.transport.abort()


class DataPlane:
    """Serves what `snapshot()` holds. An async context manager; inside it, load balancers answer.

    `report_health` is called from the event loop whenever a target's health, or the reason why it is bad, changes.
    `propagation_delay` (seconds) passes between a change and its effect, as in AWS.
    """

    def __init__(
        self,
        book: AddressBook,
        snapshot: Callable[[], Snapshot],
        report_health: ReportHealth,
        *,
        propagation_delay: float = 0.0,
    ) -> None:
        self._book = book
        self._snapshot = snapshot
        self._report = report_health
        self._delay = propagation_delay
        self._changed = anyio.Event()
        self._groups: dict[str, TargetGroup] = {}
        self._sockets: dict[_SocketKey, _Socket] = {}
        self._tables = RoutingTables()
        self._unfinished = False
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> "DataPlane":
        self._tasks = await self._exit.enter_async_context(anyio.create_task_group())
        self._prober = Prober(self._book, self._tasks, self._report)
        await self._look()
        self._tasks.start_soon(self._follow)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tasks.cancel_scope.cancel()
        for key in list(self._sockets):
            self._close(key)
        for group in self._groups.values():
            for target in group.targets.values():
                target.close_idle()
        await self._exit.__aexit__(kind, error, trace)

    def notify(self) -> None:
        """The account has changed. Cheap; any number of calls before the next look make one look."""
        self._changed.set()

    def addresses(self) -> Mapping[str, Served]:
        """By LoadBalancerArn: what is served, and where."""
        served: dict[str, Served] = {}
        for key in sorted(self._sockets, key=lambda key: (key.load_balancer, key.port, key.kind)):
            real = self._book.resolve(key.address, key.port, type=key.kind)
            before = served.get(key.load_balancer, Served(key.address, ()))
            listener = ServedListener(key.port, key.protocol, *real)
            served[key.load_balancer] = Served(key.address, (*before.listeners, listener))
        return served

    async def _follow(self) -> None:
        while True:
            with anyio.move_on_after(_LOOK_AGAIN_SECONDS if self._unfinished else math.inf):
                await self._changed.wait()
            self._changed = anyio.Event()
            await anyio.sleep(self._delay)
            await self._look()

    async def _look(self) -> None:
        try:
            await self._reconcile(self._snapshot())
        except Exception:
            # What was served before goes on; the next change is looked at again.
            log.exception("a change of the account cannot be served")

    async def _reconcile(self, snapshot: Snapshot) -> None:
        self._unfinished = _is_unfinished(snapshot)
        for arn in self._groups.keys() - snapshot.target_groups.keys():
            self._groups.pop(arn).update({}, ())
        for arn, item in snapshot.target_groups.items():
            self._groups.setdefault(arn, TargetGroup(arn)).update(item, snapshot.targets.get(arn, ()))

        wanted = dict(_wanted_sockets(snapshot))
        for key in self._sockets.keys() - wanted.keys():
            self._close(key)
        sources: dict[str, str | None] = {}
        admission = _Admission(snapshot)
        for key, (balancer, listener) in wanted.items():
            source = self._book.usable_source(key.address)
            table = self._tables.table(listener, snapshot.rules.get(listener["ListenerArn"], ()))
            for arn in _targets_of(table):
                sources[arn] = source
            settings = _compile(balancer, listener, table, admission)
            opened = self._sockets.get(key)
            if opened is None:
                opened = self._sockets[key] = await self._open(key, settings, source, listener, snapshot)
            else:
                _replace(opened.front, settings)
                _renew(opened.certificates, listener, snapshot)
        self._tables.keep(listener["ListenerArn"] for _, listener in wanted.values())
        in_use = [self._groups[arn] for arn in sorted(sources) if arn in self._groups]
        self._prober.watch(in_use, lambda group: sources[group.arn])

    async def _open(
        self,
        key: _SocketKey,
        settings: HttpListener | StreamListener,
        source: str | None,
        listener: Item,
        snapshot: Snapshot,
    ) -> _Socket:
        front: HttpFront | StreamFront
        if isinstance(settings, HttpListener):
            front = HttpFront(self._book, self._groups, source, settings)
        else:
            front = StreamFront(self._book, self._groups, source, settings)
        opened = _Socket(front)
        bound = self._book.listen(key.address, key.port, type=key.kind)
        if isinstance(front, StreamFront) and key.kind is socket.SOCK_DGRAM:
            loop = asyncio.get_running_loop()
            _, opened.datagrams = await loop.create_datagram_endpoint(front.datagrams, sock=bound)
            return opened
        if key.protocol in ("HTTPS", "TLS"):
            opened.certificates = Certificates(key.alpn)
            _renew(opened.certificates, listener, snapshot)

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            opened.connections[writer] = anyio.CancelScope()
            self._tasks.start_soon(self._serve, opened, reader, writer)

        context = opened.certificates.context if opened.certificates else None
        opened.server = await asyncio.start_server(
            connected, sock=bound, ssl=context, ssl_handshake_timeout=_HANDSHAKE_SECONDS if context else None
        )
        return opened

    async def _serve(self, opened: _Socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with opened.connections[writer]:
            try:
                await opened.front.serve(reader, writer)
            except Exception:
                # A bug in one connection must not end the others.
                log.exception("a connection ended by an error in the data plane")
            finally:
                opened.connections.pop(writer, None)
                writer.close()

    def _close(self, key: _SocketKey) -> None:
        self._sockets.pop(key).close()
        self._book.release(key.address, key.port, type=key.kind)


class _Admission:
    """Which client addresses a listener's security groups let in."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._known = snapshot.security_groups
        self._groups_of = {
            balancer["Address"]: frozenset(balancer.get("SecurityGroups") or ())
            for balancer in snapshot.load_balancers
            if balancer.get("Address")
        }

    def of(self, balancer: Item, listener: Item) -> Callable[[str], bool]:
        groups = tuple(balancer.get("SecurityGroups") or ())
        protocol, port = "udp" if listener["Protocol"] == "UDP" else "tcp", listener["Port"]

        def admitted(source_ip: str) -> bool:
            knock = Knock(source_ip, protocol, port, self._groups_of.get(source_ip, frozenset()))
            return admits(groups, self._known, knock)

        return admitted


def _wanted_sockets(snapshot: Snapshot) -> Iterable[tuple[_SocketKey, tuple[Item, Item]]]:
    for balancer in snapshot.load_balancers:
        if not balancer.get("Address") or (balancer.get("State") or {}).get("Code", "active") not in _SERVING:
            continue
        arn = balancer["LoadBalancerArn"]
        for listener in snapshot.listeners.get(arn, ()):
            for kind in _SOCKETS.get(listener["Protocol"], ()):
                alpn = _alpn(balancer, listener)
                key = _SocketKey(arn, balancer["Address"], listener["Port"], listener["Protocol"], kind, alpn)
                yield key, (balancer, listener)


def _alpn(balancer: Item, listener: Item) -> tuple[str, ...]:
    """What a TLS listener offers: HTTP/2 where the load balancer has it on, or what a TLS listener's policy says."""
    match listener["Protocol"]:
        case "HTTPS":
            http2 = LoadBalancerSettings.of(balancer.get("Attributes") or {}).http2
            return ("h2", "http/1.1") if http2 else ("http/1.1",)
        case "TLS":
            return _ALPN_POLICIES.get((listener.get("AlpnPolicy") or ["None"])[0], ())
    return ()


def _is_unfinished(snapshot: Snapshot) -> bool:
    """Whether something in it will change with time alone."""
    return any(
        (balancer.get("State") or {}).get("Code") == "provisioning" for balancer in snapshot.load_balancers
    ) or any(target["State"] == "draining" for targets in snapshot.targets.values() for target in targets)


def _compile(
    balancer: Item, listener: Item, table: RoutingTable, admission: _Admission
) -> HttpListener | StreamListener:
    settings = ListenerSettings.of(listener.get("Attributes") or {})
    admitted = admission.of(balancer, listener)
    if listener["Protocol"] in ("HTTP", "HTTPS"):
        return HttpListener(
            protocol=listener["Protocol"].lower(),
            port=listener["Port"],
            table=table,
            load_balancer=LoadBalancerSettings.of(balancer.get("Attributes") or {}),
            settings=settings,
            admits=admitted,
            refusal=_refusal(listener),
        )
    action = table.rules[-1].action
    forward = action if isinstance(action, Forward) else Forward(())
    return StreamListener(forward, settings.tcp_idle_timeout, admitted)


def _refusal(listener: Item) -> NotPlayed | None:
    mode = (listener.get("MutualAuthentication") or {}).get("Mode", "off")
    return not_played("mutual TLS") if mode != "off" else None


def _replace(front: HttpFront | StreamFront, settings: HttpListener | StreamListener) -> None:
    match front, settings:
        case (HttpFront(), HttpListener()):
            front.listener = settings
        case (StreamFront(), StreamListener()):
            front.listener = settings


def _renew(certificates: Certificates | None, listener: Item, snapshot: Snapshot) -> None:
    if certificates is None:
        return
    held: list[Mapping[str, Any]] = sorted(
        listener.get("Certificates") or (), key=lambda certificate: not certificate.get("IsDefault")
    )
    arns = [certificate["CertificateArn"] for certificate in held]
    certificates.update(arns, snapshot.certificates, listener.get("SslPolicy"))


def _targets_of(table: RoutingTable) -> Iterable[str]:
    for action in table.actions():
        if isinstance(action, Forward):
            yield from (arn for arn, _ in action.target_groups)

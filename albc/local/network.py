"""The address book: where a literal loopback address of the local stack really listens.

Load balancers have addresses in 127.18.0.0/16, nodes and pods in 127.19.0.0/16, each with its real ports. Where the
system refuses one (no such alias, a port below 1024 without the right, a port that another program holds), the socket
listens on 127.0.0.1 at a free port instead, and the book remembers which. Everything in the local stack that listens
or connects goes through one book: `albc.local.dataplane`, `albc.local.workloads`, and whoever prints addresses.

* `listen` never fails for want of an address or port; it returns a bound socket (TCP: already listening), or raises
  `OSError` when the system has no ports left at all.
* `resolve` is total: an address that the book does not know is its own answer.
* The caller closes its socket, and then calls `release`.
* `connect` goes where `resolve` says, from an address of the caller's choice where the system has it, so that the
  other side sees which load balancer, node or client calls.
* One event loop; no lock.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Mapping

Endpoint = tuple[str, int]

FALLBACK_HOST = "127.0.0.1"
BACKLOG = 512
CONNECT_TIMEOUT = 10.0
"""Seconds that the other side has to accept; AWS's figure for targets of Application Load Balancers."""

_REFUSALS = frozenset({errno.EADDRNOTAVAIL, errno.EADDRINUSE, errno.EACCES, errno.EPERM, errno.EAFNOSUPPORT})


class Unconnected(Exception):
    """Nobody accepts the connection; `timed_out`: nobody answers at all."""

    def __init__(self, address: str, port: int, *, timed_out: bool) -> None:
        super().__init__(f"no connection to {address}:{port}")
        self.timed_out = timed_out


def free_port(wanted: int) -> int:
    """The first port from `wanted` on that nobody holds on 127.0.0.1; 0, for any, stays 0. Raises OSError for none."""
    if wanted == 0:
        return 0
    for port in range(wanted, 65536):
        try:
            with _bind(FALLBACK_HOST, port, socket.SOCK_STREAM):
                return port
        except OSError as refusal:
            if refusal.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, f"no port from {wanted} on is free")


class AddressBook:
    """Who listens where. One for each local stack."""

    def __init__(self) -> None:
        self._real: dict[tuple[Endpoint, socket.SocketKind], Endpoint] = {}
        self._usable: dict[str, bool] = {}

    def listen(self, address: str, port: int, *, type: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
        """A non-blocking socket bound for `address`:`port` (port 0: any), there or at a mapped place.

        Raises OSError (EADDRINUSE) when the book has given this very place away and not got it back.
        """
        if ((address, port), type) in self._real:
            raise OSError(errno.EADDRINUSE, f"{os.strerror(errno.EADDRINUSE)}: {address}:{port}")
        try:
            bound = _bind(address, port, type)
        except OSError as refusal:
            if refusal.errno not in _REFUSALS:
                raise
            bound = self._bind_elsewhere(address, port, type)
        host, real_port = bound.getsockname()[:2]
        asked = (address, port or real_port)
        self._real[asked, type] = (host, real_port)
        return bound

    def resolve(self, address: str, port: int, *, type: socket.SocketKind = socket.SOCK_STREAM) -> Endpoint:
        """Where to connect to reach `address`:`port`: itself unless it is mapped."""
        return self._real.get(((address, port), type), (address, port))

    def mapped(self) -> Mapping[Endpoint, Endpoint]:
        """Asked for → real, only where they differ. Where TCP and UDP differ from each other, TCP is shown."""
        by_kind = sorted(self._real.items(), key=lambda entry: entry[0][1] is socket.SOCK_STREAM)
        return {asked: real for (asked, _), real in by_kind if asked != real}

    def release(self, address: str, port: int, *, type: socket.SocketKind = socket.SOCK_STREAM) -> None:
        """Forget a listener whose socket is closed. Unknown ones are no error."""
        self._real.pop(((address, port), type), None)

    def usable_source(self, address: str) -> str | None:
        """`address` if connections can be made from it, else None."""
        if address not in self._usable:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind((address, 0))
                except OSError:
                    self._usable[address] = False
                else:
                    self._usable[address] = True
        return address if self._usable[address] else None

    async def connect(
        self, address: str, port: int, *, source: str | None = None, tls: ssl.SSLContext | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A TCP connection to who listens for `address`:`port`. Raises Unconnected."""
        host, real_port = self.resolve(address, port)
        local = (source, 0) if source is not None and (":" in source) == (":" in host) else None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                return await asyncio.open_connection(host, real_port, ssl=tls, local_addr=local)
        except TimeoutError as error:
            raise Unconnected(address, port, timed_out=True) from error
        except OSError as error:
            raise Unconnected(address, port, timed_out=False) from error

    def _bind_elsewhere(self, address: str, port: int, kind: socket.SocketKind) -> socket.socket:
        # A port that serves TCP and UDP should have one number for both, also when mapped.
        other = socket.SOCK_DGRAM if kind is socket.SOCK_STREAM else socket.SOCK_STREAM
        if twin := self._real.get(((address, port), other)):
            try:
                return _bind(FALLBACK_HOST, twin[1], kind)
            except OSError:
                pass  # taken: any port then
        return _bind(FALLBACK_HOST, 0, kind)


def _bind(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    try:
        sock.setblocking(False)
        if kind is socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        if kind is socket.SOCK_STREAM:
            # Two sockets may both be bound with SO_REUSEADDR; only listening shows that the port is taken.
            sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock

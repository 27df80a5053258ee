"""Runs pods: each container's image is played by servers in this process, on the pod's own address.

* `start` returns when every port listens; a pod is started at most once, a second call for the same UID does nothing.
* `stop` closes the ports at once, lets requests that are under way finish for a moment, and is no error for a pod
  that does not run.
* Ports that the system refuses are mapped by the address book; who connects asks the book.
"""

import asyncio
import socket
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from albc.local.network import AddressBook
from albc.local.workloads.echo import TcpEcho, UdpEcho
from albc.local.workloads.http import handler
from albc.local.workloads.http2 import Http2Echo
from albc.local.workloads.identity import Identity, identify
from albc.local.workloads.images import Player, Port, ports_of

FINISH_SECONDS = 2.0
"""How long `stop` waits for requests under way; the cluster's grace period has passed before it is called."""


@dataclass
class _Running:
    ip: str
    servers: list[tuple[int, asyncio.Server]] = field(default_factory=list)
    datagrams: list[tuple[int, asyncio.DatagramTransport]] = field(default_factory=list)
    http: list[web.Server] = field(default_factory=list)
    http2: list[Http2Echo] = field(default_factory=list)


class Workloads:
    """The pod runtime of the local cluster."""

    def __init__(self, book: AddressBook) -> None:
        self._book = book
        self._pods: dict[str, _Running] = {}
        self._tls: ssl.SSLContext | None = None

    async def start(self, pod: Mapping[str, Any]) -> None:
        """Play a Pod that has `status.podIP`. Raises ImageUnknown, before anything listens."""
        uid = pod["metadata"]["uid"]
        if uid in self._pods:
            return
        containers = [
            (identify(pod, container), ports_of(container)) for container in pod["spec"].get("containers") or ()
        ]
        running = self._pods[uid] = _Running(pod["status"]["podIP"])
        try:
            for identity, ports in containers:
                for port in ports:
                    await self._open(running, identity, port)
        except BaseException:
            await self.stop(uid)
            raise

    async def stop(self, pod_uid: str) -> None:
        """End a pod."""
        running = self._pods.pop(pod_uid, None)
        if running is None:
            return
        for number, server in running.servers:
            server.close()
            self._book.release(running.ip, number)
        for number, transport in running.datagrams:
            transport.close()
            self._book.release(running.ip, number, type=socket.SOCK_DGRAM)
        for http2 in running.http2:
            http2.close()
        for http in running.http:
            http.pre_shutdown()
        await asyncio.gather(*(http.shutdown(FINISH_SECONDS) for http in running.http))

    async def close(self) -> None:
        """End every pod."""
        await asyncio.gather(*(self.stop(uid) for uid in list(self._pods)))

    async def _open(self, running: _Running, identity: Identity, port: Port) -> None:
        loop = asyncio.get_running_loop()
        if port.player is Player.UDP_ECHO:
            bound = self._book.listen(running.ip, port.number, type=socket.SOCK_DGRAM)
            transport, _ = await loop.create_datagram_endpoint(lambda: UdpEcho(identity.name), sock=bound)
            running.datagrams.append((port.number, transport))
            return
        bound = self._book.listen(running.ip, port.number)
        if port.player is Player.TCP_ECHO:
            server = await loop.create_server(lambda: TcpEcho(identity.name), sock=bound)
        elif port.player is Player.HTTP2:
            http2 = Http2Echo(identity, port)
            running.http2.append(http2)
            server = await asyncio.start_server(http2.serve, sock=bound)
        else:
            http = web.Server(handler(identity, port), access_log=None)
            running.http.append(http)
            server = await loop.create_server(http, sock=bound, ssl=self._context() if port.tls else None)
        running.servers.append((port.number, server))

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = _self_signed()
        return self._tls


def _self_signed() -> ssl.SSLContext:
    """For containers that serve TLS: one certificate for all of them, new in each process."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pod.local")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # mode 700; the ssl module reads from files only
        file = Path(folder, "pod.pem")
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context.load_cert_chain(file)
    return context

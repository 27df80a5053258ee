"""TCP and UDP echo servers in pods: what comes in goes back with the pod's name before it."""

import asyncio
from typing import cast


class TcpEcho(asyncio.Protocol):
    """Each line back as `<pod name> <line>`."""

    def __init__(self, pod: str) -> None:
        self._prefix = pod.encode() + b" "
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if lines and self._transport is not None:
            self._transport.write(b"".join(self._prefix + line + b"\n" for line in lines))

    def eof_received(self) -> None:
        if self._rest and self._transport is not None:
            self._transport.write(self._prefix + self._rest)


class UdpEcho(asyncio.DatagramProtocol):
    """Each datagram back as `<pod name> <datagram>`."""

    def __init__(self, pod: str) -> None:
        self._prefix = pod.encode() + b" "
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(self._prefix + data, addr)

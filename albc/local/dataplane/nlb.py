"""Listeners of Network and Classic Load Balancers: TCP connections (also behind TLS) and UDP flows, passed on.

A connection goes to one target for as long as it lives; one that no target can take is reset. Called by `plane`.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from random import random
from socket import SOCK_DGRAM

from albc.local.dataplane.actions import Forward
from albc.local.dataplane.balancing import pick_group
from albc.local.dataplane.relay import Address, Flow, Stream, UdpRelay, relay, reset
from albc.local.dataplane.upstreams import Target, TargetGroup
from albc.local.network import AddressBook, Unconnected

_PROXY_V2 = b"\r\n\r\n\x00\r\nQUIT\n"
_PROXY_COMMAND = 0x21  # version 2, command PROXY
_TCP_OVER_IPV4, _TCP_OVER_IPV6 = 0x11, 0x21


@dataclass(frozen=True)
class StreamListener:
    """What the account says of one TCP, TLS or UDP listener."""

    forward: Forward
    idle_timeout: float
    admits: Callable[[str], bool]
    """Whether the security groups let this client address in."""


def proxy_header(client: Address, served: Address) -> bytes:
    """PROXY protocol version 2, for a TCP connection from `client` to `served`. PURE."""
    source, destination = ip_address(client[0]), ip_address(served[0])
    family = _TCP_OVER_IPV4 if source.version == 4 else _TCP_OVER_IPV6
    addresses = source.packed + destination.packed + client[1].to_bytes(2, "big") + served[1].to_bytes(2, "big")
    return _PROXY_V2 + bytes((_PROXY_COMMAND, family)) + len(addresses).to_bytes(2, "big") + addresses


def proxy_line(client: Address, served: Address) -> bytes:
    """PROXY protocol version 1, which Classic Load Balancers speak. PURE."""
    family = "TCP4" if ip_address(client[0]).version == 4 else "TCP6"
    return f"PROXY {family} {client[0]} {served[0]} {client[1]} {served[1]}\r\n".encode()


class StreamFront:
    """The TCP and UDP side of one listener. `listener` may be replaced at any time and holds for new connections."""

    def __init__(
        self, book: AddressBook, groups: Mapping[str, TargetGroup], source: str | None, listener: StreamListener
    ) -> None:
        self.listener = listener
        self._book = book
        self._groups = groups
        self._source = source

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client connection, to its end. Raises nothing."""
        listener = self.listener
        client: Address = writer.get_extra_info("peername")[:2]
        chosen = self._pick(client[0]) if listener.admits(client[0]) else None
        if chosen is None:
            reset(writer)
            return
        group, target = chosen
        try:
            to_target = await self._book.connect(
                target.address, target.key.port, source=self._source_for(group, client[0]), tls=group.tls
            )
        except (Unconnected, ssl.SSLError):
            reset(writer)
            return
        served: Address = writer.get_extra_info("sockname")[:2]
        if group.settings.proxy_protocol_v2:
            to_target[1].write(proxy_header(client, served))
        elif group.settings.proxy_protocol_v1:
            to_target[1].write(proxy_line(client, served))
        target.hold(to_target[1])
        try:
            await relay(Stream(reader, writer), Stream(*to_target), listener.idle_timeout)
        finally:
            target.let_go(to_target[1])

    def datagrams(self) -> UdpRelay:
        """A protocol for the listener's UDP socket."""
        return UdpRelay(self._flow)

    def _flow(self, client: Address) -> Flow | None:
        chosen = self._pick(client[0]) if self.listener.admits(client[0]) else None
        if chosen is None:
            return None
        group, target = chosen
        endpoint = self._book.resolve(target.address, target.key.port, type=SOCK_DGRAM)
        source = self._source_for(group, client[0])
        return Flow(endpoint, source, holds=lambda: group.targets.get(target.key) is target)

    def _pick(self, client_ip: str) -> tuple[TargetGroup, Target] | None:
        arn = pick_group(self.listener.forward.target_groups, random())  # noqa: S311 - a traffic split
        group = self._groups.get(arn or "")
        if group is None:
            return None
        target = group.pick(source_ip=client_ip if group.settings.sticky == "source_ip" else None)
        return (group, target) if target else None

    def _source_for(self, group: TargetGroup, client_ip: str) -> str | None:
        # Client and target share the loopback net, so the client's own address can be the source.
        return client_ip if group.settings.preserve_client_ip and self._source else self._source

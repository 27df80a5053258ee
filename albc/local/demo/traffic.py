"""Requests through the data plane: what is asked, what must come back, and what came back."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request, and the answer that proves the rule it is about."""

    about: str
    load_balancer: str
    """Name of the object whose load balancer is asked: `Gateway hands-on/edge`."""
    url: str
    status: int
    body: str = ""
    """Must be in the answer's body."""
    location: str = ""
    """The Location header, for redirects."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with it."""


ASKS = (
    Ask(
        about="the web server, over HTTPS; its certificate is for this name",
        load_balancer="Gateway hands-on/edge",
        url="https://web.example.com/",
        status=200,
        body="web-",
    ),
    Ask(
        about="the web server, over HTTP",
        load_balancer="Gateway hands-on/edge",
        url="http://web.example.com/",
        status=200,
        body="web-",
    ),
    Ask(
        about="a path that the load balancer answers by itself",
        load_balancer="Gateway hands-on/edge",
        url="https://web.example.com/metrics",
        status=403,
        body="Forbidden",
    ),
    Ask(
        about="instance targets, through the nodes",
        load_balancer="Ingress shop/cart",
        url="http://cart.example.com/",
        status=200,
        body="cart-",
    ),
    Ask(
        about="HTTP is sent on to HTTPS",
        load_balancer="Ingress shop/catalogue",
        url="http://catalogue.example.com/",
        status=301,
        location="https://catalogue.example.com:443/",
    ),
    Ask(
        about="ip targets, the certificate found by the host's name",
        load_balancer="Ingress shop/catalogue",
        url="https://catalogue.example.com/",
        status=200,
        body="catalogue-",
    ),
    Ask(
        about="TCP through a Network Load Balancer",
        load_balancer="Service chat/relay",
        url="tcp://relay.example.com:9000/hello",
        status=0,
        body="hello",
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: str
    location: str = ""

    def proves(self, ask: Ask) -> bool:
        return self.status == ask.status and ask.body in self.body and self.location == ask.location


Resolve = Callable[[int], tuple[str, int]]
"""Port of a listener → where it really answers."""


class _Resolver(AbstractResolver):
    """Sends every host name to one place, so that the name reaches SNI and the Host header as it is."""

    def __init__(self, place: tuple[str, int]) -> None:
        self._place = place

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        address, real_port = self._place
        return [ResolveResult(hostname=host, host=address, port=real_port, family=2, proto=6, flags=4)]

    async def close(self) -> None:
        return None


async def send(ask: Ask, resolve: Resolve, ca_pem: bytes) -> Answer:
    """Asks once. Raises OSError or aiohttp.ClientError when nobody answers, and for a certificate that does not fit."""
    scheme, _, rest = ask.url.partition("://")
    host, _, path = rest.partition("/")
    name, _, port = host.partition(":")
    number = int(port or {"http": "80", "https": "443"}[scheme])
    place = resolve(number)
    if scheme == "tcp":
        return await _tcp(place, path)
    tls = ssl.create_default_context(cadata=ca_pem.decode())
    connector = aiohttp.TCPConnector(resolver=_Resolver(place), ssl=tls, use_dns_cache=False)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        session.get(f"{scheme}://{name}/{path}", headers=ask.headers, allow_redirects=False) as response,
    ):
        return Answer(response.status, await response.text(), response.headers.get("Location", ""))


async def _tcp(place: tuple[str, int], text: str) -> Answer:
    async with asyncio.timeout(TIMEOUT_SECONDS):
        reader, writer = await asyncio.open_connection(*place)
        try:
            writer.write(text.encode() + b"\n")
            await writer.drain()
            line = await reader.readline()
        finally:
            writer.close()
            await writer.wait_closed()
    return Answer(0, line.decode().strip())

"""A data plane with an account that tests write, and targets that they play."""

import asyncio
import itertools
import os
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import anyio
from aiohttp import web
from self_signed import self_signed as signed
from yarl import URL

from albc.local.dataplane.plane import DataPlane
from albc.local.dataplane.snapshot import Item, Snapshot
from albc.local.network import AddressBook

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
PATIENCE = 10.0
"""Seconds after which a test gives up waiting for what should have come at once."""

_numbers = itertools.count(1)


def free_address(network: str) -> str:
    """A loopback address of its own for each use, also between test processes that run side by side."""
    return f"127.{network}.{os.getpid() % 250 + 1}.{next(_numbers) % 250 + 1}"


def self_signed(*names: str) -> tuple[bytes, bytes]:
    """PEM certificate and key for these host names, good since an hour ago."""
    return signed(*names, since=datetime.now(UTC) - timedelta(hours=1))


def forward(*groups: str | tuple[str, int], sticky: int | None = None) -> list[Item]:
    """A forward action to target groups, with weights where given."""
    weighted = [group if isinstance(group, tuple) else (group, 1) for group in groups]
    config: dict[str, Any] = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weighted]}
    if sticky is not None:
        config["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": sticky}
    return [{"Type": "forward", "ForwardConfig": config}]


def fixed(status: int, body: str = "") -> list[Item]:
    """A fixed-response action."""
    config = {"StatusCode": str(status), "MessageBody": body, "ContentType": "text/plain"}
    return [{"Type": "fixed-response", "FixedResponseConfig": config}]


def path(*values: str) -> list[Item]:
    """A path-pattern condition."""
    return [{"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}]


class Stack:
    """One load balancer `lb`, its listeners, target groups and targets; the data plane that serves them."""

    def __init__(self, stack: AsyncExitStack, address: str) -> None:
        self._stack = stack
        self.address = address
        self.book = AddressBook()
        self.account = Snapshot()
        self.health: dict[tuple[str, str, int], tuple[bool, str]] = {}
        self.reports: list[tuple[str, str, int, bool, str]] = []
        self._news = anyio.Event()
        self._servers: dict[tuple[str, int], tuple[asyncio.Server, web.Server]] = {}
        self.plane = DataPlane(self.book, lambda: self.account, self._report)
        self.http = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=PATIENCE)
        )

    def holds(
        self,
        *listeners: Item,
        rules: Sequence[Item] = (),
        attributes: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        """Write the account: one load balancer with these listeners; rules belong to the first of them."""
        first = listeners[0]["ListenerArn"] if listeners else ""
        balancer = {"LoadBalancerArn": "lb", "Address": self.address, "Attributes": attributes or {}}
        self.account = replace(
            self.account,
            load_balancers=({**balancer, "SecurityGroups": more.pop("groups", [])},),
            listeners={"lb": listeners},
            rules={first: tuple(rules)},
            **more,
        )
        self.plane.notify()

    def group(self, arn: str, *targets: tuple[str, int], draining: Sequence[tuple[str, int]] = (), **item: Any) -> None:
        """Add or replace a target group and its targets."""
        described = {
            "TargetGroupArn": arn,
            "Protocol": "HTTP",
            "HealthCheckProtocol": "HTTP",
            "HealthCheckPath": "/healthz",
            "HealthCheckIntervalSeconds": 300,
            **item,
        }
        held = tuple(
            {
                "Id": ip,
                "Port": port,
                "Address": ip,
                "State": "draining" if (ip, port) in draining else "registered",
            }
            for ip, port in targets
        )
        self.account = replace(
            self.account,
            target_groups={**self.account.target_groups, arn: described},
            targets={**self.account.targets, arn: held},
        )
        self.plane.notify()

    def also_holds(self, balancer: Item, *listeners: Item) -> None:
        """Add another load balancer."""
        self.account = replace(
            self.account,
            load_balancers=(*self.account.load_balancers, balancer),
            listeners={**self.account.listeners, balancer["LoadBalancerArn"]: listeners},
        )
        self.plane.notify()

    async def target(self, handler: Handler, *, address: str | None = None) -> tuple[str, int]:
        """An HTTP target, on an address of its own unless one is given; /healthz is answered for it."""

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return web.Response() if request.path == "/healthz" else await handler(request)

        server = web.Server(handle, access_log=None)
        address = address or free_address("19")
        bound = self.book.listen(address, 0)
        port = bound.getsockname()[1]
        listening = await asyncio.get_running_loop().create_server(server, sock=bound)
        self._servers[address, port] = (listening, server)
        self._stack.push_async_callback(self.shut, (address, port))
        return address, port

    async def shut(self, target: tuple[str, int]) -> None:
        """Stop a target: it refuses connections, and those that it has are closed."""
        if held := self._servers.pop(target, None):
            held[0].close()
            held[1].pre_shutdown()
            await held[1].shutdown(0.1)

    async def tcp_target(
        self, serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    ) -> tuple[str, int]:
        """A TCP target on an address of its own."""
        address = free_address("19")
        bound = self.book.listen(address, 0)
        port = bound.getsockname()[1]
        listening = await asyncio.start_server(serve, sock=bound)
        self._stack.callback(listening.close)
        return address, port

    async def udp_target(self, prefix: bytes) -> tuple[str, int]:
        """A UDP target that sends each datagram back behind `prefix`."""
        address = free_address("19")
        bound = self.book.listen(address, 0, type=socket.SOCK_DGRAM)
        port = bound.getsockname()[1]

        class Echo(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
                transport.sendto(prefix + data, addr)

        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Echo, sock=bound)
        self._stack.callback(transport.close)
        return address, port

    async def named(self, name: str) -> tuple[str, int]:
        """An HTTP target that answers with its name."""

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            return web.Response(text=name)

        return await self.target(answer)

    async def healthy(self, arn: str, *targets: tuple[str, int]) -> None:
        """Wait until these targets are reported healthy."""
        await self.until(lambda: all(self.health.get((arn, *target), (False, ""))[0] for target in targets))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for news of health until `condition` holds."""
        with anyio.fail_after(PATIENCE):
            while not condition():
                await self._news.wait()

    async def settled(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """Ask again and again until a change of the account shows."""
        with anyio.fail_after(PATIENCE):
            while not await condition():  # noqa: ASYNC110 - a client outside sees no event either
                await anyio.sleep(0.005)

    async def serves(self, port: int) -> bool:
        """Whether the load balancer listens there by now."""
        served = self.plane.addresses().get("lb")
        return served is not None and any(listener.port == port for listener in served.listeners)

    async def answers(self, wanted: tuple[int, str]) -> bool:
        return await self.get() == wanted

    async def collect(self, answers: list[tuple[int, str]]) -> None:
        """One GET, for a task of its own."""
        answers.append(await self.get())

    def url(self, where: str = "/", port: int = 80, scheme: str = "http") -> str:
        host, real = self.book.resolve(self.address, port)
        return f"{scheme}://{host}:{real}{where}"

    async def get(self, where: str = "/", *, host: str = "shop.example.com", **options: Any) -> tuple[int, str]:
        """Status and text of a GET through the load balancer."""
        headers = {"Host": host, **options.pop("headers", {})}
        async with self.http.get(
            URL(self.url(where), encoded=True), headers=headers, allow_redirects=False, **options
        ) as answer:
            return answer.status, await answer.text()

    def _report(self, arn: str, id: str, port: int, healthy: bool, reason: str) -> None:
        self.reports.append((arn, id, port, healthy, reason))
        self.health[arn, id, port] = (healthy, reason)
        self._news.set()
        self._news = anyio.Event()


def listener(arn: str, port: int, protocol: str, actions: list[Item], **more: Any) -> Item:
    return {"ListenerArn": arn, "Port": port, "Protocol": protocol, "DefaultActions": actions, **more}


def rule(priority: int, conditions: list[Item], actions: list[Item], **more: Any) -> Item:
    return {
        "RuleArn": f"rule/{priority}",
        "Priority": str(priority),
        "Conditions": conditions,
        "Actions": actions,
        **more,
    }

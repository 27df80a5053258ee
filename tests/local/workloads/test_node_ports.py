"""kube-proxy, played: which sockets nodes open, and where they lead."""

import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import anyio
import pytest

from albc.local.network import AddressBook, Unconnected
from albc.local.workloads.node_ports import NodePorts
from albc.local.workloads.runtime import Workloads
from albc.local.workloads.service_ports import wanted_ports
from tests.local.workloads.kit import HTTP, endpoint, node, service, slice_of

Object = dict[str, Any]
MakePod = Callable[..., Object]


async def update(node_ports: NodePorts, services: list[Object], slices: list[Object], nodes: list[Object]) -> None:
    """Tells the node ports of the one Service that there is, or was."""
    await node_ports.update([("shop", "web")], wanted_ports(services, slices, nodes))


@pytest.fixture
async def node_ports(book: AddressBook) -> AsyncIterator[NodePorts]:
    async with NodePorts(book) as opened:
        yield opened


@pytest.mark.anyio
async def test_a_request_to_a_node_reaches_a_pod(
    node_ports: NodePorts,
    workloads: Workloads,
    book: AddressBook,
    http: aiohttp.ClientSession,
    pod: MakePod,
    address: Callable[[], str],
) -> None:
    started, node_address = pod("web-1", "nginx", 8080), address()
    await workloads.start(started)
    await update(
        node_ports, [service(HTTP)], [slice_of(endpoint(started["status"]["podIP"]))], [node("a", node_address)]
    )
    host, port = book.resolve(node_address, 30080)

    async with http.get(f"http://{host}:{port}/") as answer:
        assert "web-1" in await answer.text()


@pytest.mark.anyio
async def test_new_endpoints_hold_for_new_connections(
    node_ports: NodePorts, workloads: Workloads, book: AddressBook, pod: MakePod, address: Callable[[], str]
) -> None:
    old, new, node_address = pod("old", "tcp-echo", 9000), pod("new", "tcp-echo", 9000), address()
    await workloads.start(old)
    await workloads.start(new)

    async def lead_to(target: dict[str, Any]) -> None:
        ready = endpoint(target["status"]["podIP"])
        await update(node_ports, [service(HTTP)], [slice_of(ready, port=9000)], [node("a", node_address)])

    async def ask() -> bytes:
        reader, writer = await book.connect(node_address, 30080)
        writer.write(b"x\n")
        line = await reader.readline()
        writer.close()
        return line

    await lead_to(old)
    assert await ask() == b"old x\n"
    await lead_to(new)
    assert await ask() == b"new x\n"


@pytest.mark.anyio
async def test_without_endpoints_connections_are_reset(
    node_ports: NodePorts, book: AddressBook, address: Callable[[], str]
) -> None:
    node_address = address()
    await update(node_ports, [service(HTTP)], [], [node("a", node_address)])
    reader, writer = await book.connect(node_address, 30080)

    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


@pytest.mark.anyio
async def test_a_service_that_goes_closes_its_ports(
    node_ports: NodePorts, book: AddressBook, address: Callable[[], str]
) -> None:
    node_address = address()
    await update(node_ports, [service(HTTP)], [], [node("a", node_address)])
    await update(node_ports, [], [], [node("a", node_address)])

    with pytest.raises(Unconnected):
        await book.connect(node_address, 30080)


@pytest.mark.anyio
async def test_a_node_says_whether_it_has_endpoints_of_its_own(
    node_ports: NodePorts, book: AddressBook, http: aiohttp.ClientSession, address: Callable[[], str]
) -> None:
    with_pod, without = address(), address()
    local = service(HTTP, externalTrafficPolicy="Local", healthCheckNodePort=32000)
    nodes = [node("a", with_pod), node("b", without)]
    await update(node_ports, [local], [slice_of(endpoint("127.19.0.99", "a"))], nodes)

    async def ask(node_address: str) -> tuple[int, int]:
        host, port = book.resolve(node_address, 32000)
        async with http.get(f"http://{host}:{port}/healthz") as answer:
            return answer.status, json.loads(await answer.text())["localEndpoints"]

    assert await ask(with_pod) == (200, 1)
    assert await ask(without) == (503, 0)


@pytest.mark.anyio
async def test_datagrams_to_a_node_reach_a_pod(
    node_ports: NodePorts, workloads: Workloads, book: AddressBook, pod: MakePod, address: Callable[[], str]
) -> None:
    started, node_address = pod("grams", "udp-echo", {"containerPort": 9000, "protocol": "UDP"}), address()
    await workloads.start(started)
    udp = {"name": "http", "port": 53, "protocol": "UDP", "nodePort": 30053}
    ready = endpoint(started["status"]["podIP"])
    await update(node_ports, [service(udp)], [slice_of(ready, port=9000)], [node("a", node_address)])
    where = book.resolve(node_address, 30053, type=socket.SOCK_DGRAM)

    async with await anyio.create_connected_udp_socket(*where) as client:
        with anyio.fail_after(60):
            await client.send(b"hello")
            assert await client.receive() == b"grams hello"


@pytest.mark.anyio
async def test_a_port_may_pass_from_a_service_that_goes_to_one_that_comes(
    node_ports: NodePorts, book: AddressBook, address: Callable[[], str]
) -> None:
    nodes = [node("a", address())]
    await update(node_ports, [service(HTTP)], [], nodes)
    heir = service(HTTP)
    heir["metadata"]["name"] = "heir"

    await node_ports.update([("shop", "web"), ("shop", "heir")], wanted_ports([heir], [], nodes))
    await update(node_ports, [], [], nodes)

    _, writer = await book.connect(nodes[0]["status"]["addresses"][0]["address"], 30080)
    writer.close()

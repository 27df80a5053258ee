"""kube-proxy, played: which sockets nodes open, and where they lead."""

import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import anyio
import pytest

from albc.local.network import AddressBook, Unconnected
from albc.local.workloads.node_ports import NodePorts, PortKey, wanted_ports
from albc.local.workloads.runtime import Workloads

MakePod = Callable[..., dict[str, Any]]


def node(name: str, address: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"addresses": [{"type": "InternalIP", "address": address}]}}


def service(*ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"ports": list(ports), **spec}}


HTTP = {"name": "http", "port": 80, "nodePort": 30080}


def slice_of(*endpoints: dict[str, Any], port: int = 8080, name: str = "http") -> dict[str, Any]:
    return {
        "metadata": {"namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "ports": [{"name": name, "port": port}],
        "endpoints": list(endpoints),
    }


def endpoint(address: str, node_name: str = "a", **conditions: bool) -> dict[str, Any]:
    return {"addresses": [address], "nodeName": node_name, "conditions": conditions or {"ready": True}}


NODES = (node("a", "127.19.0.1"), node("b", "127.19.0.2"))


def backing(service: dict[str, Any], *endpoints: dict[str, Any]) -> dict[str, tuple[tuple[str, int], ...]]:
    """Node address → where its node port leads."""
    wanted = wanted_ports([service], [slice_of(*endpoints)], NODES)
    return {key.address: held.endpoints for key, held in wanted.items() if not key.answers_health}


def test_every_node_leads_to_every_ready_endpoint() -> None:
    held = backing(service(HTTP), endpoint("10.0.0.1", "a"), endpoint("10.0.0.2", "b"))

    assert held == dict.fromkeys(("127.19.0.1", "127.19.0.2"), (("10.0.0.1", 8080), ("10.0.0.2", 8080)))


def test_local_traffic_stays_on_its_node() -> None:
    local = service(HTTP, externalTrafficPolicy="Local")

    assert backing(local, endpoint("10.0.0.1", "a")) == {
        "127.19.0.1": (("10.0.0.1", 8080),),
        "127.19.0.2": (),
    }


def test_endpoints_that_end_serve_only_when_no_other_does() -> None:
    ending = endpoint("10.0.0.1", ready=False, serving=True, terminating=True)
    unready = endpoint("10.0.0.2", ready=False, serving=False)

    assert backing(service(HTTP), ending, unready)["127.19.0.1"] == (("10.0.0.1", 8080),)
    assert backing(service(HTTP), ending, endpoint("10.0.0.3"))["127.19.0.1"] == (("10.0.0.3", 8080),)


def test_a_service_without_node_ports_opens_nothing() -> None:
    assert wanted_ports([service({"name": "http", "port": 80})], [slice_of(endpoint("10.0.0.1"))], NODES) == {}


def test_ports_are_told_apart_by_name_and_protocol() -> None:
    dns = {"name": "dns", "port": 53, "protocol": "UDP", "nodePort": 30053}
    wanted = wanted_ports(
        [service(HTTP, dns)],
        [slice_of(endpoint("10.0.0.1")), slice_of(endpoint("10.0.0.1"), port=5353, name="dns")],
        NODES[:1],
    )

    assert {(key.port, key.kind): held.endpoints for key, held in wanted.items()} == {
        (30080, socket.SOCK_STREAM): (("10.0.0.1", 8080),),
        (30053, socket.SOCK_DGRAM): (("10.0.0.1", 5353),),
    }


def test_a_health_check_port_is_wanted_for_local_services_alone() -> None:
    local = service(HTTP, externalTrafficPolicy="Local", healthCheckNodePort=32000)
    key = PortKey("127.19.0.1", 32000, socket.SOCK_STREAM, answers_health=True)

    assert key in wanted_ports([local], [], NODES)
    assert key not in wanted_ports([service(HTTP, healthCheckNodePort=32000)], [], NODES)


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
    await node_ports.update(
        [service(HTTP)], [slice_of(endpoint(started["status"]["podIP"]))], [node("a", node_address)]
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
        await node_ports.update([service(HTTP)], [slice_of(ready, port=9000)], [node("a", node_address)])

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
    await node_ports.update([service(HTTP)], [], [node("a", node_address)])
    reader, writer = await book.connect(node_address, 30080)

    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


@pytest.mark.anyio
async def test_a_service_that_goes_closes_its_ports(
    node_ports: NodePorts, book: AddressBook, address: Callable[[], str]
) -> None:
    node_address = address()
    await node_ports.update([service(HTTP)], [], [node("a", node_address)])
    await node_ports.update([], [], [node("a", node_address)])

    with pytest.raises(Unconnected):
        await book.connect(node_address, 30080)


@pytest.mark.anyio
async def test_a_node_says_whether_it_has_endpoints_of_its_own(
    node_ports: NodePorts, book: AddressBook, http: aiohttp.ClientSession, address: Callable[[], str]
) -> None:
    with_pod, without = address(), address()
    local = service(HTTP, externalTrafficPolicy="Local", healthCheckNodePort=32000)
    nodes = [node("a", with_pod), node("b", without)]
    await node_ports.update([local], [slice_of(endpoint("127.19.0.99", "a"))], nodes)

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
    await node_ports.update([service(udp)], [slice_of(ready, port=9000)], [node("a", node_address)])
    where = book.resolve(node_address, 30053, type=socket.SOCK_DGRAM)

    async with await anyio.create_connected_udp_socket(*where) as client:
        with anyio.fail_after(10):
            await client.send(b"hello")
            assert await client.receive() == b"grams hello"

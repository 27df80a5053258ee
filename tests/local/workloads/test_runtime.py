"""Pods that really answer."""

import socket
from collections.abc import Callable
from typing import Any

import aiohttp
import anyio
import pytest

from albc.local.kubernetes.runtime import ImageUnknown
from albc.local.network import AddressBook, Unconnected
from albc.local.workloads.runtime import Workloads

pytestmark = pytest.mark.anyio
MakePod = Callable[..., dict[str, Any]]


def url(book: AddressBook, pod: dict[str, Any], port: int, path: str = "/", scheme: str = "http") -> str:
    host, real = book.resolve(pod["status"]["podIP"], port)
    return f"{scheme}://{host}:{real}{path}"


async def test_the_echo_image_repeats_the_request_and_says_who_it_is(
    workloads: Workloads, book: AddressBook, http: aiohttp.ClientSession, pod: MakePod
) -> None:
    env = [{"name": "SERVICE_NAME", "value": "web"}]
    started = pod("echo-1", "gcr.io/x/echo-basic:v1", 3000, env=env)
    await workloads.start(started)

    async with http.post(url(book, started, 3000, "/a?b=1"), headers={"x-trace-id": "7"}) as answer:
        seen = await answer.json()

    assert (seen["method"], seen["path"], seen["proto"]) == ("POST", "/a?b=1", "HTTP/1.1")
    assert (seen["pod"], seen["namespace"], seen["service"], seen["ingress"]) == ("echo-1", "shop", "web", "")
    assert seen["headers"]["X-Trace-Id"] == ["7"]
    assert "Host" not in seen["headers"]


async def test_a_web_server_says_who_answers(
    workloads: Workloads, book: AddressBook, http: aiohttp.ClientSession, pod: MakePod
) -> None:
    started = pod("web-1", "nginx", 8080)
    await workloads.start(started)

    async with http.get(url(book, started, 8080)) as answer:
        assert await answer.text() == "pod web-1 in namespace shop on node node-a\n"


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/status/503", 503), ("/delay/0", 200)])
async def test_paths_that_tests_steer_by(
    workloads: Workloads, book: AddressBook, http: aiohttp.ClientSession, pod: MakePod, path: str, status: int
) -> None:
    started = pod("web-1", "nginx", 8080)
    await workloads.start(started)

    async with http.get(url(book, started, 8080, path)) as answer:
        assert answer.status == status


async def test_response_headers_are_set_on_request(
    workloads: Workloads, book: AddressBook, http: aiohttp.ClientSession, pod: MakePod
) -> None:
    started = pod("echo-1", "echo-basic", 3000)
    await workloads.start(started)

    async with http.get(url(book, started, 3000), headers={"X-Echo-Set-Header": "X-One: 1, X-Two:2"}) as answer:
        assert (answer.headers["X-One"], answer.headers["X-Two"]) == ("1", "2")


async def test_websocket_messages_come_back(
    workloads: Workloads, book: AddressBook, http: aiohttp.ClientSession, pod: MakePod
) -> None:
    started = pod("echo-1", "echo-basic", 3000)
    await workloads.start(started)

    async with http.ws_connect(url(book, started, 3000, "/ws")) as messages:
        await messages.send_str("hello")
        assert (await messages.receive()).data == "hello"


async def test_an_https_port_speaks_tls(
    workloads: Workloads, book: AddressBook, http: aiohttp.ClientSession, pod: MakePod
) -> None:
    started = pod("echo-1", "echo-basic", {"containerPort": 9443, "name": "https"})
    await workloads.start(started)

    async with http.get(url(book, started, 9443, scheme="https"), ssl=False) as answer:
        assert (await answer.json())["tls"]["version"] == "TLSv1.3"


async def test_tcp_lines_come_back_with_the_pod_s_name(workloads: Workloads, book: AddressBook, pod: MakePod) -> None:
    started = pod("lines", "tcp-echo", 9000)
    await workloads.start(started)
    reader, writer = await book.connect(started["status"]["podIP"], 9000)

    writer.write(b"one\ntw")
    writer.write(b"o\nrest")
    writer.write_eof()

    assert await reader.read() == b"lines one\nlines two\nlines rest"
    writer.close()


async def test_datagrams_come_back_with_the_pod_s_name(workloads: Workloads, book: AddressBook, pod: MakePod) -> None:
    started = pod("grams", "udp-echo", {"containerPort": 9000, "protocol": "UDP"})
    await workloads.start(started)
    where = book.resolve(started["status"]["podIP"], 9000, type=socket.SOCK_DGRAM)

    async with await anyio.create_connected_udp_socket(*where) as client:
        with anyio.fail_after(60):
            await client.send(b"hello")
            assert await client.receive() == b"grams hello"


async def test_a_stopped_pod_refuses_and_its_ports_are_free(
    workloads: Workloads, book: AddressBook, pod: MakePod
) -> None:
    started = pod("web-1", "nginx", 8080)
    await workloads.start(started)
    await workloads.stop("uid-web-1")

    with pytest.raises(Unconnected):
        await book.connect(started["status"]["podIP"], 8080)
    await workloads.start(started)


async def test_a_request_under_way_is_finished_when_its_pod_stops(
    workloads: Workloads, book: AddressBook, pod: MakePod
) -> None:
    started = pod("web-1", "nginx", 8080)
    await workloads.start(started)
    reader, writer = await book.connect(started["status"]["podIP"], 8080)

    # Requests on one connection are answered in order: with the first answer, the second request is under way.
    for path in ("/healthz", "/delay/0.1"):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: web\r\n\r\n".encode())
    await reader.readuntil(b"ok\n")
    await workloads.stop("uid-web-1")

    assert b"pod web-1" in await reader.read()
    writer.close()


async def test_an_unknown_image_starts_nothing(workloads: Workloads, book: AddressBook, pod: MakePod) -> None:
    refused = pod("db", "postgres:16", 5432)

    with pytest.raises(ImageUnknown):
        await workloads.start(refused)

    with pytest.raises(Unconnected):
        await book.connect(refused["status"]["podIP"], 5432)


async def test_two_containers_that_want_one_port_leave_none_open(
    workloads: Workloads, book: AddressBook, pod: MakePod
) -> None:
    clash = pod("clash", "nginx", 8080)
    clash["spec"]["containers"] *= 2

    with pytest.raises(OSError, match="8080"):
        await workloads.start(clash)

    with pytest.raises(Unconnected):
        await book.connect(clash["status"]["podIP"], 8080)


async def test_stopping_a_pod_that_does_not_run_is_no_error(workloads: Workloads) -> None:
    await workloads.stop("nobody")

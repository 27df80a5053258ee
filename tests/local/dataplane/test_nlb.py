"""A Network Load Balancer, over real sockets."""

import asyncio
import contextlib
import socket
import ssl
from typing import Any

import anyio
import pytest
from aiohttp import web

from albc.local.dataplane.nlb import proxy_header, proxy_line
from albc.local.dataplane.snapshot import Item
from tests.local.dataplane.kit import PATIENCE, Stack, fixed, forward, free_address, listener, self_signed

pytestmark = pytest.mark.anyio


def tcp(arn: str = "tg", protocol: str = "TCP", **more: Any) -> Item:
    return listener("tcp", 7000, protocol, forward(arn), **more)


async def line_server(stack: Stack, name: str) -> tuple[str, int]:
    """A TCP target that says its name, who calls, and then each line that it gets."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):  # a health check hangs up as soon as it is accepted
            writer.write(f"{name} {writer.get_extra_info('peername')[0]}\n".encode())
            while line := await reader.readline():
                writer.write(line)
            writer.write(b"bye\n")
        writer.close()

    return await stack.tcp_target(serve)


def l4_group(stack: Stack, *targets: tuple[str, int], **more: Any) -> None:
    stack.group("tg", *targets, **{"Protocol": "TCP", "HealthCheckProtocol": "TCP", **more})


async def test_a_connection_is_passed_on_in_both_directions(stack: Stack) -> None:
    target = await line_server(stack, "a")
    l4_group(stack, target)
    stack.holds(tcp())
    await stack.healthy("tg", target)
    reader, writer = await stack.book.connect(stack.address, 7000)

    assert (await reader.readline()).startswith(b"a ")
    writer.write(b"hello\n")
    assert await reader.readline() == b"hello\n"
    writer.write_eof()
    assert await reader.read() == b"bye\n"
    writer.close()


async def test_a_client_keeps_its_address_when_the_group_says_so(stack: Stack) -> None:
    client = free_address("20")
    if stack.book.usable_source(client) is None:
        pytest.skip("this system has no loopback address but 127.0.0.1")
    target = await line_server(stack, "a")
    l4_group(stack, target, Attributes={"preserve_client_ip.enabled": "true"})
    stack.holds(tcp())
    await stack.healthy("tg", target)
    reader, writer = await stack.book.connect(stack.address, 7000, source=client)

    assert await reader.readline() == f"a {client}\n".encode()
    writer.close()


async def test_without_a_target_the_connection_is_reset(stack: Stack) -> None:
    l4_group(stack)
    stack.holds(tcp())
    await stack.settled(lambda: stack.serves(7000))
    reader, writer = await stack.book.connect(stack.address, 7000)

    with pytest.raises(ConnectionResetError):
        assert await reader.read() == b"never"
    writer.close()


async def test_security_groups_keep_clients_out(stack: Stack) -> None:
    target = await line_server(stack, "a")
    l4_group(stack, target)
    allowed = {"IpProtocol": "tcp", "FromPort": 7000, "ToPort": 7000, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    stack.holds(tcp(), groups=["sg"], security_groups={"sg": {"IpPermissions": [allowed]}})
    await stack.healthy("tg", target)
    reader, writer = await stack.book.connect(stack.address, 7000)

    with pytest.raises(ConnectionResetError):
        assert await reader.read() == b"never"
    writer.close()


async def test_source_ip_stickiness_sends_a_client_to_one_target(stack: Stack) -> None:
    targets = [await line_server(stack, name) for name in ("a", "b", "c")]
    l4_group(stack, *targets, Attributes={"stickiness.enabled": "true", "stickiness.type": "source_ip"})
    stack.holds(tcp())
    await stack.healthy("tg", *targets)
    seen = set()
    for _ in range(6):
        reader, writer = await stack.book.connect(stack.address, 7000)
        seen.add(await reader.readline())
        writer.close()

    assert len(seen) == 1


def test_the_proxy_header_names_client_and_listener() -> None:
    header = proxy_header(("192.0.2.1", 258), ("198.51.100.2", 443))

    assert header == b"\r\n\r\n\x00\r\nQUIT\n" + b"\x21\x11\x00\x0c" + bytes([192, 0, 2, 1, 198, 51, 100, 2]) + (
        b"\x01\x02\x01\xbb"
    )


def test_the_proxy_line_of_classic_load_balancers_names_client_and_listener() -> None:
    assert proxy_line(("192.0.2.1", 258), ("198.51.100.2", 443)) == b"PROXY TCP4 192.0.2.1 198.51.100.2 258 443\r\n"
    assert proxy_line(("2001:db8::1", 1), ("2001:db8::2", 2)).startswith(b"PROXY TCP6 2001:db8::1 2001:db8::2 ")


async def test_proxy_protocol_goes_before_the_first_byte(stack: Stack) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):  # a health check says nothing
            writer.write((await reader.readexactly(28))[:12])
        writer.close()

    target = await stack.tcp_target(serve)
    l4_group(stack, target, Attributes={"proxy_protocol_v2.enabled": "true"})
    stack.holds(tcp())
    await stack.healthy("tg", target)
    reader, writer = await stack.book.connect(stack.address, 7000)

    assert await reader.read() == b"\r\n\r\n\x00\r\nQUIT\n"
    writer.close()


async def test_a_tls_listener_ends_tls_and_speaks_plainly_to_the_target(stack: Stack) -> None:
    target = await line_server(stack, "a")
    l4_group(stack, target)
    certificates = [{"CertificateArn": "c", "IsDefault": True}]
    stack.holds(tcp(protocol="TLS", Certificates=certificates), certificates={"c": self_signed("a.example")})
    await stack.healthy("tg", target)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await stack.book.connect(stack.address, 7000, tls=context)

    assert (await reader.readline()).startswith(b"a ")
    writer.write(b"hello\n")
    assert await reader.readline() == b"hello\n"
    writer.close()


async def test_an_alb_target_is_reached_through_its_own_listener(stack: Stack) -> None:
    front = {"LoadBalancerArn": "front", "Address": free_address("18")}
    stack.group("alb", (stack.address, 80), Protocol="TCP", TargetType="alb", HealthCheckPath="/")
    stack.holds(listener("http", 80, "HTTP", fixed(200, "from the ALB")))
    stack.also_holds(front, listener("front", 7000, "TCP", forward("alb")))
    await stack.healthy("alb", (stack.address, 80))
    host, port = stack.book.resolve(front["Address"], 7000)

    async with stack.http.get(f"http://{host}:{port}/") as answer:
        assert await answer.text() == "from the ALB"


async def test_udp_answers_find_their_way_back(stack: Stack) -> None:
    address, port = await stack.udp_target(b"a ")
    stack.group(
        "tg",
        (address, port),
        Protocol="UDP",
        HealthCheckProtocol="HTTP",
        HealthCheckPort=str(await healthy_port(stack, address)),
    )
    stack.holds(tcp(protocol="UDP"))
    await stack.healthy("tg", (address, port))
    where = stack.book.resolve(stack.address, 7000, type=socket.SOCK_DGRAM)

    async with await anyio.create_connected_udp_socket(*where) as client:
        with anyio.fail_after(PATIENCE):
            await client.send(b"hello")
            assert await client.receive() == b"a hello"


async def healthy_port(stack: Stack, address: str) -> int:
    """A port of a UDP target that answers HTTP health checks."""

    async def fine(request: web.BaseRequest) -> web.Response:
        return web.Response()

    return (await stack.target(fine, address=address))[1]


async def test_one_port_may_serve_tcp_and_udp(stack: Stack) -> None:
    target = await line_server(stack, "a")
    l4_group(stack, target, Protocol="TCP_UDP")
    stack.holds(tcp(protocol="TCP_UDP"))
    await stack.healthy("tg", target)

    assert [(served.port, served.protocol) for served in stack.plane.addresses()["lb"].listeners] == [
        (7000, "TCP_UDP"),
        (7000, "TCP_UDP"),
    ]
    reader, writer = await stack.book.connect(stack.address, 7000)
    assert (await reader.readline()).startswith(b"a ")
    writer.close()


async def test_datagrams_of_a_flow_whose_target_is_gone_go_to_another(stack: Stack) -> None:
    old, new = await stack.udp_target(b"old "), await stack.udp_target(b"new ")

    async def lead_to(target: tuple[str, int]) -> None:
        port = str(await healthy_port(stack, target[0]))
        stack.group("tg", target, Protocol="UDP", HealthCheckPort=port)
        stack.holds(tcp(protocol="UDP"))
        await stack.healthy("tg", target)

    await lead_to(old)
    where = stack.book.resolve(stack.address, 7000, type=socket.SOCK_DGRAM)
    async with await anyio.create_connected_udp_socket(*where) as client:
        with anyio.fail_after(PATIENCE):
            await client.send(b"1")
            assert await client.receive() == b"old 1"
            await lead_to(new)
            await client.send(b"2")
            assert await client.receive() == b"new 2"

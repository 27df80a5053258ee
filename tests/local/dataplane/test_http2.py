"""HTTP/2 from clients and to targets, gRPC included."""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable

import anyio
import pytest
from aiohttp import web

from albc.local.dataplane.http1 import AnswerHead
from albc.local.dataplane.http2 import Http2, Http2ClientSide
from albc.local.dataplane.snapshot import Item
from albc.local.workloads import Workloads
from albc.local.workloads.http2 import SERVICE
from tests.local.dataplane.kit import Stack, fixed, forward, free_address, listener, self_signed

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine"),
]

Answer = Callable[[Http2ClientSide], Awaitable[None]]


def holds_https(
    stack: Stack, actions: list[Item], certificate: tuple[bytes, bytes] | None = None, **attributes: str
) -> None:
    certificates = [{"CertificateArn": "c", "IsDefault": True}]
    stack.holds(
        listener("https", 443, "HTTPS", actions, Certificates=certificates),
        attributes={name.replace("__", "."): value for name, value in attributes.items()},
        certificates={"c": certificate or self_signed("shop.example.com")},
    )


async def curl(stack: Stack, path: str, *options: str) -> str:
    """Output of curl, which speaks HTTP/2 if the load balancer does."""
    host, port = stack.book.resolve(stack.address, 443)
    base = ("--silent", "--show-error", "--insecure", "--max-time", "10")
    place = ("--connect-to", f"shop.example.com:443:{host}:{port}")
    ran = await anyio.run_process(["curl", *base, *place, *options, f"https://shop.example.com{path}"], check=False)
    return (ran.stdout + ran.stderr).decode()


async def http2_target(stack: Stack, answer: Answer) -> tuple[str, int]:
    """A target that speaks HTTP/2 without TLS; /healthz is answered for it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Http2(reader, writer, is_client=False)
        async for stream in connection.requests(10):
            client = Http2ClientSide(connection, stream)
            if client.head.target == "/healthz":
                client.start(AnswerHead(200, b"", []))
                await client.finish()
            else:
                await answer(client)
        connection.close()

    return await stack.tcp_target(serve)


async def test_clients_of_https_listeners_get_http2(stack: Stack) -> None:
    holds_https(stack, fixed(200, "hello"))
    await stack.settled(lambda: stack.serves(443))

    assert await curl(stack, "/", "--write-out", " %{http_version}") == "hello 2"


async def test_http2_can_be_turned_off(stack: Stack) -> None:
    holds_https(stack, fixed(200, "hello"), routing__http2__enabled="false")
    await stack.settled(lambda: stack.serves(443))

    assert await curl(stack, "/", "--write-out", " %{http_version}") == "hello 1.1"


async def test_a_target_gets_http1_unless_its_group_says_otherwise(stack: Stack) -> None:
    async def seen(request: web.BaseRequest) -> web.Response:
        body = await request.read()
        return web.json_response({"version": request.version.minor, "host": request.headers["Host"], "body": len(body)})

    target = await stack.target(seen)
    stack.group("tg", target)
    holds_https(stack, forward("tg"))
    await stack.healthy("tg", target)

    answer = json.loads(await curl(stack, "/", "--data", "x" * 100))

    assert answer == {"version": 1, "host": "shop.example.com", "body": 100}


async def test_large_bodies_pass_both_ways_through_http2_windows(stack: Stack, tmp_path: anyio.Path) -> None:
    async def back(client: Http2ClientSide) -> None:
        client.start(AnswerHead(200, b"", []))
        async for piece in client.body():
            await client.send(piece)
        await client.finish()

    target = await http2_target(stack, back)
    stack.group("tg", target, ProtocolVersion="HTTP2")
    holds_https(stack, forward("tg"))
    await stack.healthy("tg", target)
    sent, received = anyio.Path(tmp_path) / "sent", anyio.Path(tmp_path) / "received"
    await sent.write_bytes(bytes(range(256)) * 4096)

    await curl(stack, "/", "--data-binary", f"@{sent}", "--output", str(received))

    assert await received.read_bytes() == await sent.read_bytes()


async def test_a_grpc_call_keeps_its_trailers(stack: Stack) -> None:
    async def call(client: Http2ClientSide) -> None:
        assert (b"te", b"trailers") in client.head.headers
        async for _ in client.body():
            pass
        client.start(AnswerHead(200, b"", [(b"content-type", b"application/grpc")]))
        await client.send(b"\0\0\0\0\0")
        await client.finish([(b"grpc-status", b"0")])

    target = await http2_target(stack, call)
    stack.group("tg", target, ProtocolVersion="GRPC", HealthCheckProtocol="TCP")
    holds_https(stack, forward("tg"))
    await stack.healthy("tg", target)

    shown = await curl(
        *(stack, "/echo.Echo/Call", "--verbose", "--output", "-", "--header", "content-type: application/grpc"),
        *("--header", "te: trailers", "--data-binary", "x"),
    )

    assert "grpc-status: 0" in shown


async def test_an_http1_client_of_an_http2_group_is_464(stack: Stack) -> None:
    async def never(client: Http2ClientSide) -> None:
        raise AssertionError

    target = await http2_target(stack, never)
    stack.group("tg", target, ProtocolVersion="HTTP2")
    holds_https(stack, forward("tg"))
    await stack.healthy("tg", target)

    assert await curl(stack, "/", "--http1.1", "--output", "/dev/null", "--write-out", "%{http_code}") == "464"


async def test_a_target_that_breaks_off_breaks_the_stream_and_not_the_connection(stack: Stack) -> None:
    async def half(client: Http2ClientSide) -> None:
        client.start(AnswerHead(200, b"", []))
        await client.send(b"half")
        client.break_off()

    target = await http2_target(stack, half)
    stack.group("tg", target, ProtocolVersion="HTTP2")
    holds_https(stack, forward("tg"))
    await stack.healthy("tg", target)

    assert "INTERNAL_ERROR" in await curl(stack, "/")


async def test_a_grpc_client_calls_an_echo_pod_through_the_load_balancer(stack: Stack) -> None:
    grpc = pytest.importorskip("grpc", reason="grpcio is not installed")
    authority = self_signed("grpc.example")
    pods, address = Workloads(stack.book), free_address("19")
    env = [{"name": "GRPC_ECHO_SERVER", "value": "1"}]
    await pods.start(
        {
            "metadata": {"uid": "u", "name": "grpc-1", "namespace": "shop"},
            "spec": {"containers": [{"image": "echo-basic", "env": env}]},
            "status": {"podIP": address},
        }
    )
    stack.group("tg", (address, 3000), ProtocolVersion="GRPC", HealthCheckPath="/", Matcher={"GrpcCode": "12"})
    holds_https(stack, forward("tg"), certificate=authority)
    await stack.healthy("tg", (address, 3000))
    host, port = stack.book.resolve(stack.address, 443)

    async with grpc.aio.secure_channel(
        f"{host}:{port}",
        grpc.ssl_channel_credentials(authority[0]),
        options=[("grpc.ssl_target_name_override", "grpc.example")],
    ) as channel:
        answers = await asyncio.gather(*(channel.unary_unary(f"/{SERVICE}/Echo")(b"") for _ in range(20)))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await channel.unary_unary(f"/{SERVICE}/EchoThree")(b"")
    await pods.close()

    assert all(b"grpc-1" in answer for answer in answers)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED

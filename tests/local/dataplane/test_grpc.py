"""gRPC's own client, and its own server as the target, with an Application Load Balancer between them."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from tests.local.dataplane.kit import Stack, forward, free_address, listener, self_signed

grpc: Any = pytest.importorskip("grpc", reason="grpcio is not installed")
pytestmark = pytest.mark.anyio

HOST = "grpc.example"


async def upper(request: bytes, context: Any) -> bytes:
    for name, value in context.invocation_metadata():
        if name == "x-name":
            await context.send_initial_metadata((("x-seen", value),))
    context.set_trailing_metadata((("x-length", str(len(request))),))
    return request.upper()


async def count(request: bytes, context: Any) -> AsyncIterator[bytes]:
    for number in range(int(request)):
        yield str(number).encode()


async def chat(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
    async for request in requests:
        yield request.upper()


async def refuse(request: bytes, context: Any) -> bytes:
    await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not today")
    raise AssertionError


async def sleep(request: bytes, context: Any) -> bytes:
    await anyio.sleep_forever()
    raise AssertionError


async def health(request: bytes, context: Any) -> bytes:
    return b""


@asynccontextmanager
async def target() -> AsyncIterator[tuple[str, int]]:
    """A gRPC server at an address of its own."""
    server = grpc.aio.server()
    methods = {
        "Upper": grpc.unary_unary_rpc_method_handler(upper),
        "Count": grpc.unary_stream_rpc_method_handler(count),
        "Chat": grpc.stream_stream_rpc_method_handler(chat),
        "Refuse": grpc.unary_unary_rpc_method_handler(refuse),
        "Sleep": grpc.unary_unary_rpc_method_handler(sleep),
    }
    checks = {"Check": grpc.unary_unary_rpc_method_handler(health)}
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("shop.Text", methods),
            grpc.method_handlers_generic_handler("grpc.health.v1.Health", checks),
        )
    )
    address = free_address("19")
    port = server.add_insecure_port(f"{address}:0")
    await server.start()
    try:
        yield address, port
    finally:
        await server.stop(None)


@asynccontextmanager
async def channel(stack: Stack) -> AsyncIterator[Any]:
    """A client's channel to a load balancer that forwards to a healthy gRPC target."""
    certificate, key = self_signed(HOST)
    check = "/grpc.health.v1.Health/Check"
    async with target() as place:
        stack.group("tg", place, ProtocolVersion="GRPC", HealthCheckPath=check, Matcher={"GrpcCode": "0"})
        stack.holds(
            listener("https", 443, "HTTPS", forward("tg"), Certificates=[{"CertificateArn": "c", "IsDefault": True}]),
            certificates={"c": (certificate, key)},
        )
        await stack.settled(lambda: stack.serves(443))
        await stack.healthy("tg", place)
        host, port = stack.book.resolve(stack.address, 443)
        options = [("grpc.ssl_target_name_override", HOST)]
        credentials = grpc.ssl_channel_credentials(certificate)
        async with grpc.aio.secure_channel(f"{host}:{port}", credentials, options=options) as opened:
            yield opened


async def test_a_call_is_answered(stack: Stack) -> None:
    async with channel(stack) as opened:
        assert await opened.unary_unary("/shop.Text/Upper")(b"hello", timeout=60) == b"HELLO"


async def test_many_calls_share_one_connection(stack: Stack) -> None:
    async with channel(stack) as opened:
        call = opened.unary_unary("/shop.Text/Upper")
        texts = [f"text-{number}".encode() for number in range(50)]
        answers: dict[bytes, bytes] = {}

        async def ask(text: bytes) -> None:
            answers[text] = await call(text, timeout=60)

        async with anyio.create_task_group() as tasks:
            for text in texts:
                tasks.start_soon(ask, text)

        assert answers == {text: text.upper() for text in texts}


async def test_metadata_passes_both_ways(stack: Stack) -> None:
    async with channel(stack) as opened:
        call = opened.unary_unary("/shop.Text/Upper")(b"hello", metadata=(("x-name", "me"),), timeout=60)
        await call

        assert ("x-seen", "me") in tuple(await call.initial_metadata())
        assert ("x-length", "5") in tuple(await call.trailing_metadata())


async def test_a_server_s_stream_arrives_piece_by_piece(stack: Stack) -> None:
    async with channel(stack) as opened:
        pieces = [piece async for piece in opened.unary_stream("/shop.Text/Count")(b"100", timeout=60)]

        assert pieces == [str(number).encode() for number in range(100)]


async def test_both_sides_may_talk_in_turn(stack: Stack) -> None:
    async with channel(stack) as opened:
        call = opened.stream_stream("/shop.Text/Chat")(timeout=60)
        heard = []
        for word in (b"one", b"two", b"three"):
            await call.write(word)
            heard.append(await call.read())
        await call.done_writing()

        assert heard == [b"ONE", b"TWO", b"THREE"]
        assert await call.read() is grpc.aio.EOF
        assert await call.code() is grpc.StatusCode.OK


async def test_large_messages_pass(stack: Stack) -> None:
    text = bytes(itertools.islice(itertools.cycle(b"abc"), 3_000_000))
    async with channel(stack) as opened:
        assert await opened.unary_unary("/shop.Text/Upper")(text, timeout=60) == text.upper()


async def test_a_server_s_refusal_keeps_its_code_and_words(stack: Stack) -> None:
    async with channel(stack) as opened:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await opened.unary_unary("/shop.Text/Refuse")(b"", timeout=60)

        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert refused.value.details() == "not today"


async def test_an_unknown_method_is_the_server_s_to_refuse(stack: Stack) -> None:
    async with channel(stack) as opened:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await opened.unary_unary("/shop.Text/Nothing")(b"", timeout=60)

        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_client_that_gives_up_does_not_harm_the_next_call(stack: Stack) -> None:
    async with channel(stack) as opened:
        with pytest.raises(grpc.aio.AioRpcError) as late:
            await opened.unary_unary("/shop.Text/Sleep")(b"", timeout=0.2)

        assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert await opened.unary_unary("/shop.Text/Upper")(b"hello", timeout=60) == b"HELLO"


async def test_without_a_target_the_service_is_unavailable(stack: Stack) -> None:
    async with channel(stack) as opened:
        stack.group("tg", ProtocolVersion="GRPC")

        async def refused() -> bool:
            try:
                await opened.unary_unary("/shop.Text/Upper")(b"", timeout=60)
            except grpc.aio.AioRpcError as error:
                return bool(error.code() is grpc.StatusCode.UNAVAILABLE)
            return False

        await stack.settled(refused)

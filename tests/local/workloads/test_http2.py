"""Pods that speak HTTP/2 and gRPC."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from albc.local.dataplane.http1 import AnswerHead, RequestHead
from albc.local.dataplane.http2 import Http2TargetSide
from albc.local.network import AddressBook
from albc.local.workloads.http2 import SERVICE
from albc.local.workloads.runtime import Workloads

pytestmark = pytest.mark.anyio
MakePod = Callable[..., dict[str, Any]]


async def no_message() -> AsyncIterator[bytes]:
    yield bytes(5)


async def ask(
    book: AddressBook, pod: dict[str, Any], head: RequestHead
) -> tuple[AnswerHead, bytes, list[tuple[bytes, bytes]]]:
    """Head, body and trailers of the answer."""
    connection = Http2TargetSide(*await book.connect(pod["status"]["podIP"], 3000))
    connection.send_head(head)
    if head.has_body:
        await connection.send_body(no_message())
    answer = await connection.answer()
    body = b"".join([piece async for piece in connection.body()])
    connection.close()
    return answer, body, connection.trailers


def call(method: str) -> RequestHead:
    headers = [(b"Host", b"echo.example"), (b"Content-Type", b"application/grpc"), (b"X-Token", b"7")]
    return RequestHead("POST", f"/{SERVICE}/{method}", headers, has_body=True)


@pytest.fixture
async def grpc_pod(workloads: Workloads, pod: MakePod) -> dict[str, Any]:
    started = pod("echo-1", "echo-basic", {"containerPort": 3000, "name": "grpc"})
    await workloads.start(started)
    return started


async def test_an_echo_call_says_who_answers_and_what_came(book: AddressBook, grpc_pod: dict[str, Any]) -> None:
    answer, body, trailers = await ask(book, grpc_pod, call("Echo"))

    assert answer.status == 200
    assert trailers == [(b"grpc-status", b"0")]
    assert int.from_bytes(body[1:5], "big") == len(body) - 5
    for part in (f"/{SERVICE}/Echo", "x-token", "echo.example", "shop", "echo-1"):
        assert bytes((len(part),)) + part.encode() in body


async def test_an_unknown_method_is_unimplemented(book: AddressBook, grpc_pod: dict[str, Any]) -> None:
    answer, body, _ = await ask(book, grpc_pod, call("EchoThree"))

    assert (b"grpc-status", b"12") in answer.headers
    assert answer.is_all
    assert body == b""


async def test_plain_requests_are_repeated_as_json(book: AddressBook, grpc_pod: dict[str, Any]) -> None:
    _, body, _ = await ask(book, grpc_pod, RequestHead("GET", "/a?b", [(b"Host", b"h.example")], has_body=False))

    seen = json.loads(body)

    assert (seen["proto"], seen["path"], seen["host"], seen["pod"]) == ("HTTP/2.0", "/a?b", "h.example", "echo-1")

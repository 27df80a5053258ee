"""One HTTP/1.1 connection on either side, over a real socket pair."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from albc.local.dataplane.http1 import AnswerHead, BadAnswer, BadRequest, ClientSide, RequestHead, TargetSide

pytestmark = pytest.mark.anyio
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Ends, Ends]]:
    """A connection: the test's end and ours."""
    accepted: asyncio.Future[Ends] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda *end: accepted.set_result(end), "127.0.0.1", 0)
    outer = await asyncio.open_connection(*server.sockets[0].getsockname())
    inner = await accepted
    server.close()
    yield outer, inner
    for _, writer in (outer, inner):
        writer.close()


async def test_requests_of_one_connection_come_one_after_the_other(ends: tuple[Ends, Ends]) -> None:
    outer, inner = ends
    client = ClientSide(*inner)
    outer[1].write(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\n" + b"GET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
    targets = []

    for _ in range(2):
        head = await client.next_request(5)
        assert head is not None
        targets.append(head.target)
        client.start(AnswerHead(204, b"No Content", []))
        await client.finish()
        assert await client.ready_for_next(5)

    assert targets == ["/1", "/2"]


async def test_names_of_headers_keep_their_spelling(ends: tuple[Ends, Ends]) -> None:
    outer, inner = ends
    outer[1].write(b"GET / HTTP/1.1\r\nhOsT: h\r\nX-MiXeD: 1\r\n\r\n")

    head = await ClientSide(*inner).next_request(5)

    assert head is not None
    assert head.headers == [(b"hOsT", b"h"), (b"X-MiXeD", b"1")]


@pytest.mark.parametrize(
    "sent", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nA" + b"a" * 70_000]
)
async def test_what_is_no_request_is_refused(ends: tuple[Ends, Ends], sent: bytes) -> None:
    outer, inner = ends
    outer[1].write(sent)

    with pytest.raises(BadRequest) as refused:
        await ClientSide(*inner).next_request(5)

    assert refused.value.status in (400, 431)


async def test_a_client_that_leaves_or_says_nothing_is_no_error(ends: tuple[Ends, Ends]) -> None:
    outer, inner = ends
    client = ClientSide(*inner)

    assert await client.next_request(0.01) is None
    outer[1].close()
    assert await client.next_request(5) is None


async def test_a_client_that_waits_for_100_is_told_to_go_on(ends: tuple[Ends, Ends]) -> None:
    outer, inner = ends
    client = ClientSide(*inner)
    outer[1].write(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    await client.next_request(5)

    body = client.body()
    first = asyncio.ensure_future(anext(body))
    assert (await outer[0].readline()).startswith(b"HTTP/1.1 100 ")
    outer[1].write(b"ok")

    assert await first == b"ok"


async def test_interim_answers_are_passed_over(ends: tuple[Ends, Ends]) -> None:
    outer, inner = ends
    target = TargetSide(*inner)
    target.send_head(RequestHead("GET", "/", [(b"Host", b"h")], has_body=False))
    outer[1].write(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    assert (await target.answer()).status == 200
    assert [piece async for piece in target.body()] == [b"ok"]
    assert target.reusable()


async def test_a_connection_that_the_target_closes_is_not_used_again(ends: tuple[Ends, Ends]) -> None:
    outer, inner = ends
    target = TargetSide(*inner)
    target.send_head(RequestHead("GET", "/", [(b"Host", b"h")], has_body=False))
    outer[1].write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    await target.answer()
    assert [piece async for piece in target.body()] == []

    assert not target.reusable()


@pytest.mark.parametrize(("sent", "silent"), [(b"", True), (b"HTTP/1.1 200 O", False), (b"nonsense\r\n\r\n", False)])
async def test_an_answer_that_breaks_off_says_whether_anything_came(
    ends: tuple[Ends, Ends], sent: bytes, silent: bool
) -> None:
    outer, inner = ends
    target = TargetSide(*inner)
    target.send_head(RequestHead("GET", "/", [(b"Host", b"h")], has_body=False))
    outer[1].write(sent)
    outer[1].write_eof()

    with pytest.raises(BadAnswer) as broken:
        await target.answer()

    assert broken.value.silent is silent


async def test_a_silent_target_times_out(ends: tuple[Ends, Ends]) -> None:
    target = TargetSide(*ends[1], silence=0.01)
    target.send_head(RequestHead("GET", "/", [(b"Host", b"h")], has_body=False))

    with pytest.raises(TimeoutError):
        await target.answer()

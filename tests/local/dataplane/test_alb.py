"""An Application Load Balancer, asked over real sockets."""

import asyncio
import json

import aiohttp
import anyio
import pytest
from aiohttp import web

from albc.local.dataplane.snapshot import Item
from tests.local.dataplane.kit import Stack, fixed, forward, listener, path, rule

pytestmark = pytest.mark.anyio


def http(actions: list[Item]) -> Item:
    return listener("http", 80, "HTTP", actions)


async def echo(request: web.BaseRequest) -> web.Response:
    """What the target saw."""
    body = await request.read()
    seen = {
        "path": request.raw_path,
        "method": request.method,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "from": request.transport.get_extra_info("peername")[0] if request.transport else None,
        "body": len(body),
    }
    return web.Response(text=json.dumps(seen))


async def test_rules_are_tried_in_order_and_the_default_comes_last(stack: Stack) -> None:
    stack.holds(
        http(fixed(404, "nobody")),
        rules=[rule(2, path("/*"), fixed(200, "all")), rule(1, path("/metrics"), fixed(403, "no"))],
    )
    await stack.settled(lambda: stack.serves(80))

    assert await stack.get("/metrics") == (403, "no")
    assert await stack.get("/else") == (200, "all")


async def test_a_host_rule_does_not_match_a_host_with_a_strange_port(stack: Stack) -> None:
    condition = {"Field": "host-header", "HostHeaderConfig": {"Values": ["shop.example.com"]}}
    stack.holds(http(fixed(404, "nobody")), rules=[rule(1, [condition], fixed(200, "shop"))])
    await stack.settled(lambda: stack.serves(80))

    assert await stack.get(host="shop.example.com:80") == (200, "shop")
    assert await stack.get(host="shop.example.com:1234") == (404, "nobody")


async def test_a_new_rule_holds_without_a_new_connection(stack: Stack) -> None:
    stack.holds(http(fixed(200, "before")))
    await stack.settled(lambda: stack.serves(80))
    assert await stack.get() == (200, "before")

    stack.holds(http(fixed(200, "after")))

    await stack.settled(lambda: stack.answers((200, "after")))


async def test_a_redirect_names_the_whole_location(stack: Stack) -> None:
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    stack.holds(http([{"Type": "redirect", "RedirectConfig": config}]))
    await stack.settled(lambda: stack.serves(80))

    async with stack.http.get(
        stack.url("/a?b=1"), headers={"Host": "shop.example.com"}, allow_redirects=False
    ) as answer:
        assert answer.status == 301
        assert answer.headers["Location"] == "https://shop.example.com:443/a?b=1"


async def test_a_target_sees_the_request_and_who_sent_it(stack: Stack) -> None:
    target = await stack.target(echo)
    stack.group("tg", target)
    stack.holds(http(forward("tg")))
    await stack.healthy("tg", target)

    _, text = await stack.get("/a%20b?c=%2F", headers={"X-Forwarded-For": "203.0.113.1"})

    seen = json.loads(text)
    assert seen["path"] == "/a%20b?c=%2F"
    assert seen["headers"]["host"] == "shop.example.com"
    assert seen["headers"]["x-forwarded-for"] == "203.0.113.1, 127.0.0.1"
    assert seen["headers"]["x-forwarded-proto"] == "http"
    assert seen["headers"]["x-amzn-trace-id"].startswith("Root=1-")


async def test_a_target_is_called_from_the_load_balancer_s_address(stack: Stack) -> None:
    if stack.book.usable_source(stack.address) is None:
        pytest.skip("this system has no loopback address but 127.0.0.1")
    target = await stack.target(echo)
    stack.group("tg", target)
    stack.holds(http(forward("tg")))
    await stack.healthy("tg", target)

    _, text = await stack.get()

    assert json.loads(text)["from"] == stack.address


async def test_healthy_targets_take_turns(stack: Stack) -> None:
    targets = [await stack.named(name) for name in ("a", "b", "c")]
    stack.group("tg", *targets)
    stack.holds(http(forward("tg")))
    await stack.healthy("tg", *targets)

    answers = sorted([(await stack.get())[1] for _ in range(6)])

    assert answers == ["a", "a", "b", "b", "c", "c"]


async def test_weight_zero_sends_nothing(stack: Stack) -> None:
    blue, green = await stack.named("blue"), await stack.named("green")
    stack.group("blue", blue)
    stack.group("green", green)
    stack.holds(http(forward(("blue", 0), ("green", 1))))
    await stack.healthy("blue", blue)
    await stack.healthy("green", green)

    assert {(await stack.get())[1] for _ in range(5)} == {"green"}


async def test_a_client_with_the_group_cookie_stays_with_its_group(stack: Stack) -> None:
    blue, green = await stack.named("blue"), await stack.named("green")
    stack.group("blue", blue)
    stack.group("green", green)
    stack.holds(http(forward(("blue", 1), ("green", 1), sticky=60)))
    await stack.healthy("blue", blue)
    await stack.healthy("green", green)

    async with stack.http.get(stack.url()) as answer:
        first, cookie = await answer.text(), answer.cookies["AWSALBTG"].value

    assert {(await stack.get(headers={"Cookie": f"AWSALBTG={cookie}"}))[1] for _ in range(10)} == {first}


async def test_a_client_with_the_target_cookie_stays_with_its_target(stack: Stack) -> None:
    targets = [await stack.named(name) for name in ("a", "b", "c")]
    stack.group("tg", *targets, Attributes={"stickiness.enabled": "true", "stickiness.type": "lb_cookie"})
    stack.holds(http(forward("tg")))
    await stack.healthy("tg", *targets)

    async with stack.http.get(stack.url()) as answer:
        first, cookie = await answer.text(), answer.cookies["AWSALB"].value

    assert {(await stack.get(headers={"Cookie": f"AWSALB={cookie}"}))[1] for _ in range(6)} == {first}


async def test_a_rewrite_changes_what_the_target_sees_and_not_the_way(stack: Stack) -> None:
    target = await stack.target(echo)
    stack.group("tg", target)
    transforms = [
        {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/api/(.*)", "Replace": "/$1"}]}},
        {
            "Type": "host-header-rewrite",
            "HostHeaderRewriteConfig": {"Rewrites": [{"Regex": ".*", "Replace": "inner.example"}]},
        },
    ]
    stack.holds(http(fixed(404)), rules=[rule(1, path("/api/*"), forward("tg"), Transforms=transforms)])
    await stack.healthy("tg", target)

    seen = json.loads((await stack.get("/api/users?all"))[1])

    assert (seen["path"], seen["headers"]["host"]) == ("/users?all", "inner.example")


async def test_a_group_without_targets_is_503(stack: Stack) -> None:
    stack.group("tg")
    stack.holds(http(forward("tg")))
    await stack.settled(lambda: stack.serves(80))

    assert (await stack.get())[0] == 503


async def test_a_target_that_refuses_is_502(stack: Stack) -> None:
    gone = await stack.target(echo)
    stack.group("tg", gone)
    stack.holds(http(forward("tg")))
    await stack.healthy("tg", gone)

    await stack.shut(gone)

    assert (await stack.get())[0] == 502


async def test_a_target_that_is_silent_too_long_is_504(stack: Stack) -> None:
    async def silent(request: web.BaseRequest) -> web.Response:
        await anyio.sleep_forever()
        raise AssertionError

    target = await stack.target(silent)
    stack.group("tg", target)
    stack.holds(http(forward("tg")), attributes={"idle_timeout.timeout_seconds": "1"})
    await stack.healthy("tg", target)

    assert (await stack.get())[0] == 504


async def test_when_all_targets_are_unhealthy_they_are_asked_all_the_same(stack: Stack) -> None:
    target = await stack.named("ill")
    stack.group("tg", target, Matcher={"HttpCode": "299"}, UnhealthyThresholdCount=1)
    stack.holds(http(forward("tg")))
    await stack.until(lambda: stack.health.get(("tg", *target)) == (False, "Target.ResponseCodeMismatch"))

    assert await stack.get() == (200, "ill")


async def test_a_draining_target_finishes_what_it_has_and_gets_nothing_new(stack: Stack) -> None:
    begun, may_end = anyio.Event(), anyio.Event()

    async def slow(request: web.BaseRequest) -> web.Response:
        begun.set()
        await may_end.wait()
        return web.Response(text="old")

    old, new = await stack.target(slow), await stack.named("new")
    stack.group("tg", old)
    stack.holds(http(forward("tg")))
    await stack.healthy("tg", old)
    answers: list[tuple[int, str]] = []

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stack.collect, answers)
        await begun.wait()
        stack.group("tg", old, new, draining=[old])
        await stack.healthy("tg", new)
        assert [await stack.get() for _ in range(4)] == [(200, "new")] * 4
        may_end.set()

    assert answers == [(200, "old")]


async def test_a_target_that_is_gone_for_good_loses_its_requests(stack: Stack) -> None:
    begun = anyio.Event()

    async def endless(request: web.BaseRequest) -> web.Response:
        begun.set()
        await anyio.sleep_forever()
        raise AssertionError

    target = await stack.target(endless)
    stack.group("tg", target)
    stack.holds(http(forward("tg")))
    await stack.healthy("tg", target)
    answers: list[tuple[int, str]] = []

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stack.collect, answers)
        await begun.wait()
        stack.group("tg")

    assert [status for status, _ in answers] == [502]


async def test_bodies_are_passed_on_in_both_directions(stack: Stack) -> None:
    async def back(request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        async for piece in request.content.iter_any():
            await answer.write(piece)
        return answer

    target = await stack.target(back)
    stack.group("tg", target)
    stack.holds(http(forward("tg")))
    await stack.healthy("tg", target)
    sent = bytes(range(256)) * 4096

    async with stack.http.post(stack.url(), data=sent) as answer:
        assert await answer.read() == sent


async def test_an_answer_is_passed_on_before_it_is_whole(stack: Stack) -> None:
    may_end = anyio.Event()

    async def in_pieces(request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"first")
        await may_end.wait()
        await answer.write(b"second")
        return answer

    target = await stack.target(in_pieces)
    stack.group("tg", target)
    stack.holds(http(forward("tg")))
    await stack.healthy("tg", target)

    async with stack.http.get(stack.url()) as answer:
        assert await answer.content.readany() == b"first"
        may_end.set()
        assert await answer.read() == b"second"


async def test_a_request_body_that_a_fixed_response_ignores_does_not_harm_the_answer(stack: Stack) -> None:
    stack.holds(http(fixed(403, "no")))
    await stack.settled(lambda: stack.serves(80))

    async with stack.http.post(stack.url(), data=b"x" * 200_000) as answer:
        assert (answer.status, await answer.text()) == (403, "no")


async def test_websockets_pass_through(stack: Stack) -> None:
    async def sockets(request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data.upper())
        return socket

    target = await stack.target(sockets)
    stack.group("tg", target)
    stack.holds(http(forward("tg")))
    await stack.healthy("tg", target)

    async with stack.http.ws_connect(stack.url("/chat")) as socket:
        await socket.send_str("hello")
        assert (await socket.receive(timeout=60)).data == "HELLO"


async def test_a_request_that_a_target_s_idle_connection_swallows_is_sent_again(stack: Stack) -> None:
    async def last_words(request: web.BaseRequest) -> web.Response:
        if request.transport and request.path == "/closing":
            asyncio.get_running_loop().call_later(0, request.transport.close)
        return web.Response(text="fine")

    target = await stack.target(last_words)
    stack.group("tg", target)
    stack.holds(http(forward("tg")))
    await stack.healthy("tg", target)

    assert [await stack.get(where) for where in ("/closing", "/", "/closing", "/")] == [(200, "fine")] * 4


async def test_what_is_no_http_is_400(stack: Stack) -> None:
    stack.holds(http(fixed(200)))
    await stack.settled(lambda: stack.serves(80))
    reader, writer = await stack.book.connect(stack.address, 80)

    writer.write(b"HELLO\r\n\r\n")

    assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
    writer.close()


@pytest.mark.parametrize("kind", ["authenticate-oidc", "jwt-validation"])
async def test_what_is_not_played_says_so(stack: Stack, kind: str) -> None:
    stack.holds(http([{"Type": kind, "Order": 1}, {**fixed(200)[0], "Order": 2}]))
    await stack.settled(lambda: stack.serves(80))

    status, text = await stack.get()

    assert status == 501
    assert "does not play" in text


async def test_head_gets_the_header_without_the_body(stack: Stack) -> None:
    stack.holds(http(fixed(200, "four")))
    await stack.settled(lambda: stack.serves(80))

    async with stack.http.head(stack.url()) as answer:
        assert (answer.headers["Content-Length"], await answer.read()) == ("4", b"")


async def test_security_groups_keep_clients_out(stack: Stack) -> None:
    stack.holds(
        http(fixed(200)),
        groups=["sg"],
        security_groups={"sg": {"IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]}},
    )
    await stack.settled(lambda: stack.serves(80))

    with pytest.raises(aiohttp.ClientError):
        await stack.get()

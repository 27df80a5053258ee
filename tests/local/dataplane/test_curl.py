"""What curl, which knows nothing of us, makes of an Application Load Balancer."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from aiohttp import web

from albc.local.dataplane.snapshot import Item
from tests.local.dataplane.kit import Stack, fixed, forward, listener, path, rule, self_signed

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine"),
]
HOST = "shop.example.com"


@dataclass(frozen=True)
class Curled:
    """One run of curl. `told` is what `--write-out %{json}` says of the last transfer."""

    code: int
    text: str
    headers: Mapping[str, str]
    told: Mapping[str, Any]

    @property
    def answer(self) -> tuple[int, str]:
        return self.told["http_code"], self.text


async def curl(stack: Stack, url: str, *options: str, ports: tuple[int, ...] = (80, 443)) -> Curled:
    """Runs curl; whatever host and port it is sent to, it meets the load balancer's listener of that port."""
    places: list[str] = []
    for port in ports:
        host, real = stack.book.resolve(stack.address, port)
        places += ["--connect-to", f":{port}:{host}:{real}"]
    base = ("--silent", "--insecure", "--max-time", "10", "--include", "--write-out", "\\n%{json}")
    ran = await anyio.run_process(["curl", *base, *places, *options, url], check=False)
    head, _, rest = ran.stdout.decode("latin-1").partition("\r\n\r\n")
    while rest.startswith("HTTP/"):  # interim answers and redirects that were followed
        head, _, rest = rest.partition("\r\n\r\n")
    text, _, told = rest.rpartition("\n")
    lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
    return Curled(ran.returncode, text, {name.lower(): value for name, _, value in lines}, json.loads(told or head))


def holds(stack: Stack, actions: list[Item], *rules: Item, **more: Any) -> None:
    """An HTTP and an HTTPS listener with the same actions; the rules are the HTTP one's."""
    certificates = [{"CertificateArn": "c", "IsDefault": True}]
    stack.holds(
        listener("http", 80, "HTTP", actions),
        listener("https", 443, "HTTPS", more.pop("secure", actions), Certificates=certificates),
        rules=rules,
        certificates={"c": self_signed(HOST)},
        **more,
    )


async def serving(stack: Stack) -> None:
    await stack.settled(lambda: stack.serves(80))
    await stack.settled(lambda: stack.serves(443))


async def echo(request: web.BaseRequest) -> web.Response:
    """What the target saw."""
    body = await request.read()
    headers = {name.lower(): value for name, value in request.headers.items()}
    return web.json_response(
        {"method": request.method, "path": request.raw_path, "headers": headers, "body": len(body)}
    )


async def echoing(stack: Stack, **group: Any) -> None:
    """Both listeners forward to one echoing target."""
    target = await stack.target(echo)
    stack.group("tg", target, **group)
    holds(stack, forward("tg"))
    await serving(stack)
    await stack.healthy("tg", target)


@pytest.mark.parametrize(
    ("url", "option", "version"),
    [
        (f"http://{HOST}/", "--http1.0", "1.0"),
        (f"http://{HOST}/", "--http1.1", "1.1"),
        (f"https://{HOST}/", "--http1.1", "1.1"),
        (f"https://{HOST}/", "--http2", "2"),
    ],
)
async def test_each_version_of_http_is_answered(stack: Stack, url: str, option: str, version: str) -> None:
    holds(stack, fixed(200, "hello"))
    await serving(stack)

    got = await curl(stack, url, option)

    # An answer to HTTP/1.0 may say 1.1 (RFC 9110 §6.2); the connection ends after it all the same.
    assert got.answer == (200, "hello")
    assert got.told["http_version"] in (version, "1.1")


@pytest.mark.parametrize("url", [f"http://{HOST}/[1-5]", f"https://{HOST}/[1-5]"])
async def test_one_connection_carries_request_after_request(stack: Stack, url: str) -> None:
    await echoing(stack)

    got = await curl(stack, url)

    assert got.told["url"].endswith("/5")
    assert got.told["num_connects"] == 0


async def test_a_redirect_from_http_to_https_is_followed(stack: Stack) -> None:
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    redirect: list[Item] = [{"Type": "redirect", "RedirectConfig": config}]
    holds(stack, redirect, secure=fixed(200, "safe"))
    await serving(stack)

    got = await curl(stack, f"http://{HOST}/cart?id=1", "--location")

    assert got.answer == (200, "safe")
    assert got.told["url_effective"] == f"https://{HOST}:443/cart?id=1"


@pytest.mark.parametrize(
    ("parts", "location"),
    [
        ({"Host": "new.#{host}"}, f"http://new.{HOST}:80/a/b?x=1&y=2"),
        ({"Path": "/old/#{path}"}, f"http://{HOST}:80/old/a/b?x=1&y=2"),
        ({"Query": "from=#{host}&#{query}"}, f"http://{HOST}:80/a/b?from={HOST}&x=1&y=2"),
        ({"Query": ""}, f"http://{HOST}:80/a/b"),
        ({"Protocol": "HTTPS", "Port": "8443"}, f"https://{HOST}:8443/a/b?x=1&y=2"),
        ({"Path": "/#{protocol}/#{port}/#{host}"}, f"http://{HOST}:80/HTTP/80/{HOST}?x=1&y=2"),
    ],
)
async def test_a_redirect_fills_parts_of_the_request_in(stack: Stack, parts: Mapping[str, str], location: str) -> None:
    holds(stack, [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", **parts}}])
    await serving(stack)

    got = await curl(stack, f"http://{HOST}/a/b?x=1&y=2")

    # curl writes the scheme in lower case.
    assert (got.told["http_code"], got.told["redirect_url"].lower()) == (302, location.lower())
    assert got.headers["server"] == "awselb/2.0"


@pytest.mark.parametrize(
    "attributes",
    [
        {"stickiness.enabled": "true", "stickiness.type": "lb_cookie"},
        {"stickiness.enabled": "true", "stickiness.type": "app_cookie", "stickiness.app_cookie.cookie_name": "session"},
    ],
    ids=["load balancer's cookie", "application's cookie"],
)
async def test_a_cookie_jar_keeps_a_client_at_its_target(
    stack: Stack, tmp_path: anyio.Path, attributes: Mapping[str, str]
) -> None:
    async def named(request: web.BaseRequest) -> web.Response:
        name = request.transport.get_extra_info("sockname")[0] if request.transport else ""
        return web.Response(text=name, headers={"Set-Cookie": "session=1; Path=/"})

    targets = [await stack.target(named) for _ in range(4)]
    stack.group("tg", *targets, Attributes=attributes)
    holds(stack, forward("tg"))
    await serving(stack)
    await stack.healthy("tg", *targets)
    jar = str(tmp_path / "jar")

    with_jar = {(await curl(stack, f"http://{HOST}/", "--cookie-jar", jar, "--cookie", jar)).text for _ in range(8)}
    without = {(await curl(stack, f"http://{HOST}/")).text for _ in range(8)}

    assert len(with_jar) == 1
    assert len(without) == 4


async def test_a_cookie_jar_keeps_a_client_at_its_target_group(stack: Stack, tmp_path: anyio.Path) -> None:
    old, new = await stack.named("old"), await stack.named("new")
    stack.group("old", old)
    stack.group("new", new)
    holds(stack, forward(("old", 50), ("new", 50), sticky=600))
    await serving(stack)
    await stack.healthy("old", old)
    await stack.healthy("new", new)
    jar = str(tmp_path / "jar")

    with_jar = [(await curl(stack, f"http://{HOST}/", "--cookie-jar", jar, "--cookie", jar)).text for _ in range(12)]

    assert len(set(with_jar)) == 1


async def test_the_cookie_is_named_as_aws_names_it_and_expires(stack: Stack) -> None:
    attributes = {"stickiness.enabled": "true", "stickiness.type": "lb_cookie"}
    await echoing(stack, Attributes=attributes)

    got = await curl(stack, f"http://{HOST}/")

    assert got.headers["set-cookie"].startswith("AWSALB")
    assert "Expires=" in got.headers["set-cookie"]


@pytest.mark.parametrize(
    ("options", "body"),
    [
        (("--data", "x" * 100), 100),
        (("--header", "Transfer-Encoding: chunked", "--data", "x" * 100), 100),
        (("--header", "Expect: 100-continue", "--data", "x" * 5000), 5000),
        (("--request", "PUT", "--data-binary", "@/dev/null"), 0),
    ],
    ids=["length", "chunked", "expect", "empty"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_bodies_reach_the_target_however_they_are_sent(
    stack: Stack, scheme: str, options: tuple[str, ...], body: int
) -> None:
    await echoing(stack)

    got = await curl(stack, f"{scheme}://{HOST}/upload", *options)

    assert json.loads(got.text)["body"] == body


async def test_a_target_learns_who_asked_and_how(stack: Stack) -> None:
    await echoing(stack)

    seen = json.loads((await curl(stack, f"https://{HOST}/")).text)["headers"]

    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"], seen["x-forwarded-port"]) == (
        "127.0.0.1",
        "https",
        "443",
    )
    assert seen["x-amzn-trace-id"].startswith("Root=1-")


async def test_a_head_request_gets_the_header_and_no_body(stack: Stack) -> None:
    await echoing(stack)

    got = await curl(stack, f"http://{HOST}/", "--head")

    assert got.told["http_code"] == 200
    assert int(got.headers["content-length"]) > 0
    assert got.told["size_download"] == 0


@pytest.mark.parametrize(
    ("options", "where", "wanted"),
    [
        ((), "/img/a.png", "path"),
        ((), "/img", "default"),
        (("--header", "Host: API.example.org"), "/", "host"),
        (("--header", "X-Version: v2.1"), "/", "header"),
        (("--request", "DELETE"), "/", "method"),
        ((), "/?version=beta", "query"),
        ((), "/v12/users", "regex"),
    ],
)
async def test_every_condition_can_be_met_by_a_client(
    stack: Stack, options: tuple[str, ...], where: str, wanted: str
) -> None:
    holds(
        stack,
        fixed(200, "default"),
        rule(1, path("/img/*"), fixed(200, "path")),
        rule(2, [{"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.org"]}}], fixed(200, "host")),
        rule(
            3,
            [{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "x-version", "Values": ["v2*"]}}],
            fixed(200, "header"),
        ),
        rule(
            4,
            [{"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["DELETE"]}}],
            fixed(200, "method"),
        ),
        rule(
            5,
            [{"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "version", "Value": "beta"}]}}],
            fixed(200, "query"),
        ),
        rule(6, [{"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/v[0-9]+/"]}}], fixed(200, "regex")),
    )
    await serving(stack)

    assert (await curl(stack, f"http://{HOST}{where}", *options)).answer == (200, wanted)


async def test_the_source_address_decides(stack: Stack) -> None:
    def source(*networks: str) -> list[Item]:
        return [{"Field": "source-ip", "SourceIpConfig": {"Values": list(networks)}}]

    holds(
        stack,
        fixed(403, "stranger"),
        rule(1, source("10.0.0.0/8"), fixed(200, "ten")),
        rule(2, source("192.168.0.0/16", "127.0.0.0/8"), fixed(200, "here")),
    )
    await serving(stack)

    assert (await curl(stack, f"http://{HOST}/", "--header", "X-Forwarded-For: 10.1.1.1")).answer == (200, "here")


async def test_a_client_that_asks_no_http_is_answered_400(stack: Stack) -> None:
    holds(stack, fixed(200))
    await serving(stack)

    got = await curl(stack, f"http://{HOST}/", "--header", "Content-Length: nonsense", "--data", "x")

    assert got.told["http_code"] == 400

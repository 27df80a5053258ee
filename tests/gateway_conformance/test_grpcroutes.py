"""GRPCRoutes, behind HTTPS: an ALB speaks gRPC over TLS only."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import anyio
import pytest
from tls_secrets import pem

from albc.local.dataplane.headers import find
from albc.local.dataplane.http1 import BadAnswer, RequestHead
from albc.local.dataplane.http2 import Http2TargetSide
from tests.gateway_conformance.objects import INFRA, Plain, backend, gateway, https, route, to
from tests.gateway_conformance.suite import WITHIN_SECONDS, Suite

pytestmark = pytest.mark.anyio

SERVICE = "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho"
V1, V2 = "grpc-infra-backend-v1", "grpc-infra-backend-v2"
HOST = "www.example.org"
TRUSTED = pem("*.example.org", "*.wildcard.org").certificate
CODES: Mapping[str, str] = {"12": "UNIMPLEMENTED", "HTTP 404": "UNIMPLEMENTED"}
"""By what a client is told: gRPC's number, or the HTTP status of what speaks no gRPC."""


@pytest.fixture
async def backends(suite: Suite) -> None:
    for name in (V1, V2):
        deployment, service = backend(INFRA, name)
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        container["env"] = [{"name": "GRPC_ECHO_SERVER", "value": "1"}]
        await suite.apply(deployment, service)


def method(**fields: Any) -> Plain:
    return {"method": {"type": "Exact", **fields}}


class Caller:
    """A client of one Gateway's HTTPS listener."""

    def __init__(self, suite: Suite, gateway: str) -> None:
        self._suite = suite
        self._gateway = gateway

    async def gets(
        self, method: str, *, pod: str = "", code: str = "", host: str = HOST, metadata: Sequence[tuple[str, str]] = ()
    ) -> None:
        """The call is answered by this backend, or fails with this code."""
        last: object = None
        with anyio.move_on_after(WITHIN_SECONDS):
            while True:
                last = await self._call(method, host, metadata)
                if (pod and isinstance(last, bytes) and f"{pod}-".encode() in last) or (code and last == code):
                    return
                await anyio.sleep(0.1)
        pytest.fail(f"{self._gateway} {method} {host}: wanted {pod or code}, got {last!r}")

    async def _call(self, method: str, host: str, metadata: Sequence[tuple[str, str]]) -> object:
        """The answer's message, or the code of a call that fails; None while nobody answers."""
        place = await self._suite.place(self._gateway, 443)
        if place is None:
            return None
        trust = ssl.create_default_context(cadata=TRUSTED)
        trust.set_alpn_protocols(["h2"])
        try:
            async with asyncio.timeout(3):
                streams = await asyncio.open_connection(*place, ssl=trust, server_hostname=host)
                side = Http2TargetSide(*streams)
                try:
                    return await _spoken(side, f"/{SERVICE}/{method}", host, metadata)
                finally:
                    side.close()
        except (OSError, TimeoutError, BadAnswer):
            return None


async def _spoken(side: Http2TargetSide, path: str, host: str, metadata: Sequence[tuple[str, str]]) -> object:
    headers = [(b"host", host.encode()), (b"content-type", b"application/grpc")]
    headers += [(name.encode(), value.encode()) for name, value in metadata]
    side.send_head(RequestHead("POST", path, headers, has_body=True))

    async def empty() -> AsyncIterator[bytes]:
        yield b"\0\0\0\0\0"

    await side.send_body(empty())
    head = await side.answer()
    message = b"" if head.is_all else b"".join([piece async for piece in side.body()])
    status = find(side.trailers, b"grpc-status") or find(head.headers, b"grpc-status")
    if status == b"0":
        return message
    return CODES.get(status.decode() if status else f"HTTP {head.status}", "?")


@pytest.mark.conformance("GRPCExactMethodMatching", profile="GRPCRoute", level="core")
async def test_services_and_methods_choose_the_backend(suite: Suite, backends: None) -> None:
    rules = (
        to(V1, matches=[method(service=SERVICE, method="Echo")]),
        to(V2, matches=[method(service=SERVICE, method="EchoTwo")]),
    )
    await suite.apply(gateway("grpc", https()), route("GRPCRoute", "grpc", *rules, gateway="grpc"))

    caller = Caller(suite, "grpc")
    await caller.gets("Echo", pod=V1)
    await caller.gets("EchoTwo", pod=V2)
    await caller.gets("EchoThree", code="UNIMPLEMENTED")
    await suite.route_says("grpc", kind="GRPCRoute", Accepted="True", ResolvedRefs="True")


@pytest.mark.conformance("GRPCRouteHeaderMatching", profile="GRPCRoute", level="core")
async def test_headers_choose_the_backend(suite: Suite, backends: None) -> None:
    def headers(**values: str) -> Plain:
        return {"headers": [{"name": name, "value": value} for name, value in values.items()]}

    rules = (
        to(V1, matches=[headers(version="one")]),
        to(V2, matches=[headers(version="two")]),
        to(V1, matches=[headers(version="two", color="orange")]),
    )
    await suite.apply(
        gateway("grpc-headers", https()), route("GRPCRoute", "grpc-headers", *rules, gateway="grpc-headers")
    )

    caller = Caller(suite, "grpc-headers")
    await caller.gets("Echo", pod=V1, metadata=[("version", "one")])
    await caller.gets("Echo", pod=V2, metadata=[("version", "two")])
    await caller.gets("Echo", pod=V1, metadata=[("version", "two"), ("color", "orange")])
    await caller.gets("Echo", code="UNIMPLEMENTED", metadata=[("version", "three")])


@pytest.mark.conformance("GRPCRouteListenerHostnameMatching", profile="GRPCRoute", level="core")
async def test_listeners_take_their_hostnames(suite: Suite, backends: None) -> None:
    await suite.apply(
        gateway("grpc-hosts", https("exact", hostname="exact.example.org"), https("wild", hostname="*.wildcard.org")),
        route("GRPCRoute", "grpc-exact", to(V1), gateway="grpc-hosts"),
        route("GRPCRoute", "grpc-wild", to(V2), gateway="grpc-hosts", hostnames=["foo.wildcard.org"]),
    )

    caller = Caller(suite, "grpc-hosts")
    await caller.gets("Echo", pod=V1, host="exact.example.org")
    await caller.gets("Echo", pod=V2, host="foo.wildcard.org")
    await caller.gets("Echo", pod=V1, host="bar.wildcard.org")


@pytest.mark.conformance("GRPCRouteWeight", profile="GRPCRoute", level="core")
async def test_a_weight_of_nought_gets_no_call(suite: Suite, backends: None) -> None:
    backends_ = {"name": V1, "weight": 1}, {"name": V2, "weight": 0}
    await suite.apply(
        gateway("grpc-weights", https()), route("GRPCRoute", "grpc-weights", to(*backends_), gateway="grpc-weights")
    )

    caller = Caller(suite, "grpc-weights")
    for _ in range(8):
        await caller.gets("Echo", pod=V1)


@pytest.mark.conformance("GRPCRouteNamedRule", profile="GRPCRoute", level="extended")
async def test_rules_may_have_names(suite: Suite, backends: None) -> None:
    rule = to(V1, name="first", matches=[method(service=SERVICE)])
    await suite.apply(gateway("grpc-named", https()), route("GRPCRoute", "grpc-named", rule, gateway="grpc-named"))

    await Caller(suite, "grpc-named").gets("Echo", pod=V1)

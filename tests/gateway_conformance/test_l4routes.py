"""TLSRoutes, TCPRoutes and UDPRoutes, behind Network Load Balancers."""

import asyncio
import socket
import ssl
from collections.abc import Mapping

import pytest
from tls_secrets import pem, tls_secret

from tests.gateway_conformance.objects import (
    INFRA,
    NLB_CLASS,
    WEB,
    Plain,
    backend,
    certificate,
    configuration,
    gateway,
    route,
    to,
)
from tests.gateway_conformance.suite import Suite

pytestmark = pytest.mark.anyio

TCP, UDP, TLS = "tcp-backend", "udp-backend", "tls-backend"
HOST = "abc.example.org"


@pytest.fixture
async def backends(suite: Suite) -> None:
    await suite.apply(
        *backend(INFRA, TCP, image="tcp-echo", target=9000),
        *_datagrams(),
        *backend(INFRA, TLS, target=8443),
        configuration(
            "TargetGroupConfiguration",
            INFRA,
            TLS,
            targetReference={"name": TLS},
            defaultConfiguration={"protocol": "TCP"},
        ),
    )


def _datagrams() -> list[Plain]:
    """Health checks of a UDP target group are TCP."""
    deployment, service = backend(INFRA, UDP, image="udp-echo", target=9000, protocol="UDP")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["ports"] = [
        {"name": "udp", "containerPort": 9000, "protocol": "UDP"},
        {"name": "tcp-health", "containerPort": 9000},
    ]
    return [deployment, service]


def listener(protocol: str, port: int, **fields: object) -> Plain:
    return {"name": protocol.lower(), "protocol": protocol, "port": port, **fields}


def nlb(name: str, *listeners: Plain) -> Plain:
    return gateway(name, *listeners, layer=NLB_CLASS)


class Line:
    """A connection to a listener; each line comes back with the pod's name before it."""

    def __init__(self, suite: Suite, gateway: str, port: int) -> None:
        self._suite = suite
        self._gateway = gateway
        self._port = port

    async def echoes(self, pod: str, tls: ssl.SSLContext | None = None, host: str | None = None) -> None:
        async def so() -> bool:
            answer = await self._say(b"hello\n", tls, host)
            return answer.startswith(pod.encode() + b"-") and b"hello" in answer

        await self._suite.until(so, f"{pod} behind {self._gateway}")

    async def speaks_http(self, pod: str, tls: ssl.SSLContext, host: str) -> None:
        """The backend ends TLS itself."""

        async def so() -> bool:
            answer = await self._say(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", tls, host, lines=None)
            return f'"pod": "{pod}-'.encode() in answer

        await self._suite.until(so, f"{pod} behind {self._gateway}")

    async def _say(self, text: bytes, tls: ssl.SSLContext | None, host: str | None, lines: int | None = 1) -> bytes:
        place = await self._suite.place(self._gateway, self._port)
        if place is None:
            return b""
        try:
            async with asyncio.timeout(3):
                reader, writer = await asyncio.open_connection(*place, ssl=tls, server_hostname=host)
                try:
                    writer.write(text)
                    return await (reader.readline() if lines else reader.read())
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return b""


def trusting(content: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=content)


def anything() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.mark.conformance("TLSRouteSimpleSameNamespace", profile="TLSRoute", level="core")
@pytest.mark.conformance("TLSRouteListenerPassthroughSupportedKinds", profile="TLSRoute", level="core")
async def test_tls_that_is_passed_through_ends_at_the_backend(suite: Suite, backends: None) -> None:
    passed = listener("TLS", 443, hostname=HOST, tls={"mode": "Passthrough"})
    await suite.apply(
        nlb("passthrough", passed),
        route("TLSRoute", "passthrough", to(TLS), gateway="passthrough", hostnames=[HOST]),
    )

    await Line(suite, "passthrough", 443).speaks_http(TLS, anything(), HOST)
    await suite.route_says("passthrough", kind="TLSRoute", Accepted="True", ResolvedRefs="True")
    await suite.listener_says("passthrough", "tls", attached=1, kinds=["TLSRoute", "TCPRoute"], Programmed="True")


@pytest.mark.conformance("TLSRouteTerminateSimpleSameNamespace", profile="TLSRoute", level="extended")
async def test_tls_that_ends_at_the_gateway_has_the_certificate_of_a_secret(suite: Suite, backends: None) -> None:
    content = pem(HOST)
    ended = listener("TLS", 443, hostname=HOST, tls=certificate("terminated"))
    plain = configuration(
        "TargetGroupConfiguration", INFRA, TCP, targetReference={"name": TCP}, defaultConfiguration={"protocol": "TCP"}
    )
    await suite.apply(
        plain,
        tls_secret("terminated", content, INFRA),
        nlb("terminate", ended),
        route("TLSRoute", "terminate", to(TCP), gateway="terminate", hostnames=[HOST]),
    )

    await Line(suite, "terminate", 443).echoes(TCP, trusting(content.certificate), HOST)


@pytest.mark.conformance("TLSRouteHostnameIntersection", profile="TLSRoute", level="core")
@pytest.mark.conformance("TLSRouteInvalidNoMatchingListenerHostname", profile="TLSRoute", level="core")
async def test_a_tls_route_needs_a_hostname_of_its_listener(suite: Suite, backends: None) -> None:
    wild = listener("TLS", 443, hostname="*.example.org", tls={"mode": "Passthrough"})
    hosts: Mapping[str, tuple[str, ...]] = {
        "fits": ("other.example.net", "abc.example.org"),
        "wider": ("*.org", "*.example.org"),
        "strange": ("abc.example.net", "example.org"),
    }
    await suite.apply(nlb("tls-hosts", wild))
    for name, names in hosts.items():
        await suite.apply(route("TLSRoute", f"tls-{name}", to(TLS), gateway="tls-hosts", hostnames=list(names)))

    await suite.route_says("tls-fits", kind="TLSRoute", Accepted="True")
    await suite.route_says("tls-wider", kind="TLSRoute", Accepted="True")
    await suite.route_says("tls-strange", kind="TLSRoute", Accepted="False NoMatchingListenerHostname")


@pytest.mark.conformance("TLSRouteInvalidReferenceGrant", profile="TLSRoute", level="core")
@pytest.mark.conformance("TLSRouteInvalidBackendRefNonexistent", profile="TLSRoute", level="core")
@pytest.mark.conformance("TLSRouteInvalidBackendRefUnknownKind", profile="TLSRoute", level="core")
async def test_a_tls_route_is_told_about_backends_that_it_cannot_use(suite: Suite, backends: None) -> None:
    passed = listener("TLS", 443, tls={"mode": "Passthrough"})
    wrong: Mapping[str, tuple[Plain, str]] = {
        "grant": ({"name": "web-backend", "namespace": WEB}, "RefNotPermitted"),
        "missing": ({"name": "nowhere"}, "BackendNotFound"),
        "kind": ({"group": "example.net", "kind": "Strange", "name": "x"}, "InvalidKind"),
    }
    await suite.apply(nlb("tls-refs", passed))
    for name, (reference, _) in wrong.items():
        await suite.apply(route("TLSRoute", f"tls-{name}", to(reference), gateway="tls-refs", hostnames=[HOST]))

    for name, (_, reason) in wrong.items():
        await suite.route_says(f"tls-{name}", kind="TLSRoute", Accepted="True", ResolvedRefs=f"False {reason}")


@pytest.mark.conformance("TLSRouteInvalidNoMatchingListener", profile="TLSRoute", level="core")
async def test_a_tls_route_does_not_attach_to_listeners_of_other_protocols(suite: Suite, backends: None) -> None:
    await suite.apply(
        nlb("no-tls", listener("TCP", 9000)),
        route("TLSRoute", "no-tls", to(TLS), gateway="no-tls", hostnames=[HOST]),
    )

    await suite.route_says("no-tls", kind="TLSRoute", Accepted="False NotAllowedByListeners")


@pytest.mark.conformance("TCPRoute", profile="TCPRoute", level="core")
async def test_a_tcp_route_serves(suite: Suite, backends: None) -> None:
    await suite.apply(nlb("tcp", listener("TCP", 9000)), route("TCPRoute", "tcp", to(TCP), gateway="tcp"))

    await Line(suite, "tcp", 9000).echoes(TCP)
    await suite.route_says("tcp", kind="TCPRoute", Accepted="True", ResolvedRefs="True")


@pytest.mark.conformance("UDPRoute", profile="UDPRoute", level="core")
async def test_a_udp_route_serves(suite: Suite, backends: None) -> None:
    await suite.apply(nlb("udp", listener("UDP", 9000)), route("UDPRoute", "udp", to(UDP), gateway="udp"))

    async def so() -> bool:
        place = await suite.place("udp", 9000)
        if place is None:
            return False
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.connect(place)
            await loop.sock_sendall(line, b"hello")
            try:
                async with asyncio.timeout(0.5):
                    answer = await loop.sock_recv(line, 1000)
            except (TimeoutError, OSError):
                return False
        return answer.startswith(UDP.encode())

    await suite.until(so, "an echo over UDP")
    await suite.route_says("udp", kind="UDPRoute", Accepted="True", ResolvedRefs="True")

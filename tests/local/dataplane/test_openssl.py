"""What `openssl s_client` sees of TLS listeners: certificate by name, protocol by ALPN, versions."""

import re
import shutil
from dataclasses import dataclass

import anyio
import pytest

from albc.local.dataplane.snapshot import Item
from tests.local.dataplane.kit import Stack, fixed, forward, listener, self_signed

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not on this machine"),
]


@dataclass(frozen=True)
class Handshake:
    """What a handshake came to; a subject of None: there was none."""

    subject: str | None
    alpn: str | None
    version: str | None
    text: str


async def handshake(stack: Stack, *options: str, port: int = 443, send: bytes = b"") -> Handshake:
    """Runs `openssl s_client`."""
    host, real = stack.book.resolve(stack.address, port)
    base = ("-connect", f"{host}:{real}", "-ign_eof") if send else ("-connect", f"{host}:{real}")
    ran = await anyio.run_process(["openssl", "s_client", *base, *options], input=send, check=False)
    text = ran.stdout.decode("latin-1")

    def told(pattern: str) -> str | None:
        found = re.search(pattern, text, re.MULTILINE)
        return found[1] if found else None

    # Versions differ: `New, TLSv1.3, Cipher is …`; `subject=CN = a` or `subject=CN=a`.
    subject = told(r"^subject=CN ?= ?(\S+)")
    return Handshake(subject, told(r"^ALPN protocol: (\S+)"), told(r"^New, (TLSv[\d.]+),"), text)


CERTIFICATES = {
    "default": self_signed("default.example"),
    "shop": self_signed("shop.example.com"),
    "any": self_signed("*.example.com"),
}
HELD = [{"CertificateArn": arn, "IsDefault": arn == "default"} for arn in ("any", "shop", "default")]


async def https(stack: Stack, **attributes: str) -> None:
    stack.holds(
        listener("https", 443, "HTTPS", fixed(200, "secret"), Certificates=HELD),
        certificates=CERTIFICATES,
        attributes={name.replace("__", "."): value for name, value in attributes.items()},
    )
    await stack.settled(lambda: stack.serves(443))


@pytest.mark.parametrize(
    ("options", "subject"),
    [
        (("-servername", "shop.example.com"), "shop.example.com"),
        (("-servername", "blog.example.com"), "*.example.com"),
        (("-servername", "a.b.example.com"), "default.example"),
        (("-noservername",), "default.example"),
    ],
    ids=["its own", "wildcard", "not the wildcard's", "no name"],
)
async def test_the_name_decides_which_certificate_is_shown(
    stack: Stack, options: tuple[str, ...], subject: str
) -> None:
    await https(stack)

    assert (await handshake(stack, *options)).subject == subject


@pytest.mark.parametrize(
    ("offered", "chosen"), [("h2,http/1.1", "h2"), ("http/1.1,h2", "h2"), ("http/1.1", "http/1.1")]
)
async def test_an_https_listener_prefers_http2(stack: Stack, offered: str, chosen: str) -> None:
    await https(stack)

    assert (await handshake(stack, "-alpn", offered)).alpn == chosen


async def test_without_http2_the_listener_offers_http1_alone(stack: Stack) -> None:
    await https(stack, routing__http2__enabled="false")

    assert (await handshake(stack, "-alpn", "h2,http/1.1")).alpn == "http/1.1"


@pytest.mark.parametrize(("option", "version"), [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
async def test_both_current_versions_of_tls_are_spoken(stack: Stack, option: str, version: str) -> None:
    await https(stack)

    assert (await handshake(stack, option)).version == version


async def test_older_versions_of_tls_are_refused(stack: Stack) -> None:
    await https(stack)

    assert (await handshake(stack, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")).subject is None


@pytest.mark.parametrize(
    ("policy", "version"),
    [
        ("ELBSecurityPolicy-TLS13-1-2-2021-06", "TLSv1.2"),
        ("ELBSecurityPolicy-2016-08", "TLSv1.2"),
        ("ELBSecurityPolicy-TLS13-1-3-2021-06", None),
    ],
)
async def test_the_security_policy_decides_whether_tls_1_2_will_do(
    stack: Stack, policy: str, version: str | None
) -> None:
    front = listener("https", 443, "HTTPS", fixed(200), Certificates=HELD, SslPolicy=policy)
    stack.holds(front, certificates=CERTIFICATES)
    await stack.settled(lambda: stack.serves(443))

    assert (await handshake(stack, "-tls1_2")).version == version


def tls(policy: str | None) -> Item:
    more = {"AlpnPolicy": [policy]} if policy else {}
    return listener("tls", 443, "TLS", forward("tg"), Certificates=HELD, **more)


@pytest.mark.parametrize(
    ("policy", "offered", "chosen"),
    [
        ("HTTP1Only", "h2,http/1.1", "http/1.1"),
        ("HTTP2Only", "h2,http/1.1", "h2"),
        ("HTTP2Optional", "h2,http/1.1", "http/1.1"),
        ("HTTP2Optional", "h2", "h2"),
        ("HTTP2Preferred", "http/1.1,h2", "h2"),
        (None, "h2,http/1.1", None),
    ],
)
async def test_a_tls_listener_of_a_network_load_balancer_follows_its_alpn_policy(
    stack: Stack, policy: str | None, offered: str, chosen: str | None
) -> None:
    stack.group("tg", Protocol="TCP", HealthCheckProtocol="TCP")
    stack.holds(tls(policy), certificates=CERTIFICATES)
    await stack.settled(lambda: stack.serves(443))

    assert (await handshake(stack, "-alpn", offered)).alpn == chosen


async def test_a_request_typed_into_openssl_is_answered(stack: Stack) -> None:
    await https(stack)

    request = b"GET / HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n"
    got = await handshake(stack, "-servername", "shop.example.com", "-quiet", send=request)

    assert "HTTP/1.1 200" in got.text
    assert got.text.endswith("secret")

"""Which certificate a client gets, and that HTTPS works from outside."""

import asyncio
import shutil
import ssl
import subprocess
from dataclasses import replace

import anyio
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from albc.local.dataplane.snapshot import Item
from albc.local.dataplane.tls import Names, choose, names_of
from tests.local.dataplane.kit import Stack, fixed, listener, self_signed

DEFAULT = Names("default", ("default.example",))
SHOP = Names("shop", ("shop.example.com", "www.example.com"))
ANY = Names("any", ("*.example.com",))


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("shop.example.com", "shop"),
        ("SHOP.example.com.", "shop"),
        ("blog.example.com", "any"),
        ("a.b.example.com", "default"),
        ("other.org", "default"),
        (None, "default"),
    ],
)
def test_the_closest_name_wins_and_the_default_serves_the_rest(asked: str | None, served: str) -> None:
    assert choose(asked, (DEFAULT, ANY, SHOP)) == served


@given(st.text())
def test_some_certificate_is_always_chosen_while_there_is_one(asked: str) -> None:
    assert choose(asked, (DEFAULT, ANY)) in ("default", "any")


def test_without_certificates_none_is_served() -> None:
    assert choose("shop.example.com", ()) is None


def test_the_names_of_a_certificate_are_its_alternative_names() -> None:
    assert names_of("arn", self_signed("a.example", "*.b.example")[0]).covers == ("a.example", "*.b.example")


def https(*arns: str) -> Item:
    certificates = [{"CertificateArn": arn, "IsDefault": arn == "default"} for arn in arns]
    return listener("https", 443, "HTTPS", fixed(200, "secret"), Certificates=certificates)


async def served_name(stack: Stack, asked: str | None) -> str:
    """Subject of the certificate that the load balancer shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host, port = stack.book.resolve(stack.address, 443)
    _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=asked or "")
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(shown).subject.rfc4514_string().removeprefix("CN=")


@pytest.mark.anyio
async def test_the_client_gets_the_certificate_for_the_name_it_asks_for(stack: Stack) -> None:
    held = {"default": self_signed("default.example"), "shop": self_signed("shop.example.com")}
    stack.holds(https("shop", "default"), certificates=held)
    await stack.settled(lambda: stack.serves(443))

    assert await served_name(stack, "shop.example.com") == "shop.example.com"
    assert await served_name(stack, "unknown.example") == "default.example"
    assert await served_name(stack, None) == "default.example"


@pytest.mark.anyio
async def test_a_new_certificate_is_served_without_closing_the_listener(stack: Stack) -> None:
    held = {"default": self_signed("old.example")}
    stack.holds(https("default"), certificates=held)
    await stack.settled(lambda: stack.serves(443))
    assert await served_name(stack, None) == "old.example"

    stack.account = replace(stack.account, certificates={"default": self_signed("new.example")})
    stack.plane.notify()

    async def renewed() -> bool:
        return await served_name(stack, None) == "new.example"

    await stack.settled(renewed)


@pytest.mark.anyio
async def test_a_listener_without_a_usable_certificate_refuses_handshakes_and_stays(stack: Stack) -> None:
    stack.holds(https("default"), certificates={"default": (b"no certificate", b"no key")})
    await stack.settled(lambda: stack.serves(443))

    with pytest.raises((ConnectionError, ssl.SSLError)):
        await served_name(stack, None)

    stack.account = replace(stack.account, certificates={"default": self_signed("good.example")})
    stack.plane.notify()

    async def mended() -> bool:
        try:
            return await served_name(stack, None) == "good.example"
        except OSError:
            return False

    await stack.settled(mended)


@pytest.mark.anyio
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
async def test_curl_verifies_the_certificate_and_gets_its_answer(stack: Stack, tmp_path: anyio.Path) -> None:
    certificate, key = self_signed("shop.example.com")
    authority = anyio.Path(tmp_path) / "ca.pem"
    await authority.write_bytes(certificate)
    stack.holds(https("default"), certificates={"default": (certificate, key)})
    await stack.settled(lambda: stack.serves(443))
    host, port = stack.book.resolve(stack.address, 443)

    ran = await anyio.run_process(
        [
            *("curl", "--silent", "--show-error", "--cacert", str(authority)),
            *("--connect-to", f"shop.example.com:443:{host}:{port}", "https://shop.example.com/"),
        ],
        check=False,
        stderr=subprocess.STDOUT,
    )

    assert ran.stdout == b"secret"


@pytest.mark.anyio
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not on this machine")
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_openssl_gets_the_certificate_by_name_in_every_version(stack: Stack, version: str) -> None:
    held = {"default": self_signed("default.example"), "shop": self_signed("shop.example.com")}
    stack.holds(https("shop", "default"), certificates=held)
    await stack.settled(lambda: stack.serves(443))
    host, port = stack.book.resolve(stack.address, 443)

    ran = await anyio.run_process(
        ["openssl", "s_client", "-connect", f"{host}:{port}", "-servername", "shop.example.com", version], check=False
    )

    assert b"subject=CN = shop.example.com" in ran.stdout.replace(b"CN=", b"CN = ")


@pytest.mark.anyio
async def test_mutual_tls_says_that_it_is_not_played(stack: Stack) -> None:
    held = {"default": self_signed("shop.example.com")}
    stack.holds({**https("default"), "MutualAuthentication": {"Mode": "verify"}}, certificates=held)
    await stack.settled(lambda: stack.serves(443))

    async with stack.http.get(stack.url(port=443, scheme="https"), ssl=False) as answer:
        assert answer.status == 501
        assert "mutual TLS" in await answer.text()

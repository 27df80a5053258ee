"""Probes, metrics and state over HTTP."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from albc.telemetry.bounded import serving
from albc.telemetry.http import always_well, debug_state, metrics, parse_address, probes


async def broken() -> None:
    raise RuntimeError("the certificate is missing")


class Endpoints:
    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self.base = base
        self.session = session

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(self.base + path) as response:
            return response.status, await response.text()


@pytest.fixture
async def endpoints() -> AsyncIterator[Endpoints]:
    routes: list[web.RouteDef] = [
        *probes("/healthz", {"health-ping": always_well}),
        *probes("/readyz", {"health-ping": always_well, "ready-webhook": broken}),
        *metrics(lambda: b"up 1\n"),
        *debug_state(lambda: b"{}"),
    ]
    async with (
        serving(routes, "127.0.0.1", 0) as [(host, port)],
        aiohttp.ClientSession() as session,
    ):
        yield Endpoints(f"http://{host}:{port}", session)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/healthz", (200, "ok")),
        ("/healthz/", (200, "ok")),
        ("/healthz/health-ping", (200, "ok")),
        ("/healthz?verbose", (200, "[+]health-ping ok\nhealthz check passed\n")),
        (
            "/readyz",
            (500, "[+]health-ping ok\n[-]ready-webhook failed: reason withheld\nhealthz check failed\n"),
        ),
        ("/readyz?exclude=ready-webhook", (200, "ok")),
        ("/readyz/ready-webhook", (500, "[-]ready-webhook failed: reason withheld\nhealthz check failed\n")),
        ("/readyz/health-ping", (200, "ok")),
    ],
)
async def test_a_probe_answers_as_kubernetes_components_do(
    endpoints: Endpoints, path: str, answer: tuple[int, str]
) -> None:
    assert await endpoints.get(path) == answer


@pytest.mark.anyio
async def test_a_check_that_does_not_exist_is_not_found(endpoints: Endpoints) -> None:
    assert (await endpoints.get("/readyz/nothing"))[0] == 404


@pytest.mark.anyio
async def test_metrics_are_plain_text(endpoints: Endpoints) -> None:
    async with endpoints.session.get(endpoints.base + "/metrics") as response:
        assert await response.text() == "up 1\n"
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")


@pytest.mark.anyio
async def test_the_state_is_shown_to_callers_on_the_same_machine(endpoints: Endpoints) -> None:
    assert await endpoints.get("/debug/state") == (200, "{}")


@pytest.mark.anyio
async def test_a_port_that_is_taken_is_an_os_error(endpoints: Endpoints) -> None:
    port = int(endpoints.base.rpartition(":")[2])
    with pytest.raises(OSError, match="address already in use"):
        async with serving([], "127.0.0.1", port):
            pass


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":8080", (None, 8080)),
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:8080", ("::1", 8080)),
        ("0", None),
    ],
)
def test_addresses_are_read_as_go_writes_them(text: str, address: tuple[str | None, int] | None) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "8080", "localhost", ":http", ":99999"])
def test_an_address_that_makes_no_sense_is_named_with_the_remedy(text: str) -> None:
    with pytest.raises(ValueError, match="write host:port, :port, or 0"):
        parse_address(text)

"""The HTTPS server of the webhooks, on every replica (spec/runtime.md §12).

* TLS 1.2 at least; certificate and key are read again when the files change, without a restart.
* A body that is no AdmissionReview is answered with 400 and the reason; an unexpected error with 500 and no details.
  Nobody's traceback, and nothing of an object, leaves the process.
* A verdict is found within `TIMEOUT`; the API server's own patience is 10 s.

Called by `albc.cli.webhooks`; calls `albc.webhooks.handlers`, and `albc.telemetry.bounded` for what slow, silent or
many callers may take.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Final, Literal

import anyio
import structlog
from aiohttp import web

from albc.telemetry import bounded
from albc.webhooks.handlers import Webhook
from albc.webhooks.metrics import WebhookMetrics
from albc.webhooks.review import ALLOWED, Denied, MalformedReview, Review, Verdict, decode, encode

Answer = Callable[[web.Request], Awaitable[web.Response]]

log = structlog.stdlib.get_logger("webhooks")

BODY_LIMIT: Final = 8 * 1024 * 1024
"""Bytes; the API server sends objects of up to 3 MB, twice on an update."""
TIMEOUT: Final = 9.0
RELOAD_SECONDS: Final = 5.0
CIPHERS: Final = ":".join(
    (
        *(f"ECDHE-{key}-{cipher}" for key in ("ECDSA", "RSA") for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384")),
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
        "AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
    )
)
"""Of TLS 1.2; those of 1.3 are the library's."""


class Certificate:
    """The files of the server's certificate, as a TLS context that follows them."""

    def __init__(self, certificate: Path, key: Path, client_ca: Path | None = None) -> None:
        """`client_ca`: only clients with a certificate of this authority are let in. Raises OSError, ssl.SSLError."""
        self._certificate = certificate
        self._key = key
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_ciphers(CIPHERS)
        if client_ca is not None:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self._loaded = self._stamp()
        self._load()

    def reload(self) -> Literal["unchanged", "read", "unreadable"]:
        """If the files have changed, new connections get what they hold; unless that is no certificate."""
        try:
            stamp = self._stamp()
            if stamp == self._loaded:
                return "unchanged"
            self._load()
        except (OSError, ssl.SSLError) as error:
            log.warning("cannot read the new certificate; the old one is served", error=str(error))
            return "unreadable"
        self._loaded = stamp
        log.info("certificate read again", file=str(self._certificate))
        return "read"

    def _load(self) -> None:
        """Tried on a context of its own first: one that fails half-way would serve neither the old pair nor the new."""
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self._certificate, self._key)
        self.context.load_cert_chain(self._certificate, self._key)

    def _stamp(self) -> tuple[tuple[int, int], ...]:
        """Secrets are mounted by links that are swapped: what they lead to has another inode."""
        found = (file.stat() for file in (self._certificate, self._key))
        return tuple((status.st_ino, status.st_mtime_ns) for status in found)


@asynccontextmanager
async def serving(
    webhooks: Iterable[Webhook], certificate: Certificate, metrics: WebhookMetrics, host: str | None, port: int
) -> AsyncIterator[int]:
    """Serves as long as the block lasts, and gives the port. Raises OSError if it cannot listen."""
    routes = [web.post(webhook.path, _answering(webhook, metrics)) for webhook in webhooks]
    async with (
        bounded.serving(routes, host, port, certificate.context, BODY_LIMIT) as addresses,
        anyio.create_task_group() as tasks,
    ):
        metrics.certificate_read()
        tasks.start_soon(_follow, certificate, metrics)
        yield addresses[0][1]
        tasks.cancel_scope.cancel()


async def _follow(certificate: Certificate, metrics: WebhookMetrics) -> None:
    while True:
        await anyio.sleep(RELOAD_SECONDS)
        match certificate.reload():
            case "read":
                metrics.certificate_read()
            case "unreadable":
                metrics.certificate_unreadable()
            case "unchanged":
                pass


def _answering(webhook: Webhook, metrics: WebhookMetrics) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        metrics.began(webhook.path)
        began, code = perf_counter(), 500
        try:
            response = await _respond(webhook, metrics, request)
            code = response.status
        finally:
            metrics.ended(webhook.path, code, perf_counter() - began)
        return response

    return answer


async def _respond(webhook: Webhook, metrics: WebhookMetrics, request: web.Request) -> web.Response:
    if request.content_type != "application/json":
        return web.Response(status=400, text=f"send application/json, not {request.content_type}\n")
    try:
        review = decode(await request.read())
    except MalformedReview as error:
        return web.Response(status=400, text=f"{error}\n")
    verdict = await judge(webhook, review, metrics)
    if isinstance(verdict, Denied):
        metrics.denied(webhook.path, webhook.mutates, verdict)
    return web.Response(body=encode(review.uid, verdict), content_type="application/json")


async def judge(webhook: Webhook, review: Review, metrics: WebhookMetrics) -> Verdict:
    """The webhook's verdict, whatever happens while it is found."""
    if review.operation not in webhook.operations:
        return ALLOWED
    try:
        with anyio.fail_after(TIMEOUT):
            return await webhook.handle(review)
    except MalformedReview as error:
        return Denied(str(error), "decode", code=400)
    except TimeoutError:
        return Denied(f"no verdict within {TIMEOUT:.0f} s; try again", "timeout", code=500)
    except Exception:
        metrics.crashed()
        log.exception("webhook failed", path=webhook.path)
        return Denied("albc failed to judge this object; its log says why", "panic", code=500)

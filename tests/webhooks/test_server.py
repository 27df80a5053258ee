"""The webhooks over HTTPS, as an API server meets them."""

import json
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from anyio.streams.tls import TLSAttribute

from albc.telemetry.metrics import Metrics
from albc.webhooks.authority import Certificates, renewed
from albc.webhooks.handlers import Webhook
from albc.webhooks.metrics import WebhookMetrics
from albc.webhooks.review import ALLOWED, Denied, MalformedReview, Review, Verdict
from albc.webhooks.server import Certificate, serving

pytestmark = pytest.mark.anyio

HOST = "localhost"
REVIEW = {
    "apiVersion": "admission.k8s.io/v1",
    "kind": "AdmissionReview",
    "request": {"uid": "u1", "operation": "CREATE", "object": {"secret": "hush"}},
}


async def allow(_: Review) -> Verdict:
    return ALLOWED


async def deny(_: Review) -> Verdict:
    return Denied("spec.x is wrong", "checkX")


async def misread(_: Review) -> Verdict:
    raise MalformedReview("spec.y: not a number")


async def crash(_: Review) -> Verdict:
    raise RuntimeError("hush")


WEBHOOKS = [
    Webhook("/allow", False, allow),
    Webhook("/deny", True, deny),
    Webhook("/misread", False, misread),
    Webhook("/crash", False, crash),
    Webhook("/creations", False, deny, frozenset({"CREATE"})),
]


def made() -> Certificates:
    fresh = renewed(None, [HOST], datetime.now(UTC))
    assert fresh is not None
    return fresh


def write(folder: Path, certificates: Certificates) -> None:
    (folder / "tls.key").write_bytes(certificates.key)
    (folder / "tls.crt").write_bytes(certificates.certificate)


@dataclass
class Server:
    port: int
    certificate: Certificate
    certificates: Certificates
    metrics: Metrics
    folder: Path

    async def post(self, path: str, body: Any = REVIEW, **options: Any) -> tuple[int, Any]:
        context = ssl.create_default_context(cadata=self.certificates.authorities.decode())
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | options
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"https://{HOST}:{self.port}{path}", data=data, headers=headers, ssl=context) as response,
        ):
            text = await response.text()
            return response.status, json.loads(text) if response.content_type == "application/json" else text

    async def served_certificate(self) -> bytes:
        context = ssl._create_unverified_context()
        stream = await anyio.connect_tcp("127.0.0.1", self.port, ssl_context=context, tls_standard_compatible=False)
        async with stream:
            der = stream.extra(TLSAttribute.peer_certificate_binary)
        assert der is not None
        return ssl.DER_cert_to_PEM_cert(der).encode()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    certificates, metrics = made(), Metrics()
    write(tmp_path, certificates)
    certificate = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    async with serving(WEBHOOKS, certificate, WebhookMetrics(metrics.meter), "127.0.0.1", 0) as port:
        yield Server(port, certificate, certificates, metrics, tmp_path)
    metrics.shutdown()


async def test_a_verdict_comes_with_the_uid_of_its_review(server: Server) -> None:
    status, answer = await server.post("/allow")

    assert (status, answer["response"]) == (200, {"uid": "u1", "allowed": True})


async def test_a_refusal_is_an_answer_and_no_error(server: Server) -> None:
    status, answer = await server.post("/deny")

    assert status == 200
    assert answer["response"]["status"]["message"] == "spec.x is wrong"


async def test_an_operation_that_a_webhook_does_not_judge_passes(server: Server) -> None:
    request = REVIEW["request"] | {"operation": "CONNECT"}  # type: ignore[operator]

    _, answer = await server.post("/creations", REVIEW | {"request": request})

    assert answer["response"]["allowed"]


@pytest.mark.parametrize(("body", "reason"), [(b"{", "no AdmissionReview"), ({"kind": "Pod"}, "`request`")])
async def test_what_is_no_review_is_answered_with_400_and_a_reason(server: Server, body: Any, reason: str) -> None:
    status, answer = await server.post("/allow", body)

    assert status == 400
    assert reason in answer


async def test_another_content_type_is_answered_with_400(server: Server) -> None:
    status, answer = await server.post("/allow", **{"Content-Type": "text/plain"})

    assert (status, answer) == (400, "send application/json, not text/plain\n")


async def test_an_object_of_another_form_is_refused_with_400_inside(server: Server) -> None:
    _, answer = await server.post("/misread")

    assert answer["response"]["status"]["code"] == 400
    assert answer["response"]["status"]["message"] == "spec.y: not a number"


async def test_a_crash_is_a_refusal_that_tells_nothing(server: Server) -> None:
    status, answer = await server.post("/crash")

    assert (status, answer["response"]["status"]["code"]) == (200, 500)
    assert "hush" not in json.dumps(answer)


async def test_other_paths_are_not_found(server: Server) -> None:
    assert (await server.post("/mutate-nothing"))[0] == 404


async def test_what_happens_is_counted(server: Server) -> None:
    await server.post("/deny")
    await server.post("/crash")

    text = server.metrics.render().decode()
    assert 'awslbc_webhook_mutation_failure_total{error_category="checkX",webhook_name="/deny"} 1.0' in text
    assert 'controller_runtime_webhook_requests_total{code="200",webhook="/deny"} 1.0' in text
    assert 'controller_runtime_webhook_requests_in_flight{webhook="/deny"} 0.0' in text
    assert 'controller_runtime_webhook_latency_seconds_count{webhook="/deny"} 1.0' in text
    assert "controller_runtime_webhook_panics_total 1.0" in text
    assert "controller_runtime_conversion_webhook_panics_total 0.0" in text
    assert "certwatcher_read_certificate_total 1.0" in text
    assert "certwatcher_read_certificate_errors_total 0.0" in text


async def test_a_new_certificate_is_served_without_a_restart(server: Server) -> None:
    fresh = made()
    write(server.folder, fresh)

    assert server.certificate.reload() == "read"

    assert await server.served_certificate() == fresh.certificate


async def test_a_spoiled_certificate_leaves_the_old_one_in_use(server: Server) -> None:
    (server.folder / "tls.crt").write_bytes(made().certificate)  # not of this key

    assert server.certificate.reload() == "unreadable"

    assert await server.served_certificate() == server.certificates.certificate


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(("version", "accepted"), [("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
async def test_tls_is_1_2_at_least(server: Server, version: str, accepted: bool) -> None:
    line = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", version]
    if version == "-tls1_1":
        line += ["-cipher", "DEFAULT@SECLEVEL=0"]

    done = await anyio.run_process(line, input=b"", check=False, stderr=subprocess.STDOUT)

    assert (b"Verify return code" in done.stdout and done.returncode == 0) is accepted


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(
    "cipher", ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "aNULL", "eNULL", "RC4", "3DES"]
)
async def test_weak_ciphers_are_refused(server: Server, cipher: str) -> None:
    address = f"127.0.0.1:{server.port}"
    line = ["openssl", "s_client", "-connect", address, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0"]

    done = await anyio.run_process(line, input=b"", check=False, stderr=subprocess.STDOUT)

    assert done.returncode != 0


async def test_a_client_authority_keeps_others_out(tmp_path: Path) -> None:
    certificates, metrics = made(), Metrics()
    write(tmp_path, certificates)
    (tmp_path / "ca.crt").write_bytes(made().authorities)
    certificate = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key", tmp_path / "ca.crt")
    async with serving(WEBHOOKS, certificate, WebhookMetrics(metrics.meter), "127.0.0.1", 0) as port:
        server = Server(port, certificate, certificates, metrics, tmp_path)
        with pytest.raises(aiohttp.ClientError):
            await server.post("/allow")
    metrics.shutdown()

"""The webhooks' certificates in the cluster, kept by several replicas at once."""

import base64
import ssl
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from albc.kube.client import Client
from albc.kube.objects import SECRETS, Secret
from albc.local.kubernetes import Cluster, ClusterOptions
from albc.local.stack import connection
from albc.webhooks.certificate_keeper import CONFIGURATIONS, CertificateKeeper, Place, WebhookConfiguration

pytestmark = pytest.mark.anyio

MUTATING, VALIDATING = CONFIGURATIONS


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Cluster(state=ClusterOptions(nodes=())) as cluster, Client(connection(cluster)) as client:
        yield client


def keeper(client: Client, folder: Path, *, later: timedelta = timedelta()) -> CertificateKeeper:
    return CertificateKeeper(client, Place("kube-system", "albc", folder), lambda: datetime.now(UTC) + later)


async def secret(client: Client) -> Secret:
    return await client.get(SECRETS, "albc-tls", "kube-system")


async def configured(client: Client, kind: str, *names: str) -> None:
    resource = MUTATING if kind.startswith("Mutating") else VALIDATING
    webhooks = [
        {
            "name": name,
            "clientConfig": {"service": {"name": "s", "namespace": "kube-system", "path": "/x"}},
            "rules": [
                {"apiGroups": ["x.example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["x"]}
            ],
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
        for name in names
    ]
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "albc-webhook"},
        "webhooks": webhooks,
    }
    await client.create(resource, body)


async def bundles(client: Client, resource: Any) -> list[bytes]:
    found: WebhookConfiguration = await client.get(resource, "albc-webhook")
    return [base64.b64decode(webhook.client_config.ca_bundle) for webhook in found.webhooks]


async def test_the_first_replica_makes_secret_and_files(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "certs"

    await keeper(client, folder).ensure()

    kept = await secret(client)
    assert kept.type == "kubernetes.io/tls"
    assert sorted(kept.data) == ["ca.crt", "ca.key", "tls.crt", "tls.key"]
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / "tls.crt", folder / "tls.key")
    assert stat.S_IMODE((folder / "tls.key").stat().st_mode) == 0o600
    assert "PRIVATE" not in (folder / "tls.crt").read_text(encoding="ascii")


async def test_replicas_that_start_together_agree(client: Client, tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(4)]

    async with anyio.create_task_group() as replicas:
        for folder in folders:
            replicas.start_soon(keeper(client, folder).ensure)

    kept = base64.b64decode((await secret(client)).data["tls.crt"])
    assert {(folder / "tls.crt").read_bytes() for folder in folders} == {kept}


async def test_all_configurations_trust_the_authority(client: Client, tmp_path: Path) -> None:
    await configured(client, "MutatingWebhookConfiguration", "a.example.com", "b.example.com")
    await configured(client, "ValidatingWebhookConfiguration", "c.example.com")

    await keeper(client, tmp_path).ensure()

    authority = base64.b64decode((await secret(client)).data["ca.crt"])
    assert await bundles(client, MUTATING) == [authority, authority]
    assert await bundles(client, VALIDATING) == [authority]


async def test_a_second_look_changes_nothing(client: Client, tmp_path: Path) -> None:
    await configured(client, "MutatingWebhookConfiguration", "a.example.com")
    await keeper(client, tmp_path).ensure()
    before = (
        await secret(client),
        await client.get(MUTATING, "albc-webhook"),
        (tmp_path / "tls.crt").stat().st_mtime_ns,
    )

    await keeper(client, tmp_path).ensure()

    after = (
        await secret(client),
        await client.get(MUTATING, "albc-webhook"),
        (tmp_path / "tls.crt").stat().st_mtime_ns,
    )
    assert after == before


async def test_a_certificate_near_its_end_is_renewed_under_the_same_authority(client: Client, tmp_path: Path) -> None:
    await keeper(client, tmp_path).ensure()
    old = await secret(client)

    await keeper(client, tmp_path, later=timedelta(days=340)).ensure()

    new = await secret(client)
    assert new.data["ca.crt"] == old.data["ca.crt"]
    assert new.data["tls.crt"] != old.data["tls.crt"]
    assert (tmp_path / "tls.crt").read_bytes() == base64.b64decode(new.data["tls.crt"])


async def test_a_secret_that_somebody_spoiled_is_mended(client: Client, tmp_path: Path) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "albc-tls"}, "data": {"tls.crt": "eA=="}}
    await client.create(SECRETS, body, "kube-system")

    await keeper(client, tmp_path).ensure()

    assert (tmp_path / "tls.crt").exists()

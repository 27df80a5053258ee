"""Keeps the webhooks' certificates without anybody's help: in a Secret, on disk, and in the webhook configurations.

Every replica runs one. Whoever finds the Secret missing or old writes a new one, by resourceVersion: of several, one
wins and the others take what it wrote. Then each writes the files that its server reads, and sees that the API server
trusts the authority. Called by `albc.cli.run` with `--webhook-certificates=managed`.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
import structlog

from albc.errors import AlbcError, Conflict, NotFound
from albc.kube.client import Client
from albc.kube.objects import SECRETS, Secret
from albc.kube.objects.meta import KubeObject, Struct
from albc.kube.patches import StrategicMergePatch
from albc.kube.resource import Resource
from albc.webhooks.authority import Certificates, renewed

log = structlog.stdlib.get_logger("webhooks.certificates")

LOOK_SECONDS: Final = 30.0
"""Between two looks when all is well: `helm upgrade` may take the bundle out of the configurations at any time."""
RETRY_SECONDS: Final = 5.0
ATTEMPTS: Final = 5
"""Of writing the Secret against other replicas."""


class _ClientConfig(Struct, frozen=True, kw_only=True):
    ca_bundle: str = ""


class _Webhook(Struct, frozen=True, kw_only=True):
    name: str
    client_config: _ClientConfig = _ClientConfig()


class WebhookConfiguration(KubeObject, frozen=True, kw_only=True):
    webhooks: tuple[_Webhook, ...] = ()


CONFIGURATIONS: Final = tuple(
    Resource("admissionregistration.k8s.io", "v1", kind, f"{kind.lower()}s", False, WebhookConfiguration)
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the certificates belong."""

    namespace: str
    prefix: str
    """`--webhook-name-prefix`: of the Service, the Secret and both configurations, as the chart names them."""
    folder: Path
    """Of `tls.crt` and `tls.key`."""

    @property
    def secret(self) -> str:
        return f"{self.prefix}-tls"

    @property
    def configuration(self) -> str:
        return f"{self.prefix}-webhook"

    @property
    def names(self) -> tuple[str, ...]:
        service = f"{self.prefix}-webhook-service.{self.namespace}"
        return (f"{service}.svc", service, f"{service}.svc.cluster.local")


class CertificateKeeper:
    """`ensure` once before the server starts, then `run` beside it."""

    def __init__(self, client: Client, place: Place, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`client` may write on every replica."""
        self._client = client
        self._place = place
        self._clock = clock

    async def ensure(self) -> None:
        """Secret, files and configurations are as they should be. Raises `AlbcError`, OSError."""
        certificates = await self._kept()
        await anyio.to_thread.run_sync(_write, self._place.folder, certificates)
        for resource in CONFIGURATIONS:
            await self._trust(resource, certificates.authorities)

    async def run(self) -> None:
        while True:
            try:
                await self.ensure()
                pause = LOOK_SECONDS
            except (AlbcError, OSError) as error:
                log.warning("cannot look after the webhook's certificates", error=str(error))
                pause = RETRY_SECONDS
            await anyio.sleep(pause)

    async def _kept(self) -> Certificates:
        for _ in range(ATTEMPTS):
            secret = await self._secret()
            known = _read(secret) if secret else None
            wanted = renewed(known, self._place.names, self._clock())
            if wanted is None and known is not None:
                return known
            if wanted is not None and await self._save(wanted, secret):
                log.info("webhook certificates made", secret=f"{self._place.namespace}/{self._place.secret}")
                return wanted
        raise Conflict(f"the Secret {self._place.namespace}/{self._place.secret} changes all the time; who writes it?")

    async def _secret(self) -> Secret | None:
        try:
            return await self._client.get(SECRETS, self._place.secret, self._place.namespace)
        except NotFound:
            return None

    async def _save(self, certificates: Certificates, known: Secret | None) -> bool:
        """False if another replica was faster."""
        place = self._place
        metadata: dict[str, Any] = {"name": place.secret, "namespace": place.namespace}
        if known is not None:
            metadata |= {
                "resourceVersion": known.metadata.resource_version,
                "labels": known.metadata.labels,
                "annotations": known.metadata.annotations,
            }
        data = {
            "ca.crt": certificates.authorities,
            "ca.key": certificates.authority_key,
            "tls.crt": certificates.certificate,
            "tls.key": certificates.key,
        }
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": known.type if known else "kubernetes.io/tls",  # may never change
            "data": {key: b64encode(value).decode() for key, value in data.items()},
        }
        try:
            if known is None:
                await self._client.create(SECRETS, body, place.namespace)
            else:
                await self._client.update(SECRETS, body, place.secret, place.namespace)
        except Conflict:
            return False
        return True

    async def _trust(self, resource: Resource[WebhookConfiguration], authorities: bytes) -> None:
        """A configuration that is not there, or holds no webhooks, needs no trust."""
        name, bundle = self._place.configuration, b64encode(authorities).decode()
        try:
            configuration = await self._client.get(resource, name)
        except NotFound:
            return
        stale = [each.name for each in configuration.webhooks if each.client_config.ca_bundle != bundle]
        if stale:
            changes = {"webhooks": [{"name": each, "clientConfig": {"caBundle": bundle}} for each in stale]}
            await self._client.patch(resource, name, StrategicMergePatch(changes))
            log.info("webhook configuration trusts the authority", kind=resource.kind, name=name, webhooks=len(stale))


def _read(secret: Secret) -> Certificates | None:
    try:
        values = [b64decode(secret.data[key]) for key in ("ca.crt", "ca.key", "tls.crt", "tls.key")]
    except (KeyError, ValueError):
        return None
    return Certificates(*values)


def _write(folder: Path, certificates: Certificates) -> None:
    """Each file changes in one step, the key first: the server reads both when either has changed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in (("tls.key", certificates.key), ("tls.crt", certificates.certificate)):
        file = folder / name
        if file.exists() and file.read_bytes() == content:
            continue
        fresh = folder / f".{name}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        fresh.replace(file)

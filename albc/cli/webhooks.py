"""Starts the admission webhooks of `albc run`: which certificates, which stores, which port."""

import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import structlog
from opentelemetry.metrics import Meter

from albc.aws.calls import Aws
from albc.aws.roles import AssumedRoles
from albc.cli.usage import UsageError
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.engine.manager import Manager
from albc.errors import AlbcError
from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client
from albc.kube.objects import INGRESS_CLASSES, NAMESPACES, SERVICES
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.settings import Settings
from albc.telemetry import http
from albc.webhooks.handlers import Cluster, TargetGroups, WebhookSettings, webhooks
from albc.webhooks.metrics import WebhookMetrics
from albc.webhooks.server import Certificate, serving

if TYPE_CHECKING:
    from albc.webhooks.certificate_keeper import CertificateKeeper

log = structlog.stdlib.get_logger("setup")

DIAL_SECONDS = 10.0
DEFAULT_FOLDER = Path("k8s-webhook-server", "serving-certs")
"""Below the system's folder for temporary files; charts mount the Secret there (spec/runtime.md §2)."""


@dataclass(frozen=True)
class Surroundings:
    """What stands before the webhooks do."""

    settings: Settings
    mapping: MappingSettings
    connection: ConnectionConfig
    manager: Manager
    aws: Aws
    roles: AssumedRoles
    meter: Meter


@asynccontextmanager
async def served(around: Surroundings) -> AsyncIterator[http.Check | None]:
    """Serves the webhooks as long as the block lasts, and gives the check `ready-webhook`; None if there are none.

    Raises `UsageError`.
    """
    settings = around.settings
    folder = Path(settings.webhook_cert_dir or Path(tempfile.gettempdir(), DEFAULT_FOLDER))
    if not _are_wanted(settings, folder):
        yield None
        return
    host, port, metrics = settings.webhook_bind_host or None, settings.webhook_bind_port, WebhookMetrics(around.meter)
    # Not fenced: every replica answers webhooks, and may have to write what they need.
    async with Client(around.connection) as client, anyio.create_task_group() as tasks:
        if settings.webhook_certificates == "managed":
            # With it comes all of cryptography, which takes 8 MB: nobody else needs it.
            from albc.webhooks.certificate_keeper import CertificateKeeper, Place

            keeper = CertificateKeeper(client, Place(around.connection.namespace, settings.webhook_name_prefix, folder))
            await _ensured(keeper)
            tasks.start_soon(keeper.run)
        certificate = _certificate(settings, folder)
        found = webhooks(_cluster(around.manager), _obeyed(around), client, TargetGroups(around.aws, around.roles))
        async with AsyncExitStack() as server:
            try:
                bound = await server.enter_async_context(serving(found, certificate, metrics, host, port))
            except OSError as error:
                raise UsageError(
                    f"cannot listen on --webhook-bind-port={port}: {error.strerror or error}; choose another port"
                ) from error
            log.info("webhooks are served", port=bound, paths=len(found))
            yield partial(dial, host or "127.0.0.1", bound)
        tasks.cancel_scope.cancel()


def _are_wanted(settings: Settings, folder: Path) -> bool:
    """Without a word about certificates and without any, as on a laptop, there are no webhooks."""
    match settings.webhook_certificates:
        case "none":
            return False
        case "files" if not settings.webhook_cert_dir and not folder.exists():
            log.info("webhooks are not served: there are no certificates", folder=str(folder))
            return False
        case _:
            return True


async def dial(host: str, port: int) -> None:
    """`ready-webhook`: a TLS connection to the server succeeds. Raises OSError, TimeoutError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with anyio.fail_after(DIAL_SECONDS):
        connection = await anyio.connect_tcp(host, port, ssl_context=context, tls_standard_compatible=False)
        await connection.aclose()


def _certificate(settings: Settings, folder: Path) -> Certificate:
    client_ca = Path(settings.kube_ca_pem_filepath) if settings.kube_ca_pem_filepath else None
    try:
        return Certificate(
            folder / (settings.webhook_cert_file or "tls.crt"),
            folder / (settings.webhook_key_file or "tls.key"),
            client_ca,
        )
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"cannot read the webhook's certificate in {folder}: {error}; "
            "mount it there, name another folder by --webhook-cert-dir, or set --webhook-certificates=managed"
        ) from error


async def _ensured(keeper: "CertificateKeeper") -> None:
    try:
        await keeper.ensure()
    except (AlbcError, OSError) as error:
        raise UsageError(f"cannot make the webhook's certificates: {error}") from error


def _cluster(manager: Manager) -> Cluster:
    bindings, services = manager.informer(TARGET_GROUP_BINDINGS), manager.informer(SERVICES)
    namespaces, classes = manager.informer(NAMESPACES), manager.informer(INGRESS_CLASSES)

    async def synced() -> None:
        for informer in (bindings, services, namespaces, classes):
            await informer.synced.wait()

    return Cluster(
        synced=synced,
        bindings=bindings.store.list,
        service=lambda namespace, name: services.store.get((namespace, name)),
        namespace=lambda name: namespaces.store.get(("", name)),
        snapshot=lambda: Snapshot(ingress_classes=classes.store.objects),
    )


def _obeyed(around: Surroundings) -> WebhookSettings:
    settings = around.settings
    return WebhookSettings(
        mapping=around.mapping,
        readiness_gates=settings.enable_pod_readiness_gate_inject,
        server_id_variable=settings.quic_environment_variable_name,
        target_control=settings.gates.enabled("ALBTargetControlAgent"),
    )

"""Certificates for tests, and Secrets that hold them."""

import base64
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from self_signed import self_signed


class Pem(NamedTuple):
    certificate: str
    key: str


@cache
def pem(*names: str, serial: int = 1) -> Pem:
    """A self-signed certificate for these names, the same for the same names and serial."""
    certificate, key = self_signed(*names, since=datetime.now(UTC) - timedelta(days=1), serial=serial)
    return Pem(certificate.decode(), key.decode())


def tls_secret(
    name: str, content: Pem, namespace: str = "shop", labels: dict[str, str] | None = None
) -> dict[str, Any]:
    """As `kubectl create secret tls` makes it."""
    data = {"tls.crt": content.certificate, "tls.key": content.key}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }

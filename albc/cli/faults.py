"""`albc local fault`: tells the `albc local up` that is running to let its cluster fail.

It finds that cluster by its kubeconfig, and speaks to no other: a kubeconfig that is not ours is refused before
anything is sent.
"""

import base64
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import yaml

from albc.cli.usage import UsageError

_PATIENCE_SECONDS = 10.0
_CLUSTER = "albc-local"


def local_kubeconfig(given: str) -> Path:
    """Where `albc local up` writes its kubeconfig: the file that was given, or the usual one."""
    return Path(given) if given else Path(gettempdir()) / "albc-local.kubeconfig"


def send_order(kubeconfig: str, order: Mapping[str, str | int | float]) -> None:
    """Has one fault done. Raises `UsageError` when there is no local cluster, or when it refuses the order."""
    file = local_kubeconfig(kubeconfig)
    server, authority, token = _read(file)
    context = ssl.create_default_context(cadata=authority)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(f"{server}/_albc/faults", json.dumps(order).encode(), headers)  # noqa: S310 - ours, checked
    try:
        with urlopen(request, timeout=_PATIENCE_SECONDS, context=context):  # noqa: S310 - as above
            pass
    except HTTPError as refusal:
        with refusal:
            raise UsageError(_reason(refusal)) from None
    except OSError as error:
        raise UsageError(f"the local cluster of {file} does not answer ({error}); start it: albc local up") from None


def _read(file: Path) -> tuple[str, str, str]:
    """Server, authority in PEM, token."""
    try:
        config: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"there is no local cluster: {file} does not exist; start one: albc local up") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{file} cannot be read ({error}); name the file that `albc local up` has printed") from None
    try:
        if config["current-context"] != _CLUSTER:
            raise KeyError
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        return cluster["server"], authority, user["token"]
    except (KeyError, IndexError, TypeError, ValueError):
        raise UsageError(
            f"{file} is not of a local cluster, and no other is made to fail; name the file that `albc local up` prints"
        ) from None


def _reason(refusal: HTTPError) -> str:
    body = refusal.read()
    try:
        return f"the fault was refused: {json.loads(body)['message']}"
    except (ValueError, KeyError, TypeError):
        return f"the fault was refused with status {refusal.code}; is this albc as new as the one that runs?"

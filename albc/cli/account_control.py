"""`albc local calls` and `albc local fault aws`: what another terminal asks of a running local account.

They find it by `--endpoint` or AWS_ENDPOINT_URL, and speak to loopback addresses only: no real account is ever asked.
"""

import ipaddress
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from albc.cli.usage import UsageError

_PATIENCE_SECONDS = 10.0


def read_calls(endpoint: str, *, writes: bool, since: int) -> Iterator[str]:
    """A line for each call of the log: number, service, operation, outcome, parameters."""
    query = f"since={since}&writes={int(writes)}"
    for call in json.loads(_ask(endpoint, "GET", f"calls?{query}"))["calls"]:
        params = json.dumps(call["params"], separators=(",", ":"))
        yield f"{call['number']} {call['service']} {call['operation']} {call['outcome']} {params}"


def add_fault(endpoint: str, rule: Mapping[str, str | int]) -> None:
    """Has calls fail; `rule` has the fields of `albc.local.aws.Fault`."""
    _ask(endpoint, "POST", "faults", rule)


def clear_faults(endpoint: str) -> None:
    _ask(endpoint, "DELETE", "faults")


def list_faults(endpoint: str) -> Iterator[str]:
    """A line for each rule that is left."""
    for rule in json.loads(_ask(endpoint, "GET", "faults"))["faults"]:
        detail = f" {rule['code']}" if rule["code"] else ""
        skip = f" after {rule['skip']} that pass" if rule["skip"] else ""
        yield f"{rule['kind']}{detail} ×{rule['times']}{skip}: {rule['service']} {rule['operation']}"


def _ask(endpoint: str, method: str, path: str, document: Any = None) -> bytes:
    url = _local(endpoint or os.environ.get("AWS_ENDPOINT_URL", ""))
    body = None if document is None else json.dumps(document).encode()
    request = Request(f"{url}/_albc/{path}", body, method=method)  # noqa: S310 - a loopback address, checked
    try:
        with urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 - as above
            return bytes(answer.read())
    except HTTPError as refusal:
        with refusal:
            said = refusal.read().decode(errors="replace").strip()
        raise UsageError(f"the account at {url} refused it ({refusal.code}): {said}") from None
    except OSError as error:
        raise UsageError(f"no account answers at {url} ({error}); start one: albc local aws") from None


def _local(endpoint: str) -> str:
    if not endpoint:
        raise UsageError(
            "which account? name it with --endpoint, or set AWS_ENDPOINT_URL as `albc local aws` prints it"
        )
    parts = urlsplit(endpoint)
    try:
        ours = parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        ours = parts.scheme == "http" and parts.hostname == "localhost"
    if not ours:
        raise UsageError(f"{endpoint} is not on this machine's loopback: only a local account is asked, no real one")
    return f"http://{parts.netloc}"

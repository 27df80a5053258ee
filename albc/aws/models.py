"""botocore's data files, cut down to what albc calls (`albc.aws.operations`): models of services, and their endpoints.

EC2's model alone has some 800 operations, of which albc calls a dozen; the endpoints are those of 300 services. Whole,
with their descriptions, they take 20 MB of memory and a fifth of the CPU time of a start. What is not kept is skipped
as text, and never made into objects. Used by `albc.aws.clients`.

A call that is not listed does not exist on the client, which any test of it shows at once. STS keeps all its
operations, and so does every service that we have no client of: the SDK's chain of credentials asks them for itself.
"""

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from botocore.loaders import JSONFileLoader, Loader

from albc.aws.operations import operations_of
from albc.aws.services import SERVICE_IDS

CUT: Final = SERVICE_IDS.keys() - {"sts"}
"""Services whose models are cut down."""
ENDPOINTS: Final = frozenset(
    {
        *("acm", "ec2", "elasticloadbalancing", "route53", "servicequotas", "shield", "sts", "tagging"),
        *("waf-regional", "wafv2"),
        *("oidc", "portal.sso"),  # the chain of credentials'
    }
)
"""What botocore's table of endpoints calls the services that stay in it."""
_Unread = dict[str, msgspec.Raw]


class CutFiles(JSONFileLoader):  # type: ignore[misc]  # botocore has no types
    """Reads data files as botocore does, without what we do not call, and without descriptions."""

    def load_file(self, file_path: str) -> Any:
        """The content of the file that has this path but for its ending; None if there is none."""
        path = Path(file_path)
        text = _text(path)
        if text is None:
            return None
        match path.name:
            case "service-2":
                service = path.parent.parent.name
                return _model(text, operations_of(service) if service in CUT else None)
            case "endpoints":
                return _endpoints(text)
            case _:
                return msgspec.json.decode(text)


class CutLoader(Loader):  # type: ignore[misc]
    """Finds and caches data like botocore's own."""

    FILE_LOADER_CLASS = CutFiles


def _text(path: Path) -> bytes | None:
    for ending, opened in ((".json", open), (".json.gz", gzip.open)):
        try:
            with opened(f"{path}{ending}", "rb") as file:
                content: bytes = file.read()
                return content
        except FileNotFoundError:
            continue
    return None


def _model(text: bytes, operations: frozenset[str] | None) -> dict[str, Any]:
    """The model with only these operations, or all, and the shapes that they reach."""
    parts = msgspec.json.decode(text, type=_Unread)
    unread = msgspec.json.decode(parts.pop("operations"), type=_Unread)
    kept = {name: _read(unread[name]) for name in unread if operations is None or name in operations}
    unread = msgspec.json.decode(parts.pop("shapes"), type=_Unread)
    shapes: dict[str, Any] = {}
    waiting = list(_references(kept))
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = _read(unread[name])
            waiting += _references(shapes[name])
    return {**{name: msgspec.json.decode(part) for name, part in parts.items()}, "operations": kept, "shapes": shapes}


def _read(part: msgspec.Raw) -> Any:
    return _undescribed(msgspec.json.decode(part))


def _undescribed(value: Any) -> Any:
    """A member may bear the name of a description; it is no text."""
    if isinstance(value, dict):
        described = isinstance(value.get("documentation"), str)
        return {name: _undescribed(item) for name, item in value.items() if not (described and name == "documentation")}
    return [_undescribed(item) for item in value] if isinstance(value, list) else value


def _references(value: Any) -> Iterator[str]:
    """Every shape that a part of the model names."""
    if isinstance(value, Mapping):
        if isinstance(value.get("shape"), str):
            yield value["shape"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _endpoints(text: bytes) -> dict[str, Any]:
    table: dict[str, Any] = msgspec.json.decode(text)
    for partition in table["partitions"]:
        partition["services"] = {name: at for name, at in partition["services"].items() if name in ENDPOINTS}
    return table

"""Fields that a JSON body names twice: the decoder keeps the last one, and field validation says so.

Called by `rest` for each body that is validated.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


class _Twice(Exception):
    """Some object has a field twice."""


class _Pairs(list[tuple[str, Any]]):
    """An object, fields as they came."""


def duplicate_fields(body: bytes) -> list[str]:
    """Paths of what is named twice or more (`spec.ports[0].name`), in order; nothing for what is no JSON."""
    try:
        json.loads(body, object_pairs_hook=_once)
    except _Twice:
        return list(dict.fromkeys(_repeated(json.loads(body, object_pairs_hook=_Pairs), "")))
    except ValueError:
        pass
    return []


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise _Twice


def _repeated(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for name, field in value:
            place = f"{path}.{name}" if path else name
            if name in seen:
                yield place
            seen.add(name)
            yield from _repeated(field, place)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _repeated(item, f"{path}[{number}]")

"""What the type tables say of values: required fields are there, enumerated ones have a known value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.types.notation import Schema
from albc.local.kubernetes.validation.metadata import quoted, required

_CHECKED_ELSEWHERE = ("metadata", "apiVersion", "kind", "status")


def schema_faults(obj: dict[str, Any], schema: Schema) -> Iterator[FieldError]:
    """Every fault of an object outside its metadata and status."""
    for name in schema.get("required", ()):
        if name not in _CHECKED_ELSEWHERE and _empty(obj.get(name)):
            yield required(name)
    for name, field in schema["properties"].items():
        if name in obj and name not in _CHECKED_ELSEWHERE:
            yield from _faults(obj[name], field, name)


def _faults(value: Any, schema: Schema, path: str) -> Iterator[FieldError]:
    if isinstance(value, dict):
        for name in schema.get("required", ()):
            if _empty(value.get(name)):
                yield required(f"{path}.{name}")
        for name, field in (schema.get("properties") or {}).items():
            if name in value and name != "metadata":
                yield from _faults(value[name], field, f"{path}.{name}")
    elif isinstance(value, list):
        items = schema.get("items") or {}
        for place, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from _faults(item, items, f"{path}[{place}]")
    elif "enum" in schema and value not in schema["enum"] and value != "":
        supported = ", ".join(quoted(name) for name in schema["enum"])
        text = f"Unsupported value: {quoted(value)}: supported values: {supported}"
        yield FieldError("FieldValueNotSupported", path, text)


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}

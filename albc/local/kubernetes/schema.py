"""Walks an object along its OpenAPI schema: decodes what a client sent, fills in defaults.

`decode_built_in` plays the Go decoder of built-in kinds: wrong types are refused, nulls and unknown fields dropped.
`prune` does the same service to custom resources, whose types are checked later (`crds.validation`).
Schemas are those of `types.notation` or of a CustomResourceDefinition, without references.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from albc.local.kubernetes.quantity import QUANTITY
from albc.local.kubernetes.store import copy
from albc.local.kubernetes.types.notation import Schema

PRESERVE = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"
EMBEDDED = "x-kubernetes-embedded-resource"
_TYPE_META = ("apiVersion", "kind", "metadata")


class TypeMismatch(Exception):
    """A value is not of its field's type; the message reads like the Go decoder's."""


_GO_TYPES = {"string": "string", "boolean": "bool", "number": "float64", "int32": "int32", "int64": "int64"}
_RFC3339 = re.compile(r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$")


def _word(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def decode_built_in(obj: dict[str, Any], schema: Schema) -> tuple[dict[str, Any], list[str]]:
    """The object without nulls and unknown fields, and the paths of the latter. Raises TypeMismatch."""
    unknown: list[str] = []
    return _decode_object(obj, schema, "", unknown), unknown


def _decode(value: Any, schema: Schema, path: str, unknown: list[str]) -> Any:
    kind = schema.get("type")
    if kind == "string":
        if type(value) is not str:
            raise _mismatch(value, "string", path)
        if "format" in schema:
            _STRING_FORMATS[schema["format"]](value, path)
        return value
    if kind == "object":
        if type(value) is not dict:
            raise _mismatch(value, "map" if "additionalProperties" in schema else "struct", path)
        return _decode_object(value, schema, path, unknown)
    if kind == "array":
        if type(value) is not list:
            raise _mismatch(value, "slice", path)
        items = schema["items"]
        return [_decode(item, items, f"{path}[{i}]", unknown) for i, item in enumerate(value) if item is not None]
    if kind == "integer":
        if type(value) is not int:
            if type(value) is float and value.is_integer():
                return int(value)
            raise _mismatch(value, schema["format"], path)
        return value
    if kind == "boolean":
        if type(value) is not bool:
            raise _mismatch(value, "bool", path)
        return value
    if schema.get("format") == "quantity":
        text = str(value)
        if not QUANTITY.match(text):
            raise TypeMismatch(f"quantities must match the regular expression '{QUANTITY.pattern}'")
        return text
    if type(value) not in (int, str):
        raise _mismatch(value, "intstr.IntOrString", path)
    return value


def _decode_object(value: dict[str, Any], schema: Schema, path: str, unknown: list[str]) -> dict[str, Any]:
    properties = schema.get("properties")
    prefix = f"{path}." if path else ""
    if properties is None:
        each = schema.get("additionalProperties")
        if each is None:
            return value
        return {k: _decode(v, each, f"{prefix}{k}", unknown) for k, v in value.items() if v is not None}
    result = {}
    for key, item in value.items():
        field = properties.get(key)
        if field is None:
            unknown.append(f"{prefix}{key}")
        elif item is not None:
            result[key] = _decode(item, field, f"{prefix}{key}", unknown)
    return result


def _mismatch(value: Any, wanted: str, path: str) -> TypeMismatch:
    plain = re.sub(r"\[\d+\]", "", path)
    return TypeMismatch(f"json: cannot unmarshal {_word(value)} into Go struct field {plain} of type {wanted}")


def _time(value: str, path: str) -> None:
    if not _RFC3339.match(value):
        raise TypeMismatch(f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse "{value}"')


def _base64(value: str, path: str) -> None:
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        raise TypeMismatch(f"illegal base64 data at input byte 0 of {path}") from None


_STRING_FORMATS: dict[str, Callable[[str, str], None]] = {"date-time": _time, "byte": _base64}


def prune(obj: dict[str, Any], schema: Schema, *, root: bool = True) -> list[str]:
    """Removes, in place, what a structural schema does not specify, and gives the paths of what went."""
    gone: list[str] = []
    _prune(obj, schema, "", gone, keep=_TYPE_META if root else ())
    return gone


def _prune(value: Any, schema: Schema, path: str, gone: list[str], keep: tuple[str, ...] = ()) -> None:
    if isinstance(value, list):
        items = schema.get("items")
        if isinstance(items, dict):
            for index, item in enumerate(value):
                _prune(item, items, f"{path}[{index}]", gone)
        return
    if not isinstance(value, dict):
        return
    if schema.get(EMBEDDED):
        keep = _TYPE_META
    prefix = f"{path}." if path else ""
    properties = schema.get("properties") or {}
    each = schema.get("additionalProperties")
    preserve = schema.get(PRESERVE) or each is True
    for key in list(value):
        if key in keep:
            continue
        if key in properties:
            _prune(value[key], properties[key], f"{prefix}{key}", gone)
        elif isinstance(each, dict):
            _prune(value[key], each, f"{prefix}{key}", gone)
        elif not preserve:
            del value[key]
            gone.append(f"{prefix}{key}")


def fill_defaults(value: Any, schema: Schema) -> None:
    """Sets, in place, the defaults of absent fields, from the outside in; a null gives way if it is not allowed."""
    if isinstance(value, dict):
        for key, field in (schema.get("properties") or {}).items():
            present = value.get(key)
            if present is None and "default" in field and not (key in value and field.get("nullable")):
                value[key] = present = copy(field["default"])
            if present.__class__ in (dict, list):
                fill_defaults(present, field)
        each = schema.get("additionalProperties")
        if isinstance(each, dict):
            for item in value.values():
                fill_defaults(item, each)
    elif isinstance(value, list):
        items = schema.get("items")
        if isinstance(items, dict):
            for item in value:
                fill_defaults(item, items)

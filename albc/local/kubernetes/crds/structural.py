"""From a CustomResourceDefinition's `openAPIV3Schema` to what judges objects: a JSON Schema, and the schema completed.

Structural schemas are OpenAPI 3.0, whose boolean `exclusiveMinimum` is that of JSON Schema draft 4; the extensions of
Kubernetes become what they mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.schema import EMBEDDED, INT_OR_STRING, PRESERVE
from albc.local.kubernetes.types.notation import Schema, load
from albc.local.kubernetes.validation.metadata import required

_NESTED = ("items", "additionalProperties", "not")
_LISTED = ("allOf", "anyOf", "oneOf")
_KEPT = (
    "type",
    "enum",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "required",
)
FORMATS = frozenset({"date-time", "date", "duration", "email", "ipv4", "ipv6", "cidr", "mac", "uri", "uuid", "byte"})


def completed(schema: Mapping[str, Any] | None) -> Schema:
    """The schema with apiVersion, kind and the real metadata: what decoding, patches and explanations walk."""
    given = dict(schema or {"type": "object", PRESERVE: True})
    metadata = load().of("meta", "ObjectMeta")
    own = (given.get("properties") or {}).get("metadata") or {}
    text = {"type": "string"}
    given["properties"] = {
        "apiVersion": text,
        "kind": text,
        **(given.get("properties") or {}),
        "metadata": {**metadata, "x-own-rules": own} if own.get("properties") else metadata,
    }
    return given


def json_schema(schema: Mapping[str, Any]) -> Schema:
    """The JSON Schema (draft 4) by which values are judged."""
    result: Schema = {key: schema[key] for key in _KEPT if key in schema}
    if schema.get("format") in FORMATS and schema.get("type", "string") == "string":
        result["format"] = schema["format"]
    for key in _NESTED:
        if isinstance(schema.get(key), Mapping):
            result[key] = json_schema(schema[key])
    for key in _LISTED:
        if key in schema:
            result[key] = [json_schema(item) for item in schema[key]]
    if "properties" in schema:
        result["properties"] = {name: json_schema(field) for name, field in schema["properties"].items()}
    if schema.get(INT_OR_STRING):
        result["type"] = ["integer", "string"]
        result.pop("anyOf", None)
    if schema.get(EMBEDDED):
        result["required"] = [*result.get("required", []), "apiVersion", "kind"]
    if schema.get("nullable"):
        if isinstance(result.get("type"), str):
            result["type"] = [result["type"], "null"]
        elif "type" in result:
            result["type"] = [*result["type"], "null"]
        if "enum" in result:
            result["enum"] = [*result["enum"], None]
    return result


def schema_faults(schema: Mapping[str, Any], field: str, *, root: bool = True) -> Iterator[FieldError]:
    """What makes a schema not structural, or nonsense."""
    kind = schema.get("type")
    if not kind and not schema.get(INT_OR_STRING) and not (schema.get(PRESERVE) and not root):
        where = "must not be empty at the root" if root else "must not be empty for specified object fields"
        if root or not schema.get(PRESERVE):
            yield required(f"{field}.type", where)
    if root and kind not in (None, "object"):
        yield FieldError("FieldValueInvalid", f"{field}.type", f'Invalid value: "{kind}": must be object at the root')
    if kind == "array" and "items" not in schema:
        yield required(f"{field}.items", "must be specified")
    if "properties" in schema and isinstance(schema.get("additionalProperties"), Mapping):
        text = "Forbidden: additionalProperties and properties are mutual exclusive"
        yield FieldError("FieldValueForbidden", f"{field}.additionalProperties", text)
    if schema.get("x-kubernetes-list-type") == "map" and not schema.get("x-kubernetes-list-map-keys"):
        yield required(f"{field}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map")
    for name, inner in (schema.get("properties") or {}).items():
        if root and name == "metadata":
            continue
        yield from schema_faults(inner, f"{field}.properties[{name}]", root=False)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), Mapping):
            yield from schema_faults(schema[name], f"{field}.{name}", root=False)

"""Notation for structural schemas: one short function for each kind of value."""

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
Rule: TypeAlias = tuple[str, str]
"""A CEL expression, and what the API server says where it does not hold."""


def _with(schema: Schema, rules: tuple[Rule, ...], default: Any) -> Schema:
    if default is not None:
        schema["default"] = default
    if rules:
        schema["x-kubernetes-validations"] = [{"rule": rule, "message": message} for rule, message in rules]
    return schema


def text(
    lengths: tuple[int, int] | None = None,
    pattern: str = "",
    *,
    enum: tuple[str, ...] = (),
    rules: tuple[Rule, ...] = (),
    default: str | None = None,
) -> Schema:
    schema: Schema = {"type": "string"}
    if lengths:
        schema["minLength"], schema["maxLength"] = lengths
    if pattern:
        schema["pattern"] = pattern
    if enum:
        schema["enum"] = list(enum)
    return _with(schema, rules, default)


def integer(
    bounds: tuple[int, int] | None = None,
    *,
    format: str = "int32",
    enum: tuple[int, ...] = (),
    default: int | None = None,
) -> Schema:
    schema: Schema = {"type": "integer", "format": format}
    if bounds:
        schema["minimum"], schema["maximum"] = bounds
    if enum:
        schema["enum"] = list(enum)
    return _with(schema, (), default)


def anything() -> Schema:
    """An object whose fields nobody on this machine reads."""
    return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def record(
    fields: dict[str, Schema], required: str = "", *, rules: tuple[Rule, ...] = (), default: Any = None
) -> Schema:
    """An object; `required` names fields, separated by spaces."""
    schema: Schema = {"type": "object", "properties": fields}
    if required:
        schema["required"] = required.split()
    return _with(schema, rules, default)


def table(lengths: tuple[int, int] | None, values: Schema) -> Schema:
    """A map from strings to `values`."""
    schema: Schema = {"type": "object", "additionalProperties": values}
    if lengths:
        schema["minProperties"], schema["maxProperties"] = lengths
    return schema


def listing(
    items: Schema,
    lengths: tuple[int, int] | None = None,
    *,
    kind: str = "atomic",
    rules: tuple[Rule, ...] = (),
    default: Any = None,
) -> Schema:
    """A list. `kind` is `atomic`, `set`, or `map:` with the keys of a list map, separated by commas."""
    schema: Schema = {"type": "array", "items": items}
    if lengths:
        schema["minItems"], schema["maxItems"] = lengths
    schema["x-kubernetes-list-type"], _, keys = kind.partition(":")
    if keys:
        schema["x-kubernetes-list-map-keys"] = keys.split(",")
    return _with(schema, rules, default)

"""Judges custom objects: by their schema, by the uniqueness of list items, by their CEL rules; in the server's words.

Compiled when the first object comes, not when the definition does. On updates a fault of a value that did not change
is forgiven (ratcheting).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.crds.cel_rules import RuleTree
from albc.local.kubernetes.crds.structural import json_schema
from albc.local.kubernetes.errors import CauseType, FieldError
from albc.local.kubernetes.patch.fieldset import element
from albc.local.kubernetes.types.notation import Schema
from albc.local.kubernetes.validation.metadata import quoted

if TYPE_CHECKING:
    import jsonschema_rs

_UNCHECKED = FieldError(
    "FieldValueInvalid",
    "<nil>",
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing "
    "errors to complete validation",
)
_BLOCKING = frozenset(
    {
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    }
)
"""Faults with which rules cannot be evaluated; after others they still are, as the API server does."""
_Say = Callable[[str, Any, Any], tuple[CauseType, str]]


class ObjectValidator:
    """Judges the objects of one version of one custom resource."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._compiled: tuple[jsonschema_rs.Draft4Validator, RuleTree] | None = None

    def faults(self, new: Object, old: Object | None) -> Iterator[FieldError]:
        """Every fault of an object."""
        if self._compiled is None:
            self._compiled = self._compile()
        validator, rules = self._compiled
        found: list[FieldError] = []
        for error in validator.iter_errors(new):
            path = list(error.instance_path)
            if old is not None and _unchanged(new, old, path):
                continue
            found.append(_fault(error, path))
        found += _duplicates(new, self._schema, "")
        yield from found
        if not any(fault.type in _BLOCKING for fault in found):
            yield from rules.faults(new, old)
        elif rules.any:
            yield _UNCHECKED

    def _compile(self) -> tuple[jsonschema_rs.Draft4Validator, RuleTree]:
        import jsonschema_rs  # costs 20 ms and is needed by those only who store custom objects

        metadata = self._schema["properties"]["metadata"].get("x-own-rules") or {"type": "object"}
        schema = {**self._schema, "properties": {**self._schema["properties"], "metadata": metadata}}
        validator = jsonschema_rs.Draft4Validator(json_schema(schema), validate_formats=True, formats=_FORMATS)
        return validator, RuleTree(schema)


def _cidr(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _mac(text: str) -> bool:
    parts = text.replace("-", ":").split(":")
    return len(parts) in (6, 8) and all(len(p) == 2 and all(c in "0123456789abcdefABCDEF" for c in p) for p in parts)


_FORMATS = {"cidr": _cidr, "mac": _mac, "byte": lambda text: len(text) % 4 == 0}


def path_text(path: Sequence[str | int]) -> str:
    """`spec.rules[0].name`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _unchanged(new: Any, old: Any, path: Sequence[str | int]) -> bool:
    """Whether the value at a path is the same in both objects, and there."""
    for step in path:
        try:
            new, old = new[step], old[step]
        except (KeyError, IndexError, TypeError):
            return False
    return bool(path) and new == old


def _type_name(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _body(field: str) -> str:
    return f"{field} in body"


def _must_be_of_type(field: str, value: Any, kinds: Sequence[str]) -> tuple[CauseType, str]:
    name = quoted(_type_name(value))
    wanted = next((kind for kind in kinds if kind != "null"), "null")
    if set(kinds) >= {"integer", "string"}:
        wanted = "integer,string"
    return "FieldValueTypeInvalid", f"Invalid value: {name}: {_body(field)} must be of type {wanted}: {name}"


def _bad(field: str, value: Any, why: str) -> tuple[CauseType, str]:
    return "FieldValueInvalid", f"Invalid value: {quoted(value)}: {why}"


def _combined(field: str, why: str) -> tuple[CauseType, str]:
    return "FieldValueInvalid", f'Invalid value: "": {quoted(field)} must {why}'


# keyword of the schema -> (field, value, what the keyword says) -> reason and message, as go-openapi/validate has them
_SAY: dict[str, _Say] = {
    "type": _must_be_of_type,
    "enum": lambda f, v, said: (
        "FieldValueNotSupported",
        f"Unsupported value: {quoted(v)}: supported values: {', '.join(quoted(o) for o in said if o is not None)}",
    ),
    "maxLength": lambda f, v, said: ("FieldValueTooLong", f"Too long: may not be more than {said} bytes"),
    "minLength": lambda f, v, said: _bad(f, v, f"{_body(f)} should be at least {said} chars long"),
    "pattern": lambda f, v, said: _bad(f, v, f"{_body(f)} should match '{said}'"),
    "minimum": lambda f, v, said: _bad(f, v, f"{_body(f)} should be greater than or equal to {said}"),
    "exclusiveMinimum": lambda f, v, said: _bad(f, v, f"{_body(f)} should be greater than {said}"),
    "maximum": lambda f, v, said: _bad(f, v, f"{_body(f)} should be less than or equal to {said}"),
    "exclusiveMaximum": lambda f, v, said: _bad(f, v, f"{_body(f)} should be less than {said}"),
    "multipleOf": lambda f, v, said: _bad(f, v, f"{_body(f)} should be a multiple of {said}"),
    "maxItems": lambda f, v, said: ("FieldValueTooMany", f"Too many: {len(v)}: must have at most {said} items"),
    "minItems": lambda f, v, said: _bad(f, len(v), f"{_body(f)} should have at least {said} items"),
    "uniqueItems": lambda f, v, said: _bad(f, v, f"{_body(f)} shouldn't contain duplicates"),
    "maxProperties": lambda f, v, said: ("FieldValueTooMany", f"Too many: {len(v)}: must have at most {said} items"),
    "minProperties": lambda f, v, said: _bad(f, len(v), f"{_body(f)} should have at least {said} properties"),
    "format": lambda f, v, said: _bad(f, v, f"{_body(f)} must be of type {said}: {quoted(v)}"),
    "oneOf": lambda f, v, said: _combined(f, "validate one and only one schema (oneOf). Found none valid"),
    "anyOf": lambda f, v, said: _combined(f, "validate at least one schema (anyOf)"),
    "not": lambda f, v, said: _combined(f, "not validate the schema (not)"),
}


def _fault(error: Any, path: list[str | int]) -> FieldError:
    keyword, said = error.kind.name, error.kind.value
    if keyword == "required":
        return FieldError("FieldValueRequired", path_text([*path, said]), "Required value")
    field = path_text(path)
    say = _SAY.get(keyword)
    reason, message = say(field, error.instance, said) if say else _bad(field, error.instance, error.message)
    return FieldError(reason, field, message)


def _duplicates(value: Any, schema: Mapping[str, Any], field: str) -> list[FieldError]:
    """Items of sets and list-maps that are there twice."""
    found: list[FieldError] = []
    if isinstance(value, dict):
        properties, each = schema.get("properties") or {}, schema.get("additionalProperties")
        for key, item in value.items():
            inner = properties.get(key, each)
            if isinstance(item, dict | list) and isinstance(inner, dict) and key != "metadata":
                found += _duplicates(item, inner, f"{field}.{key}" if field else key)
    elif isinstance(value, list):
        seen: set[str] = set()
        keyed = schema.get("x-kubernetes-list-type") in ("set", "map")
        items = schema.get("items") or {}
        for place, item in enumerate(value):
            if keyed:
                identity = element(item, schema)
                if identity in seen:
                    text = f"Duplicate value: {identity[2:]}"
                    found.append(FieldError("FieldValueDuplicate", f"{field}[{place}]", text))
                seen.add(identity)
            if isinstance(item, dict | list):
                found += _duplicates(item, items, f"{field}[{place}]")
    return found

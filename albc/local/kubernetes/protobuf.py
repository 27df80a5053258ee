"""Reads bodies in protobuf, in which Go programs send built-in kinds; answers go out as JSON, which they accept too.

The types' tables know the field numbers. A kind without them is refused; a field without one, which only a newer
program can send, is passed over, as the API server does.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from albc.local.kubernetes.schema import PRESERVE
from albc.local.kubernetes.types.notation import NUMBER, POINTER, Schema, load

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"


class Unreadable(Exception):
    """The bytes are no protobuf."""


class NotOffered(Unreadable):
    """The kind is read as JSON only."""


def decode(body: bytes) -> dict[str, Any]:
    """The object in an envelope of `runtime.Unknown`. Raises Unreadable."""
    if not body.startswith(_MAGIC):
        raise Unreadable("the magic number is missing")
    try:
        envelope = dict(_fields(body[len(_MAGIC) :]))
        type_meta = dict(_fields(envelope[1]))
        api_version, kind = type_meta[1].decode(), type_meta[2].decode()
        schema = _schema(api_version, kind)
        obj = _message(envelope.get(2, b""), schema)
    except (KeyError, IndexError, AttributeError, UnicodeDecodeError) as fault:
        raise Unreadable(f"the message cannot be read: {fault!r}") from None
    return {"apiVersion": api_version, "kind": kind, **obj}


@cache
def _schema(api_version: str, kind: str) -> Schema:
    """Of any kind of the tables, also those that are bodies of subresources only."""
    group, _, version = api_version.rpartition("/")
    types = load()
    for found in types.kinds:
        schema = types.resolved[found.component]
        if (found.group, found.version, found.name) == (group, version, kind) and NUMBER in _metadata(schema):
            return schema
    if kind == "DeleteOptions":
        return types.of("meta", kind)
    raise NotOffered(kind)


def _metadata(schema: Schema) -> Schema:
    found: Schema = schema["properties"]["metadata"]
    return found


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """(number, value) in order: integers as they are, everything else as bytes."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield number, value
        elif wire == 2:
            length, position = _varint(data, position)
            if position + length > len(data):
                raise IndexError("the message ends too soon")
            yield number, data[position : position + length]
            position += length
        else:
            width = {1: 8, 5: 4}[wire]
            yield number, data[position : position + width]
            position += width


def _message(data: bytes, schema: Schema) -> dict[str, Any]:
    result: dict[str, Any] = {}
    _read(data, schema.get("properties") or {}, (), result)
    return result


def _read(data: bytes, fields: dict[str, Schema], outer: tuple[int, ...], result: dict[str, Any]) -> None:
    """Adds a message's fields to `result`; `outer`: the numbers of the messages around it that JSON has inlined."""
    by_numbers = {field[NUMBER]: (name, field) for name, field in fields.items() if NUMBER in field}
    for number, value in _fields(data):
        numbers = (*outer, number)
        if any(len(known) > len(numbers) and known[: len(numbers)] == numbers for known in by_numbers):
            _read(value, fields, numbers, result)
            continue
        if numbers not in by_numbers:
            continue
        name, field = by_numbers[numbers]
        if field.get("type") == "array":
            result.setdefault(name, []).append(_value(value, field["items"]))
        elif "additionalProperties" in field:
            entry = dict(_fields(value))
            result.setdefault(name, {})[entry.get(1, b"").decode()] = _value(
                entry.get(2, b""), field["additionalProperties"]
            )
        else:
            plain = _value(value, field)
            if POINTER in field or plain not in ("", 0, False, None, {}):
                result[name] = plain


def _value(value: Any, schema: Schema) -> Any:
    match schema.get("type"), schema.get("format"):
        case "string", "date-time":
            return _time(value)
        case "string", "byte":
            return base64.b64encode(value).decode()
        case "string", _:
            return value.decode()
        case "boolean", _:
            return bool(value)
        case "integer", _:
            return value - (1 << 64) if value >= 1 << 63 else value
        case _, "quantity":
            return dict(_fields(value)).get(1, b"").decode()
        case _, "int-or-string":
            parts = dict(_fields(value))
            return parts.get(3, b"").decode() if parts.get(1) else parts.get(2, 0)
        case _ if PRESERVE in schema:
            return msgspec.json.decode(dict(_fields(value)).get(1, b"null"))
        case _:
            return _message(value, schema)


def _time(value: bytes) -> str | None:
    parts = dict(_fields(value))
    if not parts.get(1):
        return None
    moment = datetime.fromtimestamp(parts[1], UTC)
    micro = parts.get(2, 0) // 1000
    fraction = f".{micro:06d}" if micro else ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"

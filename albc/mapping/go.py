"""How Go reads text: the reference parses numbers, truth values and JSON with Go's library, and users' manifests rely
on what that accepts (spec/ingress.md §1).

Called by `annotations` and by the rules that read JSON documents. Nothing here knows of annotations: a text that does
not parse gives None or a `ValueError` whose message completes the sentence "the value ...".
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What `strings.TrimSpace` trims; `str.strip()` would trim U+001C to U+001F too."""

TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})

_INTEGER = re.compile(r"[+-]?[0-9]+")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_DIGITS = 100
"""Far beyond 64 bits; Python refuses to convert very long texts."""


def parse_bool(text: str) -> bool | None:
    """`strconv.ParseBool`: twelve spellings, None for all others."""
    if text in TRUE:
        return True
    return False if text in FALSE else None


def parse_int(text: str, bits: int) -> int | None:
    """`strconv.ParseInt` with base 10: optional sign, ASCII digits, in the range of a signed integer of `bits` bits."""
    if not _INTEGER.fullmatch(text) or len(text) > _MOST_DIGITS:
        return None
    number = int(text)
    return number if -(1 << (bits - 1)) <= number < 1 << (bits - 1) else None


def parse_json(text: str) -> Any:
    """One JSON document and nothing after it. Of equal keys the last one counts, and keeps its place."""
    try:
        return json.loads(text, object_pairs_hook=_last_wins, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except ValueError as error:
        detail = f": {error.msg} at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"is not valid JSON{detail}") from None


def _last_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        result.pop(key, None)
        result[key] = value
    return result


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


class JSONObject:
    """An object of a structured document, read field by field as `encoding/json` fills a struct.

    Field names match whatever their case, the last spelling wins, unknown fields are ignored, and `null` is as if the
    field were absent. A value of another type raises `ValueError`, with the path of the field.
    """

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, dict):
            raise ValueError(f"must be an object{_at(path)}, not {_kind(value)}")
        self._path = path
        self._fields = {key.lower(): item for key, item in value.items()}

    def _get(self, name: str) -> tuple[Any, str]:
        return self._fields.get(name.lower()), f"{self._path}.{name}" if self._path else name

    def string(self, name: str) -> str | None:
        value, path = self._get(name)
        return None if value is None else _string(value, path)

    def boolean(self, name: str) -> bool | None:
        value, path = self._get(name)
        if value is None or isinstance(value, bool):
            return value
        raise ValueError(f"must have true or false{_at(path)}, not {_kind(value)}")

    def int32(self, name: str) -> int | None:
        value, path = self._get(name)
        return None if value is None else as_int32(value, path)

    def int_or_string(self, name: str) -> int | str | None:
        value, path = self._get(name)
        if value is None or isinstance(value, str):
            return value if value is None else _string(value, path)
        return as_int32(value, path)

    def strings(self, name: str) -> tuple[str, ...]:
        value, path = self._get(name)
        return tuple(_string(item, path) for item in _items(value, path))

    def string_map(self, name: str) -> dict[str, str]:
        """A plain map: its keys are the user's, so their case counts."""
        value, path = self._get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise ValueError(f"must have an object{_at(path)}, not {_kind(value)}")
        return {_clean(key): _string(item, f"{path}.{key}") for key, item in value.items()}

    def object(self, name: str) -> "JSONObject | None":
        value, path = self._get(name)
        return None if value is None else JSONObject(value, path)

    def objects(self, name: str) -> "tuple[JSONObject, ...] | None":
        """None if the field is absent."""
        value, path = self._get(name)
        return None if value is None else tuple(json_objects(value, path))


def json_objects(value: Any, path: str = "") -> Iterator[JSONObject]:
    """The elements of a list of objects, where `null` stands for an object without fields, or for an empty list."""
    for index, item in enumerate(_items(value, path)):
        yield JSONObject({} if item is None else item, f"{path}[{index}]")


def json_maps(value: Any, path: str = "") -> Iterator[Mapping[str, Any]]:
    """The elements of a list of plain maps, whose keys are the user's; `null` stands for an empty map or list."""
    for index, item in enumerate(_items(value, path)):
        if not isinstance(item, dict | None):
            raise ValueError(f"must have an object at {path}[{index}], not {_kind(item)}")
        yield {_clean(key): entry for key, entry in (item or {}).items()}


def as_int32(value: Any, path: str) -> int:
    """An integer literal in the range of 32 bits; `20.0` is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"must have a whole number{_at(path)}, not {_kind(value)}")
    if not -(1 << 31) <= value < 1 << 31:
        raise ValueError(f"must have a number of 32 bits{_at(path)}")
    return value


def _items(value: Any, path: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        hint = "; put it in brackets: [{…}]" if isinstance(value, dict) else ""
        raise ValueError(f"must be a list{_at(path)}, not {_kind(value)}{hint}")
    return value


def _string(value: Any, path: str) -> str:
    if not isinstance(value, str):
        hint = f' (write "{value}")' if isinstance(value, int | float) and not isinstance(value, bool) else ""
        raise ValueError(f"must have a text in quotes{_at(path)}, not {_kind(value)}{hint}")
    return _clean(value)


def _clean(text: str) -> str:
    """Go decodes half a surrogate pair as U+FFFD; Python would keep what no UTF-8 text can hold."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def _at(path: str) -> str:
    return f" at {path}" if path else ""


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"

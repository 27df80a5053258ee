"""Annotations of one object under one prefix: reading their values, and the register of those that exist.

Each family keeps its register in `mapping/<family>/annotations.py`; documents, `albc plan`'s hints and tests walk it.
A value that does not parse raises `Invalid` with the annotation, its value and what is allowed. Formats are those of
spec/ingress.md §1, which Services share.
"""

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from albc.mapping import go, nearest
from albc.mapping.invalid import Invalid
from albc.model.problem import one_line

T = TypeVar("T")

_SHOWN = 120
"""Characters of a value that a message repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One row of a register."""

    name: str
    """Suffix after the prefix. A part in capitals stands for what the user puts there: `actions.NAME`."""
    type: str
    """`string`, `bool`, `int32`, `int64`, `list`, `map`, `JSON`: how the value is written."""
    family: str
    """Where it may stand: `ingress`, `service`."""
    rule: Callable[..., Any] | None
    """The function that reads it; None for what albc writes and nobody reads."""
    section: str
    """Of spec/, `ingress.md §9`."""
    help: str
    """What it does, what is allowed and what holds without it, for docs/annotations.md."""

    @property
    def fixed_part(self) -> str:
        """`actions.` of `actions.NAME`; the whole name where nothing varies."""
        end = next((i for i, char in enumerate(self.name) if char.isupper()), len(self.name))
        return self.name[:end]


class Annotations:
    """The annotations of one object under `prefix`. Absent and present-but-empty are told apart everywhere."""

    __slots__ = ("_values", "prefix")

    def __init__(self, values: Mapping[str, str], prefix: str) -> None:
        self._values = values
        self.prefix = prefix

    @property
    def silent(self) -> bool:
        """Whether nothing bears the prefix."""
        return not any(key.startswith(self.prefix) for key in self._values)

    def over(self, other: "Annotations") -> "Annotations":
        """These, and those of `other` whose key is absent here; a value is never mixed of both.

        `other` itself where nothing here bears the prefix.
        """
        if self.silent:
            return other
        return Annotations({**other._values, **self._values}, self.prefix)

    def suffixes(self) -> tuple[str, ...]:
        """What follows the prefix in the keys that bear it, sorted."""
        start = len(self.prefix)
        return tuple(sorted(key[start:] for key in self._values if key.startswith(self.prefix)))

    def __contains__(self, suffix: str) -> bool:
        return self.prefix + suffix in self._values

    def string(self, suffix: str) -> str | None:
        """The raw value, not trimmed."""
        return self._values.get(self.prefix + suffix)

    def one_of(self, suffix: str, allowed: Collection[str]) -> str | None:
        """A string that must be one of a few words."""
        value = self.string(suffix)
        if value is not None and value not in allowed:
            raise self.invalid(suffix, f"must be one of {', '.join(allowed)}{nearest.word(value, allowed)}")
        return value

    def bool(self, suffix: str) -> bool | None:
        if (raw := self.string(suffix)) is None:
            return None
        if (value := go.parse_bool(raw)) is None:
            raise self.invalid(suffix, f"must be true or false{nearest.truth(raw)}")
        return value

    def int32(self, suffix: str) -> int | None:
        return self._integer(suffix, 32)

    def int64(self, suffix: str) -> int | None:
        return self._integer(suffix, 64)

    def _integer(self, suffix: str, bits: int) -> int | None:
        if (raw := self.string(suffix)) is None:
            return None
        if (value := go.parse_int(raw, bits)) is None:
            rule = f"must be a whole number of {bits} bits, without blanks"
            raise self.invalid(suffix, f"{rule}{nearest.number(raw)}")
        return value

    def string_list(self, suffix: str) -> tuple[str, ...] | None:
        """Comma-separated, each piece trimmed, empty pieces dropped; `,` is an empty list, not None."""
        if (raw := self.string(suffix)) is None:
            return None
        return tuple(piece for part in raw.split(",") if (piece := part.strip(go.SPACE)))

    def string_map(self, suffix: str) -> dict[str, str] | None:
        """`key=value,key=value`; `\\,` is a comma inside a value, a later equal key wins."""
        if (raw := self.string(suffix)) is None:
            return None
        result: dict[str, str] = {}
        for item in _map_items(raw):
            key, separator, value = item.partition("=")
            if not separator or not key.strip(go.SPACE):
                raise self.invalid(suffix, "must be key=value pairs with commas between them")
            result[key.strip(go.SPACE)] = value.strip(go.SPACE)
        return result

    def json(self, suffix: str, decoder: Callable[[Any], T]) -> T | None:
        """The decoded JSON document. `decoder` gets plain data and raises `ValueError` for what it cannot take."""
        if (raw := self.string(suffix)) is None:
            return None
        try:
            return decoder(go.parse_json(raw))
        except Invalid:
            raise
        except ValueError as error:
            raise self.invalid(suffix, str(error)) from None

    def invalid(self, suffix: str, rule: str, *, value: str | None = None) -> Invalid:
        """The fault that this annotation breaks `rule`, which completes "the value …". `value` is the part at fault,
        where the whole would hide it.
        """
        raw = value if value is not None else self.string(suffix) or ""
        shown = one_line(raw if len(raw) <= _SHOWN else f"{raw[:_SHOWN]}…")
        return Invalid(f'{self.prefix}{suffix}: the value "{shown}" {rule}')


def _map_items(raw: str) -> list[str]:
    """The items of a string map. A comma separates items only if an item with `=`, or exactly one more, follows it."""
    items: list[str] = []
    buffer: list[str] = []
    last_separator, end = raw.rfind("="), len(raw.rstrip(go.SPACE))
    i = 0
    while i < len(raw):
        char = raw[i]
        if char == "\\" and i + 1 < len(raw):
            buffer.append(raw[i + 1])
            i += 2
            continue
        if char == ",":
            if i < last_separator:
                items.append("".join(buffer).strip(go.SPACE))
                buffer.clear()
            elif i + 1 < end:
                return [*items, "".join(buffer), raw[i + 1 :].strip(go.SPACE)]
            else:
                buffer.append(char)
        else:
            buffer.append(char)
        i += 1
    if last := "".join(buffer).strip(go.SPACE):
        items.append(last)
    return items


@dataclass(frozen=True, slots=True)
class UnknownAnnotation:
    """An annotation under our prefix that no rule reads."""

    name: str
    nearest: str | None
    """A known name that was probably meant."""


class Register:
    """The annotations of one family, and which names are none of them."""

    def __init__(self, rows: Iterable[Annotation]) -> None:
        self.rows = tuple(rows)
        self._whole = {row.name for row in self.rows if row.fixed_part == row.name}
        self._beginnings = tuple(row.fixed_part for row in self.rows if row.fixed_part != row.name)

    def __contains__(self, suffix: str) -> bool:
        return suffix in self._whole or (suffix.startswith(self._beginnings) and suffix not in self._beginnings)

    def unknown(self, annotations: Annotations) -> tuple[UnknownAnnotation, ...]:
        """Those under our prefix that stand in no row, by name."""
        return tuple(
            UnknownAnnotation(annotations.prefix + suffix, self._nearest(suffix))
            for suffix in annotations.suffixes()
            if suffix not in self
        )

    def _nearest(self, suffix: str) -> str | None:
        by_spelling = {row.name.lower(): row.name for row in self.rows}
        found = difflib.get_close_matches(suffix.lower(), by_spelling, n=1, cutoff=0.75)
        return by_spelling[found[0]] if found else None

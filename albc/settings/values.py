"""How flag values are written: Go's forms, so that a Deployment's arguments can be carried over (spec/runtime.md §2).

Each parser takes the text of one flag and returns its value, or raises `ValueError` with a sentence that says what
would be right.
"""

import csv
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from albc.errors import Invalid

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""A map as pairs: hashable, and what a repeatable flag adds up to."""

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")


def boolean(text: str) -> bool:
    """What Go's `strconv.ParseBool` takes."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"{text!r} is neither true ({', '.join(_TRUE)}) nor false ({', '.join(_FALSE)})")


def duration(text: str) -> float:
    """Seconds of a Go duration such as `15s`, `2m0s` or `1h30m`."""
    if text == "0":
        return 0.0
    position, seconds = 0, 0.0
    body = text.removeprefix("-")
    while match := _DURATION.match(body, position):
        seconds += float(match[1]) * _UNITS[match[2]]
        position = match.end()
    if not body or position != len(body):
        raise ValueError(f"{text!r} is no duration; write for example 15s, 2m30s or 10h")
    return -seconds if text.startswith("-") else seconds


def strings(text: str) -> tuple[str, ...]:
    """Comma-separated, with CSV quoting."""
    return tuple(next(csv.reader([text]), ()))


def pairs(text: str) -> Pairs:
    """`k=v,k=v`; a value that holds commas is quoted as in CSV: `"k=a,b"`."""
    if not text:
        return ()
    items = next(csv.reader([text]), []) if text.count("=") > 1 else [text]
    bad = [item for item in items if "=" not in item]
    if bad:
        raise ValueError(f"{bad[0]!r} must be written as key=value")
    return tuple((key, value) for key, _, value in (item.partition("=") for item in items))


class _Token(Protocol):
    @property
    def value(self) -> str: ...


def converter(
    parse: Callable[[str], Any], *, add_up: bool = False, joined: bool = False
) -> Callable[[Any, Sequence[_Token]], Any]:
    """`parse` as cyclopts wants it: the last use of the flag counts; or all of them, one by one when they `add_up`,
    or as if they had been one value, with commas between, when they are `joined`."""

    def convert(_: Any, tokens: Sequence[_Token]) -> Any:
        try:
            if add_up:
                return tuple(item for token in tokens for item in parse(token.value))
            return parse(",".join(token.value for token in tokens) if joined else tokens[-1].value)
        except Invalid as error:
            raise ValueError(str(error)) from None

    return convert

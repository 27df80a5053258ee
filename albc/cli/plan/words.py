"""Values as words for people: references by what they refer to, secrets never, and colour where it is wanted.

Text of users is made harmless for a terminal: what does not print is escaped.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from albc.deploy.plan import Operation, Verb
from albc.model.reference import Ref, SecretText
from albc.printable import printable

SIGNS: Mapping[Verb, tuple[str, str]] = {
    Verb.CREATE: ("+", "green"),
    Verb.MODIFY: ("~", "yellow"),
    Verb.REPLACE: ("±", "yellow"),
    Verb.DELETE: ("-", "red"),
    Verb.BLOCKED: ("!", "magenta"),
}
"""Sign and colour."""

_CODES = {"red": 31, "green": 32, "yellow": 33, "magenta": 35, "bold": 1, "dim": 2}
_WIDE = 88
"""Values that are longer than this take a line for each of their parts."""


@dataclass(frozen=True)
class Palette:
    colours: bool

    def paint(self, text: str, colour: str) -> str:
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self.colours and colour else text


def short_type(type_: str) -> str:
    """`AWS::ElasticLoadBalancingV2::Listener` → `Listener`."""
    parts = type_.split("::")
    return parts[-1] if parts[-1] != "WebACLAssociation" else f"{parts[1]}{parts[-1]}"


def plain(value: Any) -> Any:
    """As JSON can have it. A reference is `{"$ref": …}` as in the stack's JSON form, a secret is `[REDACTED]`."""
    match value:
        case Ref() | SecretText():
            return value.__wire__()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted((plain(item) for item in value), key=str)
        case None | bool() | int() | float() | str():
            return value
        case _ if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return str(value)


def said(value: Any) -> str:
    """In one line."""
    match value:
        case str():
            return printable(json.dumps(value, ensure_ascii=False))
        case Ref():
            return f"({short_type(value.type)} {printable(value.id)}).{value.field}"
        case SecretText():
            return repr(value)
        case Mapping():
            return "{" + ", ".join(f"{printable(str(key))}: {said(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(said(item) for item in value) + "]"
        case _:
            return printable(json.dumps(plain(value), ensure_ascii=False))


def spread(name: str, value: Any) -> Iterator[str]:
    """`name = value`, over several lines when it is long."""
    line = f"{name} = {said(value)}"
    if len(line) <= _WIDE or not isinstance(value, Mapping | list | tuple) or not value:
        yield line
        return
    yield f"{name}:"
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from (f"  {inner}" for inner in spread(printable(str(key)), item))
    else:
        for item in value:
            yield f"  - {said(item)}"


def name_of(operation: Operation) -> str:
    """`Listener 80`."""
    return f"{short_type(operation.resource.type)} {printable(operation.resource.id)}"

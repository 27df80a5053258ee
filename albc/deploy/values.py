"""Values on their way to AWS: nested lists and maps that may hold references and secrets.

A plan keeps both as they are, so that it can be printed; `apply` fills in the references when they are known, and
reveals the secrets at the last moment.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from albc.model.reference import Ref, SecretText


def resolved(value: Any, known: Mapping[Ref, str]) -> Any:
    """The same value with each known reference replaced by what it stands for. Works on dataclasses, too."""
    match value:
        case Ref():
            return known.get(value, value)
        case Mapping():
            return {key: resolved(item, known) for key, item in value.items()}
        case list() | tuple():
            return type(value)(resolved(item, known) for item in value)
        case SecretText():
            return value
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{f.name: resolved(getattr(value, f.name), known) for f in fields(value)})
        case _:
            return value


def references(value: Any) -> Iterator[Ref]:
    """All references inside."""
    match value:
        case Ref():
            yield value
        case Mapping():
            for item in value.values():
                yield from references(item)
        case list() | tuple():
            for item in value:
                yield from references(item)
        case _ if is_dataclass(value) and not isinstance(value, type):
            for f in fields(value):
                yield from references(getattr(value, f.name))


def revealed(value: Any) -> Any:
    """The same value with its secrets in clear, for the call itself only."""
    match value:
        case SecretText():
            return value.value
        case Mapping():
            return {key: revealed(item) for key, item in value.items()}
        case list() | tuple():
            return [revealed(item) for item in value]
        case _:
            return value


def given(**members: Any) -> dict[str, Any]:
    """A structure in AWS's form, without the members about which nothing is said."""
    return {name: value for name, value in members.items() if value is not None}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """AWS's form of tags, sorted by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]

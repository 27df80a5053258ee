"""How a model value is written in the reference's JSON form (spec/aws.md §1.3).

Every model class is a frozen dataclass whose fields stand in the order in which they are printed. `wire` gives a
field its printed name where camelCase of the Python name would be wrong, and says when the field is left out.
"""

from collections.abc import Mapping
from dataclasses import Field, field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any


class Omit(Enum):
    """When a field is left out of the JSON form."""

    EMPTY = "empty"
    """None, "", 0, False, an empty list or map: Go's `omitempty` on a plain value."""
    NONE = "none"
    """None only: `omitempty` behind a pointer, where 0, False and "" are printed."""
    NEVER = "never"
    """Always printed; None prints `null`."""


HIDDEN = "hidden"


def wire(name: str = "", *, omit: Omit = Omit.EMPTY, default: Any = None, as_: Any = None) -> Any:
    """A dataclass field with its printed `name`, its rule for omission, and `as_`: a function that renders its value.

    `Omit.NEVER` without a default makes the field required.
    """
    metadata = {"name": name, "omit": omit, "as": as_}
    if omit is Omit.NEVER and default is None:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def wire_map(name: str = "") -> Any:
    """A field that holds a map of strings, empty by default and left out when empty."""
    return field(default_factory=dict, metadata={"name": name, "omit": Omit.EMPTY})


def hidden(default: Any = None) -> Any:
    """A field that the JSON form does not show."""
    return field(default=default, metadata={HIDDEN: True})


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


@cache
def _layout(cls: Any) -> tuple[tuple[str, str, Omit, Any], ...]:
    """(attribute, printed name, omission, renderer) of each printed field of a model class."""

    def one(f: Field[Any]) -> tuple[str, str, Omit, Any]:
        return (
            f.name,
            f.metadata.get("name") or _camel(f.name),
            f.metadata.get("omit", Omit.NEVER),
            f.metadata.get("as"),
        )

    return tuple(one(f) for f in fields(cls) if not f.metadata.get(HIDDEN))


def to_wire(value: Any) -> Any:
    """Plain dictionaries, lists and scalars in the reference's form. Maps come out with sorted keys."""
    if hasattr(value, "__wire__"):
        return value.__wire__()
    if is_dataclass(value):
        out: dict[str, Any] = {}
        for attribute, name, omit, render in _layout(value.__class__):
            item = getattr(value, attribute)
            if omit is Omit.EMPTY and not item and not hasattr(item, "__wire__"):
                continue
            if omit is Omit.NONE and item is None:
                continue
            out[name] = render(item) if render else to_wire(item)
        return out
    if isinstance(value, Mapping):
        return {key: to_wire(value[key]) for key in sorted(value)}
    if isinstance(value, tuple | list):
        return [to_wire(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value

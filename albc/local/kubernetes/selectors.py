"""Label and field selectors: their text and object forms, and whether an object fits.

A selector is a predicate over `Stored` (for lists and watches) or over labels (for the played controllers). Faulty text
raises ValueError with the API server's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from albc.local.kubernetes.store import Stored

Labels = Mapping[str, str]

_REQUIREMENT = re.compile(
    r"""\s*(?:
        (?P<absent>!)\s*(?P<absent_key>[^\s!=,()<>]+)
      | (?P<key>[^\s!=,()<>]+)\s*(?:
            (?P<operator>==|=|!=|<|>)\s*(?P<value>[^\s!=,()<>]*)
          | (?P<set>in|notin)\s*\((?P<values>[^()]*)\)
        )?
    )\s*(?:,|$)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        return _OPERATORS[self.operator](labels.get(self.key), self.values)


def _number(text: str | None) -> int | None:
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None


def _greater(value: str | None, values: Sequence[str]) -> bool:
    have, bound = _number(value), _number(values[0])
    return have is not None and bound is not None and have > bound


def _less(value: str | None, values: Sequence[str]) -> bool:
    have, bound = _number(value), _number(values[0])
    return have is not None and bound is not None and have < bound


_OPERATORS: dict[str, Callable[[str | None, Sequence[str]], bool]] = {
    "In": lambda value, values: value is not None and value in values,
    "NotIn": lambda value, values: value is None or value not in values,
    "Exists": lambda value, values: value is not None,
    "DoesNotExist": lambda value, values: value is None,
    "Gt": _greater,
    "Lt": _less,
}


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All requirements must hold; none means everything fits."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Labels) -> bool:
        return all(requirement.matches(labels) for requirement in self.requirements)

    def __str__(self) -> str:
        return ",".join(_text(requirement) for requirement in self.requirements)


def _text(requirement: Requirement) -> str:
    joined = ",".join(requirement.values)
    match requirement.operator:
        case "Exists":
            return requirement.key
        case "DoesNotExist":
            return f"!{requirement.key}"
        case "In" if len(requirement.values) == 1:
            return f"{requirement.key}={joined}"
        case "In":
            return f"{requirement.key} in ({joined})"
        case _:
            return f"{requirement.key} notin ({joined})"


_EQUALITY = {"=": "In", "==": "In", "!=": "NotIn", ">": "Gt", "<": "Lt"}


def parse_labels(text: str) -> LabelSelector:
    """Reads `a=b,c!=d,e in (f,g),h,!i`. Raises ValueError."""
    found: list[Requirement] = []
    position = 0
    while position < len(text):
        match = _REQUIREMENT.match(text, position)
        if match is None:
            raise ValueError(f"unable to parse requirement: found '{text[position:]}'")
        position = match.end()
        if match["absent"]:
            found.append(Requirement(match["absent_key"], "DoesNotExist"))
        elif match["operator"]:
            found.append(Requirement(match["key"], _EQUALITY[match["operator"]], (match["value"],)))
        elif match["set"]:
            values = tuple(sorted(value.strip() for value in match["values"].split(",")))
            found.append(Requirement(match["key"], "In" if match["set"] == "in" else "NotIn", values))
        else:
            found.append(Requirement(match["key"], "Exists"))
    return LabelSelector(tuple(found))


def from_object(selector: Mapping[str, Any] | None) -> LabelSelector:
    """Reads a `LabelSelector` object; an absent one fits everything."""
    if not selector:
        return LabelSelector()
    equalities = [Requirement(key, "In", (value,)) for key, value in (selector.get("matchLabels") or {}).items()]
    expressions = [
        Requirement(item["key"], item["operator"], tuple(item.get("values") or ()))
        for item in selector.get("matchExpressions") or ()
    ]
    return LabelSelector(tuple(equalities + expressions))


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """(path, wanted, value): every named field must have, or must not have, the value."""

    terms: tuple[tuple[str, bool, str], ...] = ()

    def matches(self, stored: Stored) -> bool:
        return all((_field(stored, path) == value) is wanted for path, wanted, value in self.terms)

    def name(self) -> str:
        """The one name that can fit, or nothing."""
        return next((value for path, wanted, value in self.terms if wanted and path == "metadata.name"), "")


def _field(stored: Stored, path: str) -> str:
    if path == "metadata.name":
        return stored.key.name
    if path == "metadata.namespace":
        return stored.key.namespace
    return stored.fields.get(path, "")


_FIELD_TERM = re.compile(r"^\s*([^=!]+?)\s*(==|=|!=)\s*(.*?)\s*$")


def parse_fields(text: str, allowed: frozenset[str]) -> FieldSelector:
    """Reads `metadata.name=a,spec.x!=b`; only `allowed` paths and the name and namespace may be asked for."""
    terms = []
    for part in filter(None, re.split(r"(?<!\\),", text)):
        match = _FIELD_TERM.match(part)
        if match is None:
            raise ValueError(f"invalid selector: '{text}'; can't understand '{part}'")
        path, operator, value = match.groups()
        if path not in allowed and path not in ("metadata.name", "metadata.namespace"):
            raise ValueError(f"field label not supported: {path}")
        terms.append((path, operator != "!=", re.sub(r"\\(.)", r"\1", value)))
    return FieldSelector(tuple(terms))


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list or watch asks for within a resource."""

    namespace: str = ""
    labels: LabelSelector = LabelSelector()
    fields: FieldSelector = FieldSelector()

    @property
    def filters(self) -> bool:
        """Whether an object of the namespace can be left out."""
        return bool(self.labels.requirements or self.fields.terms)

    def matches(self, stored: Stored) -> bool:
        if self.namespace and stored.key.namespace != self.namespace:
            return False
        return self.labels.matches(stored.labels) and self.fields.matches(stored)

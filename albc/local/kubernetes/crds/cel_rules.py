"""CEL rules (`x-kubernetes-validations`) of a schema: where they stand, and what they say of an object.

A tree with a node for each part of the schema that has rules in it, so objects are walked no further than needed.
Transition rules (`oldSelf`) hold where the old value can be found again: by field, map key or list-map key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from albc.local.kubernetes.crds.cel_syntax import escaped, without_optional_syntax
from albc.local.kubernetes.errors import CauseType, FieldError
from albc.local.kubernetes.patch.fieldset import element

if TYPE_CHECKING:
    import cel

_ABSENT = object()
# reason of a rule -> what stands before its message
_PREFIX: Mapping[str, str] = {
    "FieldValueInvalid": "Invalid value: {value}: ",
    "FieldValueForbidden": "Forbidden: ",
    "FieldValueRequired": "Required value: ",
    "FieldValueDuplicate": "Duplicate value: {value}: ",
}
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


@lru_cache(maxsize=4096)
def compiled(expression: str) -> cel.Program:
    """A program, shared by all rules with the same text. Raises ValueError."""
    import cel  # costs 180 ms and is needed by those only who have rules

    return cel.compile(without_optional_syntax(expression))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    expression: str
    message: str
    message_expression: str
    reason: CauseType
    field_path: str
    optional_old: bool

    @property
    def is_transition(self) -> bool:
        return "oldSelf" in compiled(self.expression).variables()


@dataclass(slots=True)
class _Node:
    """A part of the schema with rules in it."""

    schema: Mapping[str, Any]
    rules: tuple[Rule, ...] = ()
    properties: dict[str, _Node] = field(default_factory=dict)
    items: _Node | None = None
    each: _Node | None = None
    shape: _Shape | None = None


class RuleTree:
    """The rules of one schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._root = _node(schema)
        self.any = self._root is not None

    def faults(self, new: Any, old: Any | None) -> Iterator[FieldError]:
        """Every rule that an object breaks; `old` is None when it is being created."""
        if self._root is not None:
            yield from _walk(self._root, new, _ABSENT if old is None else old, "")


def rules_of(schema: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules at the top of a schema."""
    return tuple(
        Rule(
            expression=given["rule"],
            message=given.get("message", ""),
            message_expression=given.get("messageExpression", ""),
            reason=given.get("reason", "FieldValueInvalid"),
            field_path=given.get("fieldPath", ""),
            optional_old=bool(given.get("optionalOldSelf")),
        )
        for given in schema.get("x-kubernetes-validations") or ()
    )


def _node(schema: Mapping[str, Any]) -> _Node | None:
    rules = rules_of(schema)
    properties = {k: n for k, v in (schema.get("properties") or {}).items() if (n := _node(v)) is not None}
    items, each = schema.get("items"), schema.get("additionalProperties")
    items_node = _node(items) if isinstance(items, Mapping) else None
    each_node = _node(each) if isinstance(each, Mapping) else None
    if not (rules or properties or items_node or each_node):
        return None
    return _Node(schema, rules, properties, items_node, each_node, _shape(schema) if rules else None)


def _walk(node: _Node, new: Any, old: Any, path: str) -> Iterator[FieldError]:
    if new is None:
        return
    if node.rules:
        yield from _judge(node, new, old, path)
    if isinstance(new, dict):
        for key, item in new.items():
            inner = node.properties.get(key, node.each)
            if inner is not None:
                before = old.get(key, _ABSENT) if isinstance(old, dict) else _ABSENT
                yield from _walk(inner, item, before, f"{path}.{key}" if path else key)
    elif isinstance(new, list) and node.items is not None:
        known: dict[str, Any] = {}
        keyed = node.schema.get("x-kubernetes-list-type") == "map"
        if keyed and isinstance(old, list):
            known = {element(item, node.schema): item for item in old}
        for place, item in enumerate(new):
            before = known.get(element(item, node.schema), _ABSENT) if keyed else _ABSENT
            yield from _walk(node.items, item, before, f"{path}[{place}]")


def _judge(node: _Node, new: Any, old: Any, path: str) -> Iterator[FieldError]:
    import cel

    from albc.local.kubernetes.crds.cel_library import FUNCTIONS, VARIABLES

    variables = {**VARIABLES, "self": _seen(new, node.shape)}
    if old is not _ABSENT:
        variables["oldSelf"] = _seen(old, node.shape)
    unchanged = old is not _ABSENT and old == new
    for rule in node.rules:
        values = variables
        if rule.is_transition:
            if rule.optional_old:
                before = variables.get("oldSelf", _ABSENT)
                none = cel.OptionalValue.none()
                values = {**variables, "oldSelf": none if before is _ABSENT else cel.OptionalValue.of(before)}
            elif old is _ABSENT:
                continue
        elif unchanged:
            continue  # what was stored once may stay
        context = cel.Context(variables=values, functions=FUNCTIONS)
        try:
            holds = compiled(rule.expression).execute(context)
        except (ValueError, TypeError, KeyError, RuntimeError, IndexError) as fault:
            yield _broken(rule, node, path, f"{_words(fault)} evaluating rule: {rule.message or rule.expression}")
            continue
        if holds is not True:
            yield _broken(rule, node, path, _message(rule, context))


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression that stands on its own, such as a webhook's condition. Raises ValueError."""
    import cel

    from albc.local.kubernetes.crds.cel_library import FUNCTIONS, VARIABLES

    try:
        return compiled(expression).execute(cel.Context(variables={**VARIABLES, **variables}, functions=FUNCTIONS))
    except (TypeError, KeyError, RuntimeError, IndexError) as fault:
        raise ValueError(_words(fault)) from None


def _words(fault: Exception) -> str:
    return f"no such key: {fault.args[0]}" if isinstance(fault, KeyError) else str(fault)


def _message(rule: Rule, context: cel.Context) -> str:
    if rule.message_expression:
        try:
            text = compiled(rule.message_expression).execute(context)
        except (ValueError, TypeError, KeyError, RuntimeError, IndexError):
            text = None  # the API server falls back to `message` too
        if isinstance(text, str) and text.strip() and "\n" not in text:
            return text
    return rule.message or f"failed rule: {rule.expression}"


def _broken(rule: Rule, node: _Node, path: str, message: str) -> FieldError:
    kind = f'"{node.schema.get("type", "")}"'
    where = path + rule.field_path if path else rule.field_path.lstrip(".")
    return FieldError(rule.reason, where, _PREFIX[rule.reason].format(value=kind) + message)


# -- how a rule sees values --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Shape:
    """How a value differs from its JSON when a rule looks at it."""

    convert: str = ""
    names: dict[str, str] = field(default_factory=dict)
    properties: dict[str, _Shape] = field(default_factory=dict)
    items: _Shape | None = None
    each: _Shape | None = None


def _shape(schema: Mapping[str, Any]) -> _Shape | None:
    """The differences within a schema, or None if there are none."""
    form = schema.get("format", "") if schema.get("type") == "string" else ""
    convert = form if form in ("date-time", "date", "duration") else ""
    properties = schema.get("properties") or {}
    names = {name: escaped(name) for name in properties if escaped(name) != name}
    inner = {name: s for name, field_ in properties.items() if (s := _shape(field_)) is not None}
    items, each = schema.get("items"), schema.get("additionalProperties")
    items_shape = _shape(items) if isinstance(items, Mapping) else None
    each_shape = _shape(each) if isinstance(each, Mapping) else None
    if not (convert or names or inner or items_shape or each_shape):
        return None
    return _Shape(convert, names, inner, items_shape, each_shape)


def _seen(value: Any, shape: _Shape | None) -> Any:
    """The value as a rule sees it: property names escaped, times and durations as such."""
    if shape is None or value is None:
        return value
    if isinstance(value, dict):
        return {
            shape.names.get(key, key): _seen(item, shape.properties.get(key, shape.each)) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_seen(item, shape.items) for item in value]
    if shape.convert and isinstance(value, str):
        return _duration(value) if shape.convert == "duration" else datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value


def _duration(text: str) -> timedelta:
    parts = re.findall(r"([\d.]+)(ms|us|µs|ns|h|m|s)", text)
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return timedelta(seconds=-seconds if text.startswith("-") else seconds)

"""Reads the type tables: text in which a line is a type or one of its fields.

    kind Service plural=services short=svc sub=status -- a name for pods
      spec ServiceSpec -- desired state      field, type, flags, description
      ports []ServicePort merge=port map=port,protocol

A kind gets apiVersion, kind and metadata by itself. Its words: `plural`, `short` names, `sub`resources, `category`,
`select`able fields, `verbs` (all by default), `storage=group/plural` (if shared with another kind), `cluster` (scoped);
without a plural it is the body of a subresource only.

Types: `string int32 int64 bool float bytes time microtime quantity intstr any`, another type of the same table, of
`meta`, or `table.Type`; `[]T` a list, `map[T]` a map with string keys. Flags: `!` required, `=value` default,
`enum=A|B`, `map=k,…` (list-map keys), `set`, `atomic`, `merge[=key]` and `retain` (strategic merge patch), `#n` the
field's number in protobuf, `#m.n` within an inlined message (on a kind's line: that of its metadata), `#n*` if Go keeps
it as a pointer, so that its zero is meant.

The result is OpenAPI in the API server's own form, `x-kubernetes-*` extensions included, so built-in kinds and custom
resources share one set of walkers (`schema`, `patch`, `openapi`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

Schema = dict[str, Any]
NUMBER = "x-albc-protobuf-number"
"""Under which a field's schema keeps its numbers, those of the messages around it first; not published."""
POINTER = "x-albc-pointer"
"""Set where Go keeps a pointer; not published."""

_SCALARS: dict[str, Schema] = {
    "string": {"type": "string"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "double"},
    "bool": {"type": "boolean"},
    "bytes": {"type": "string", "format": "byte"},
    "time": {"type": "string", "format": "date-time"},
    "microtime": {"type": "string", "format": "date-time"},
    "quantity": {"x-kubernetes-int-or-string": True, "format": "quantity"},
    "intstr": {"x-kubernetes-int-or-string": True, "format": "int-or-string"},
    "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
}
_TYPE_META = (
    ("apiVersion", "string", "", "version of the schema of this object"),
    ("kind", "string", "", "what this object is"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind's row: where it is served and what its resource can do."""

    group: str
    version: str
    name: str
    component: str
    words: frozenset[str]
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Types:
    """All type tables. `components` refer to each other by `$ref`; `resolved` hold no references."""

    components: dict[str, Schema]
    resolved: dict[str, Schema]
    kinds: tuple[Kind, ...]

    def of(self, table: str, kind: str) -> Schema:
        """The schema without references of one kind, shared: not to be changed."""
        return self.resolved[f"{_prefixes()[table]}.{kind}"]

    def component(self, table: str, kind: str) -> str:
        """The component's name in OpenAPI documents."""
        return f"{_prefixes()[table]}.{kind}"


@cache
def _tables() -> dict[str, list[str]]:
    folder = resources.files(__package__)
    return {
        entry.name.removesuffix(".types"): entry.read_text("utf-8").splitlines()
        for entry in sorted(folder.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".types")
    }


@cache
def _prefixes() -> dict[str, str]:
    return {name: lines[0].split()[1] for name, lines in _tables().items()}


@cache
def load() -> Types:
    """Reads every table, once a process."""
    components: dict[str, Schema] = {}
    kinds: list[Kind] = []
    for table, lines in _tables().items():
        components |= _read(table, lines, kinds)
    resolved: dict[str, Schema] = {}
    for name in components:
        _resolve(name, components, resolved)
    return Types(components, resolved, tuple(kinds))


def _read(table: str, lines: list[str], kinds: list[Kind]) -> dict[str, Schema]:
    prefix, group_version = lines[0].split()[1:3]
    group, _, version = group_version.rpartition("/")
    local = {line.removeprefix("kind ").split()[0] for line in lines[1:] if line and not line.startswith((" ", "#"))}
    found: dict[str, Schema] = {}
    current: Schema = {}
    for line in lines[1:]:
        if not line.strip() or line.startswith("#"):
            continue
        code, _, description = line.strip().partition(" -- ")
        if line.startswith(" "):
            name, kind, *flags = code.split()
            _add_field(current, name, _field(kind, flags, description, table, local))
            if "!" in flags:
                current.setdefault("required", []).append(name)
            continue
        words = code.split()
        is_kind = words[0] == "kind"
        number = [word for word in words if word.startswith("#")]
        words = words[is_kind:]
        current = {"type": "object", "properties": {}}
        if description:
            current["description"] = description
        if "atomic" in words:
            current["x-kubernetes-map-type"] = "atomic"
        if "retain" in words:
            current["x-kubernetes-patch-strategy"] = "retainKeys"
        if is_kind:
            kinds.append(_kind(group, version, f"{prefix}.{words[0]}", words))
            gvk = {"group": group, "kind": words[0], "version": version}
            current["x-kubernetes-group-version-kind"] = [gvk]
            for name, kind, _flags, text in _TYPE_META:
                _add_field(current, name, _field(kind, [], text, table, local))
            text = "name, labels and identity"
            _add_field(current, "metadata", _field("meta.ObjectMeta", number, text, table, local))
        found[f"{prefix}.{words[0]}"] = current
    return found


def _kind(group: str, version: str, component: str, words: list[str]) -> Kind:
    values = {
        key: tuple(value.split(",")) for key, separator, value in (word.partition("=") for word in words) if separator
    }
    return Kind(group, version, words[0], component, frozenset(words[1:]), values)


def _add_field(schema: Schema, name: str, field: Schema) -> None:
    schema["properties"][name] = field


def _field(kind: str, flags: list[str], description: str, table: str, local: set[str]) -> Schema:
    schema = _type(kind, table, local)
    for flag in flags:
        word, _, value = flag.partition("=")
        if flag.startswith("#"):
            schema[NUMBER] = tuple(int(number) for number in flag[1:].rstrip("*").split("."))
            if flag.endswith("*"):
                schema[POINTER] = True
        elif flag == "atomic":
            schema["x-kubernetes-list-type" if kind.startswith("[]") else "x-kubernetes-map-type"] = "atomic"
        elif flag == "set":
            schema["x-kubernetes-list-type"] = "set"
        elif word == "map":
            schema["x-kubernetes-list-type"] = "map"
            schema["x-kubernetes-list-map-keys"] = value.split(",")
        elif word == "merge":
            strategies = ["merge"]
            if "retain" in flags:
                strategies.insert(0, "retainKeys")
            schema["x-kubernetes-patch-strategy"] = ",".join(strategies)
            if value:
                schema["x-kubernetes-patch-merge-key"] = value
        elif word == "enum":
            schema["enum"] = value.split("|")
        elif word == "" and value:
            schema["default"] = _default(value)
    if kind.startswith("[]"):
        schema.setdefault("x-kubernetes-list-type", "atomic")
    if description:
        schema["description"] = description
    return schema


def _default(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _type(kind: str, table: str, local: set[str]) -> Schema:
    if kind.startswith("[]"):
        return {"type": "array", "items": _type(kind[2:], table, local)}
    if kind.startswith("map["):
        return {"type": "object", "additionalProperties": _type(kind[4:-1], table, local)}
    if kind in _SCALARS:
        return dict(_SCALARS[kind])
    home, _, name = kind.rpartition(".")
    home = home or (table if name in local else "meta")
    return {"$ref": f"#/components/schemas/{_prefixes()[home]}.{name}"}


def _resolve(name: str, components: dict[str, Schema], resolved: dict[str, Schema]) -> Schema:
    if name not in resolved:
        resolved[name] = _inline(components[name], components, resolved)
    return resolved[name]


def _inline(schema: Schema, components: dict[str, Schema], resolved: dict[str, Schema]) -> Schema:
    if "$ref" in schema:
        target = _resolve(schema["$ref"].rpartition("/")[2], components, resolved)
        extra = {key: value for key, value in schema.items() if key != "$ref"}
        return {**target, **extra} if extra else target
    result = dict(schema)
    if "properties" in schema:
        result["properties"] = {k: _inline(v, components, resolved) for k, v in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in schema:
            result[key] = _inline(schema[key], components, resolved)
    return result

"""Sets of fields, as server-side apply counts them: which paths an object has, and their FieldsV1 form.

A path is a tuple of elements: `f:name` for a field or map key, `k:{…}` for an item of a list-map, `v:…` for an item of
a set. Leaves are scalars and atomic values; list items and map keys are members beside what is in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from albc.local.kubernetes.types.notation import Schema

FieldPath = tuple[str, ...]
_EMPTY: Schema = {}

# What the server owns itself (k8s.io/apimachinery `managedfields`, stripMeta).
_STRIPPED = frozenset(
    {
        ("f:apiVersion",),
        ("f:kind",),
        ("f:metadata",),
        *(
            ("f:metadata", f"f:{name}")
            for name in (
                "name",
                "namespace",
                "uid",
                "resourceVersion",
                "generation",
                "creationTimestamp",
                "selfLink",
                "managedFields",
                "generateName",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
            )
        ),
    }
)
MEMBER = object()
"""Value of a path that is a container: it is there, its content has paths of its own."""


def leaves(obj: Mapping[str, Any], schema: Schema) -> dict[FieldPath, Any]:
    """Every path of an object with its value."""
    found: dict[FieldPath, Any] = {}
    _object(obj, schema, (), found)
    for path in _STRIPPED & found.keys():
        del found[path]
    return found


def child(schema: Schema, key: str) -> Schema:
    """The schema of one field or map key; empty where nothing is said."""
    properties = schema.get("properties")
    if properties is not None and key in properties:
        found: Schema = properties[key]
        return found
    each = schema.get("additionalProperties")
    return each if isinstance(each, dict) else _EMPTY


def _object(value: Mapping[str, Any], schema: Schema, path: FieldPath, found: dict[FieldPath, Any]) -> None:
    properties = schema.get("properties") or _EMPTY
    for key, item in value.items():
        here = (*path, f"f:{key}")
        if key not in properties:
            found[here] = MEMBER
        _value(item, child(schema, key), here, found)


def _value(value: Any, schema: Schema, path: FieldPath, found: dict[FieldPath, Any]) -> None:
    if value and isinstance(value, dict) and schema.get("x-kubernetes-map-type") != "atomic":
        _object(value, schema, path, found)
    elif value and isinstance(value, list) and schema.get("x-kubernetes-list-type") in ("map", "set"):
        for item in value:
            here = (*path, element(item, schema))
            found[here] = MEMBER
            if isinstance(item, dict):
                _value(item, schema.get("items") or _EMPTY, here, found)
    else:
        found[path] = value


def element(item: Any, schema: Mapping[str, Any]) -> str:
    """The path element of an item of an associative list."""
    if schema["x-kubernetes-list-type"] == "set" or not isinstance(item, dict):
        return "v:" + _compact(item)
    fields = (schema.get("items") or _EMPTY).get("properties") or _EMPTY
    keys = {}
    for key in sorted(schema["x-kubernetes-list-map-keys"]):
        value = item.get(key, fields.get(key, _EMPTY).get("default"))
        if value is not None:
            keys[key] = value
    return "k:" + _compact(keys)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def to_fields_v1(paths: Iterable[FieldPath]) -> dict[str, Any]:
    """The nested form that `managedFields` holds."""
    root: dict[str, Any] = {}
    members: list[dict[str, Any]] = []
    for path in sorted(paths):
        node = root
        for step in path:
            node = node.setdefault(step, {})
        members.append(node)
    for node in members:
        if node:
            node["."] = {}
    return _sorted(root)


def _sorted(tree: dict[str, Any]) -> dict[str, Any]:
    return {key: _sorted(tree[key]) for key in sorted(tree)}


def from_fields_v1(tree: Mapping[str, Any]) -> frozenset[FieldPath]:
    """The paths of a nested form."""
    found: set[FieldPath] = set()
    _collect(tree, (), found)
    return frozenset(found)


def _collect(tree: Mapping[str, Any], path: FieldPath, found: set[FieldPath]) -> None:
    for key, node in tree.items():
        if key == ".":
            found.add(path)
            continue
        here = (*path, key)
        if node:
            _collect(node, here, found)
        else:
            found.add(here)


def printed(path: FieldPath) -> str:
    """`.spec.containers[name="web"].image`, as messages write it."""
    parts = []
    for step in path:
        match step[:2]:
            case "f:":
                parts.append(f".{step[2:]}")
            case "k:":
                keys = ",".join(f"{key}={_compact(value)}" for key, value in json.loads(step[2:]).items())
                parts.append(f"[{keys}]")
            case "v:":
                parts.append(f"[={step[2:]}]")
            case _:
                parts.append(f"[{step[2:]}]")
    return "".join(parts)

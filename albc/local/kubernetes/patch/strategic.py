"""Strategic merge patch: lists of the schema with a merge key are merged by it, others replaced.

Directives: `$patch: replace | delete | merge`, `$retainKeys`, `$deleteFromPrimitiveList/…`, `$setElementOrder/…`.
"""

from __future__ import annotations

from typing import Any

from albc.local.kubernetes import errors
from albc.local.kubernetes.types.notation import Schema

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_DELETE = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"


def strategic_merge(target: dict[str, Any], patch: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """The target with the patch on it. Raises ApiError 400. Neither argument is changed."""
    match patch.get(_DIRECTIVE):
        case "replace":
            return {key: value for key, value in patch.items() if key != _DIRECTIVE}
        case "delete":
            return {}
    result = dict(target)
    if _RETAIN in patch:
        result = {key: value for key, value in result.items() if key in patch[_RETAIN]}
    orders = {key.removeprefix(_ORDER): value for key, value in patch.items() if key.startswith(_ORDER)}
    for key, value in patch.items():
        if key.startswith(_DELETE):
            name = key.removeprefix(_DELETE)
            result[name] = [item for item in result.get(name) or [] if item not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            result.pop(key, None)
        else:
            merged = _value(result.get(key), value, _child(schema, key), orders.get(key))
            result[key] = merged
    for key in orders.keys() - patch.keys():
        if isinstance(result.get(key), list):
            result[key] = _ordered(result[key], orders[key], _child(schema, key).get("x-kubernetes-patch-merge-key"))
    return result


def _child(schema: Schema, key: str) -> Schema:
    properties: Schema = schema.get("properties") or {}
    child: Schema = properties.get(key) or schema.get("additionalProperties") or {}
    return child


def _value(old: Any, new: Any, schema: Schema, order: list[Any] | None) -> Any:
    if isinstance(new, dict):
        return strategic_merge(old if isinstance(old, dict) else {}, new, schema)
    if not isinstance(new, list) or "merge" not in schema.get("x-kubernetes-patch-strategy", "").split(","):
        return new
    old = old if isinstance(old, list) else []
    key = schema.get("x-kubernetes-patch-merge-key")
    if key is None:
        merged = old + [item for item in new if item not in old]
    else:
        merged = _merge_by_key(old, new, key, schema["items"])
    return _ordered(merged, order, key) if order is not None else merged


def _merge_by_key(old: list[Any], new: list[Any], key: str, items: Schema) -> list[Any]:
    if any(item.get(_DIRECTIVE) == "replace" for item in new):
        return [item for item in new if item.get(_DIRECTIVE) != "replace"]
    result = list(old)
    for item in new:
        if key not in item:
            raise errors.bad_request(f"map: {item} does not contain declared merge key: {key}")
        place = next((i for i, have in enumerate(result) if have.get(key) == item[key]), None)
        if item.get(_DIRECTIVE) == "delete":
            result = [have for have in result if have.get(key) != item[key]]
        elif place is None:
            result.append(strategic_merge({}, item, items))
        else:
            result[place] = strategic_merge(result[place], item, items)
    return result


def _ordered(values: list[Any], order: list[Any], key: str | None) -> list[Any]:
    """Those named in `order` in that order; each of the others stays behind the one that it followed."""
    wanted = [item.get(key) for item in order] if key else order
    rank = {_hashable(value): position for position, value in enumerate(wanted)}
    named = sorted(
        (item for item in values if _identity(item, key) in rank), key=lambda item: rank[_identity(item, key)]
    )
    result = list(named)
    for place, item in enumerate(values):
        if _identity(item, key) in rank:
            continue
        before = next((result.index(have) for have in reversed(values[:place]) if have in result), len(named) - 1)
        result.insert(before + 1, item)
    return result


def _identity(item: Any, key: str | None) -> Any:
    return _hashable(item.get(key) if key else item)


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, (dict, list)) else value

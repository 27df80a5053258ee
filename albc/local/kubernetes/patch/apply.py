"""Server-side apply: merges a manager's intent into the live object, finds conflicts, removes what is no longer meant.

Pure: `api` gives it decoded objects and stores what comes out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from albc.local.kubernetes import errors
from albc.local.kubernetes.patch import managed
from albc.local.kubernetes.patch.fieldset import FieldPath, child, element, leaves, printed
from albc.local.kubernetes.patch.managed import Entries, Entry, Manager
from albc.local.kubernetes.types.notation import Schema


def apply(
    live: dict[str, Any],
    intent: dict[str, Any],
    schema: Schema,
    manager: Manager,
    now: str,
    *,
    force: bool,
    counts: Callable[[FieldPath], bool],
) -> dict[str, Any]:
    """The live object as the manager wants it, managed fields included. Raises ApiError 409 on conflicts.

    `counts` says which fields an apply through this (sub)resource can own. Neither object is changed.
    """
    entries = managed.read(live)
    wanted = {path: value for path, value in leaves(intent, schema).items() if counts(path)}
    merged: dict[str, Any] = _merge(live, intent, schema)
    change = managed.difference(leaves(live, schema), leaves(merged, schema))
    contested = [
        (entry, sorted(entry.paths & change.changed))
        for entry in entries
        if entry.manager != manager and entry.paths & change.changed
    ]
    if contested and not force:
        raise _conflict(contested)
    entries = managed.without(entries, change.changed & frozenset(wanted), manager)
    last = managed.owned(entries, manager)
    others = frozenset[FieldPath]().union(*(e.paths for e in entries if e.manager != manager))
    _remove(merged, schema, last - wanted.keys(), others | wanted.keys())
    merged["metadata"] = dict(merged["metadata"])
    managed.write(merged, managed.assigned(entries, manager, frozenset(wanted), now))
    return merged


def create(intent: dict[str, Any], schema: Schema, manager: Manager, now: str) -> dict[str, Any]:
    """A new object that is all the manager's."""
    obj = {**intent, "metadata": dict(intent["metadata"])}
    own: Entries = (Entry(manager, now, frozenset(leaves(intent, schema))),)
    managed.write(obj, own)
    return obj


def _merge(live: Any, intent: Any, schema: Schema) -> Any:
    if isinstance(live, dict) and isinstance(intent, dict) and schema.get("x-kubernetes-map-type") != "atomic":
        result = dict(live)
        for key, value in intent.items():
            result[key] = _merge(live[key], value, child(schema, key)) if key in live else value
        return result
    if isinstance(live, list) and isinstance(intent, list) and schema.get("x-kubernetes-list-type") in ("map", "set"):
        return _merge_lists(live, intent, schema)
    return intent


def _merge_lists(live: list[Any], intent: list[Any], schema: Schema) -> list[Any]:
    """Items of the intent in its order; those of the live list stay before the items that they preceded."""
    there = {element(item, schema): item for item in live}
    wanted = {element(item, schema) for item in intent}
    waiting = [element(item, schema) for item in live]
    result: list[Any] = []
    for item in intent:
        identity = element(item, schema)
        if identity not in there:
            result.append(item)
            continue
        if identity in waiting:
            place = waiting.index(identity)
            result.extend(there[before] for before in waiting[:place] if before not in wanted)
            waiting = [w for w in waiting[:place] if w in wanted] + waiting[place + 1 :]
        result.append(_merge(there[identity], item, schema.get("items") or {}))
    result.extend(there[identity] for identity in waiting if identity not in wanted)
    return result


def _remove(obj: dict[str, Any], schema: Schema, paths: frozenset[FieldPath], kept: frozenset[FieldPath]) -> None:
    """Takes away, in place, what is no longer wanted by this manager and was no one else's."""
    guarded = {path[:length] for path in kept for length in range(1, len(path) + 1)}
    for path in sorted(paths - guarded):
        _remove_one(obj, schema, path)


def _remove_one(value: Any, schema: Schema, path: FieldPath) -> None:
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and step.startswith("f:"):
        key = step[2:]
        if key not in value:
            return
        if rest:
            value[key] = _shallow(value[key])
            _remove_one(value[key], child(schema, key), rest)
        else:
            del value[key]
    elif isinstance(value, list) and schema.get("x-kubernetes-list-type") in ("map", "set"):
        for place, item in enumerate(value):
            if element(item, schema) == step:
                if rest:
                    value[place] = _shallow(item)
                    _remove_one(value[place], schema.get("items") or {}, rest)
                else:
                    del value[place]
                return


def _shallow(value: Any) -> Any:
    match value:
        case dict():
            return dict(value)
        case list():
            return list(value)
        case _:
            return value


def _conflict(contested: list[tuple[Entry, list[FieldPath]]]) -> errors.ApiError:
    causes: list[tuple[str, str]] = []
    texts: list[str] = []
    for entry, paths in sorted(contested, key=lambda pair: pair[0].manager.name):
        who = _who(entry)
        fields = [printed(path) for path in paths]
        causes += [(f"conflict with {who}", field) for field in fields]
        if len(fields) == 1:
            texts.append(f"conflict with {who}: {fields[0]}")
        else:
            texts.append(f"conflicts with {who}:" + "".join(f"\n- {field}" for field in fields))
    number = len(causes)
    message = f"Apply failed with {number} conflict{'s' if number != 1 else ''}: " + "\n".join(texts)
    return errors.apply_conflict(message, causes)


def _who(entry: Entry) -> str:
    manager = entry.manager
    through = f' with subresource "{manager.subresource}"' if manager.subresource else ""
    when = f" at {entry.time}" if manager.operation == "Update" and entry.time else ""
    return f'"{manager.name}"{through} using {manager.api_version}{when}'

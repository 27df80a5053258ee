"""Field management: who owns which fields, kept in `metadata.managedFields` through every write.

Called by `api` for each create and update, and by `patch.apply`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from albc.local.kubernetes.patch.fieldset import FieldPath, from_fields_v1, leaves, to_fields_v1
from albc.local.kubernetes.types.notation import Schema

_MOST_UPDATERS = 10
_ANCIENT = "ancient-changes"


@dataclass(frozen=True, slots=True)
class Manager:
    """Who writes, how, and through which subresource: one entry of `managedFields`."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A manager's fields and when they last changed."""

    manager: Manager
    time: str
    paths: frozenset[FieldPath]


Entries = tuple[Entry, ...]


def read(obj: Mapping[str, Any]) -> Entries:
    """The entries of an object."""
    return tuple(
        Entry(
            Manager(
                item.get("manager", ""), item.get("operation", ""), item.get("apiVersion", ""),
                item.get("subresource", ""),
            ),
            item.get("time", ""),
            from_fields_v1(item.get("fieldsV1") or {}),
        )
        for item in obj["metadata"].get("managedFields") or ()
        if item
    )  # fmt: skip


def write(obj: dict[str, Any], entries: Iterable[Entry]) -> None:
    """Puts the entries on an object."""
    kept = sorted((e for e in entries if e.paths), key=lambda e: (e.manager.operation, e.time, e.manager.name))
    if not kept:
        obj["metadata"].pop("managedFields", None)
        return
    obj["metadata"]["managedFields"] = [_item(entry) for entry in kept]


def _item(entry: Entry) -> dict[str, Any]:
    manager = entry.manager
    item = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": manager.api_version,
        "time": entry.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": to_fields_v1(entry.paths),
    }
    if manager.subresource:
        item["subresource"] = manager.subresource
    return item


@dataclass(frozen=True, slots=True)
class Change:
    """What a write does to fields: those it sets anew or otherwise, and those it takes away."""

    changed: frozenset[FieldPath]
    removed: frozenset[FieldPath]


def difference(old: Mapping[FieldPath, Any], new: Mapping[FieldPath, Any]) -> Change:
    """Compares the leaves of two objects."""
    missing = object()
    changed = frozenset(path for path, value in new.items() if _differs(old.get(path, missing), value))
    return Change(changed, frozenset(old.keys() - new.keys()))


def _differs(old: Any, new: Any) -> bool:
    return old is not new and old != new


def without(entries: Iterable[Entry], paths: frozenset[FieldPath], spared: Manager) -> Entries:
    """The entries less the paths, except those of one manager."""
    return tuple(e if e.manager == spared else replace(e, paths=e.paths - paths) for e in entries)


def owned(entries: Iterable[Entry], manager: Manager) -> frozenset[FieldPath]:
    """What one manager has."""
    return next((e.paths for e in entries if e.manager == manager), frozenset())


def assigned(entries: Entries, manager: Manager, paths: frozenset[FieldPath], now: str) -> Entries:
    """The entries with the manager's set replaced; its time changes only with the set."""
    for place, entry in enumerate(entries):
        if entry.manager == manager:
            if entry.paths == paths:
                return entries
            return (*entries[:place], Entry(manager, now, paths), *entries[place + 1 :])
    return (*entries, Entry(manager, now, paths)) if paths else entries


def track_update(
    old: dict[str, Any] | None,
    new: dict[str, Any],
    schema: Schema,
    manager: Manager,
    now: str,
    counts: Callable[[FieldPath], bool],
) -> None:
    """Sets, in place, the managed fields of an object that was created or updated by `manager`.

    `counts` says which fields a write through this (sub)resource can own.
    """
    metadata = new["metadata"]
    supplied = metadata.get("managedFields")
    reset = supplied is not None and (supplied == [] or supplied == [{}])
    if reset and old is not None and supplied == [{}]:
        metadata.pop("managedFields")
        return
    entries = read(new) if supplied else (read(old) if old is not None else ())
    change = difference(leaves(old, schema) if old is not None else {}, leaves(new, schema))
    gained = frozenset(filter(counts, change.changed))
    lost = frozenset(filter(counts, change.removed))
    if gained or lost:
        entries = without(entries, gained | lost, manager)
        entries = assigned(entries, manager, (owned(entries, manager) - lost) | gained, now)
        entries = _capped(entries)
    write(new, entries)


def _capped(entries: Entries) -> Entries:
    """Joins the oldest updaters when there are too many (the API server's limit of ten)."""
    updaters = sorted((e for e in entries if e.manager.operation == "Update"), key=lambda e: e.time)
    surplus = updaters[: max(0, len(updaters) - _MOST_UPDATERS)]
    if not surplus:
        return entries
    joined: dict[Manager, Entry] = {}
    for entry in surplus:
        ancient = replace(entry.manager, name=_ANCIENT)
        before = joined.get(ancient)
        joined[ancient] = Entry(ancient, entry.time, entry.paths | (before.paths if before else frozenset()))
    return (*(e for e in entries if e not in surplus), *joined.values())

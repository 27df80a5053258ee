"""Conditions of an object's status in a form in which a recorded one and ours compare: type, status, reason."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Conditions = dict[str, str]
"""`Gateway edge: Programmed` → `True Programmed`; of listeners and parents with their place in between."""


def conditions_of(obj: Mapping[str, Any]) -> Conditions:
    """Of the object, its listeners, and its parents."""
    status = obj.get("status") or {}
    own = f"{obj['kind']} {obj['metadata']['name']}"
    found = dict(_of(own, status.get("conditions")))
    for listener in status.get("listeners") or ():
        found |= dict(_of(f"{own}, listener {listener['name']}", listener.get("conditions")))
    for parent in status.get("parents") or ():
        found |= dict(_of(f"{own}, parent {_parent(parent['parentRef'])}", parent.get("conditions")))
    return found


def as_input(obj: Mapping[str, Any]) -> dict[str, Any]:
    """What a user would have applied: without what the API server and the controller added."""
    metadata = {key: obj["metadata"][key] for key in ("name", "namespace", "labels") if obj["metadata"].get(key)}
    annotations = obj["metadata"].get("annotations") or {}
    if kept := {key: value for key, value in annotations.items() if not key.startswith(_ADDED)}:
        metadata["annotations"] = kept
    return {key: value for key, value in obj.items() if key != "status"} | {"metadata": metadata}


_ADDED = ("elbv2.k8s.aws/last-processed-config", "gateway.k8s.aws.addon.", "gateway.k8s.aws/dry-run-plan")


def _of(place: str, conditions: Iterable[Mapping[str, Any]] | None) -> Iterator[tuple[str, str]]:
    for condition in conditions or ():
        yield f"{place}: {condition['type']}", f"{condition['status']} {condition['reason']}"


def _parent(reference: Mapping[str, Any]) -> str:
    """Defaults of the API left out."""
    shown = {key: value for key, value in reference.items() if (key, value) not in _DEFAULTS}
    return reference["name"] if len(shown) == 1 else json.dumps(shown, sort_keys=True)


_DEFAULTS = {("group", "gateway.networking.k8s.io"), ("kind", "Gateway")}

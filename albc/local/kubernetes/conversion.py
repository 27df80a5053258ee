"""Objects in another version than the one that they are stored in.

Custom resources change nothing but `apiVersion` (strategy None). The two Event kinds share one storage and differ in
field names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from albc.local.kubernetes.registry import Resource
from albc.local.kubernetes.store import Stored, encode

# core/v1 field -> events.k8s.io/v1 field
_EVENT_FIELDS = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_EVENT_FIELDS_BACK = {new: old for old, new in _EVENT_FIELDS.items()}


def is_native(resource: Resource) -> bool:
    """Whether objects are stored as this resource shows them."""
    return resource.group == resource.storage.group and resource.version == resource.storage_version


def from_storage(obj: dict[str, Any], resource: Resource) -> dict[str, Any]:
    """The stored object in the resource's version."""
    return obj if is_native(resource) else _converted(obj, resource.api_version, _EVENT_FIELDS, resource)


def to_storage(obj: dict[str, Any], resource: Resource) -> dict[str, Any]:
    """An object of the resource's version as it is stored."""
    if is_native(resource):
        return obj
    group, version = resource.storage.group, resource.storage_version
    return _converted(obj, f"{group}/{version}" if group else version, _EVENT_FIELDS_BACK, resource)


def _converted(obj: dict[str, Any], api_version: str, names: Mapping[str, str], resource: Resource) -> dict[str, Any]:
    if not resource.custom:
        obj = {names.get(key, key): value for key, value in obj.items()}
    return {**obj, "apiVersion": api_version}


def raw(stored: Stored, resource: Resource) -> bytes:
    """The object's JSON in the resource's version."""
    return stored.raw if is_native(resource) else encode(from_storage(stored.object(), resource))

"""Rules of `metadata`, the same for every kind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.validation.names import DNS_SUBDOMAIN, LABEL_VALUE, NameCheck, qualified_name

_ANNOTATIONS_LIMIT = 256 * 1024
_IMMUTABLE = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")
_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")


def invalid(field: str, value: Any, why: str) -> FieldError:
    """`Invalid value`, with the value as Go prints it."""
    return FieldError("FieldValueInvalid", field, f"Invalid value: {quoted(value)}: {why}")


def required(field: str, why: str = "") -> FieldError:
    return FieldError("FieldValueRequired", field, f"Required value: {why}" if why else "Required value")


def quoted(value: Any) -> str:
    """A value as it stands in messages."""
    match value:
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case dict() | list():
            return json.dumps(value, separators=(",", ":"))
        case _:
            return str(value)


def validate_metadata(
    new: Mapping[str, Any], old: Mapping[str, Any] | None, name_check: NameCheck, *, qualified_finalizers: bool
) -> Iterator[FieldError]:
    """Every fault of an object's metadata. Custom objects may have finalizers without a domain and a slash."""
    metadata = new["metadata"]
    if old is None:
        generate = metadata.get("generateName")
        if not metadata.get("name"):
            yield required("metadata.name", "name or generateName is required")
        else:
            yield from (invalid("metadata.name", metadata["name"], why) for why in name_check(metadata["name"]))
        if generate:
            trial = generate.rstrip("-") or "x"
            yield from (invalid("metadata.generateName", generate, why) for why in name_check(trial))
    for key, value in (metadata.get("labels") or {}).items():
        yield from (invalid("metadata.labels", key, why) for why in qualified_name(key))
        yield from (invalid("metadata.labels", value, why) for why in LABEL_VALUE.faults(value))
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        yield from (invalid("metadata.annotations", key, why) for why in qualified_name(key.lower()))
    if sum(len(k) + len(v) for k, v in annotations.items()) > _ANNOTATIONS_LIMIT:
        yield FieldError("FieldValueTooLong", "metadata.annotations", "Too long: may not be more than 262144 bytes")
    yield from _owners(metadata.get("ownerReferences") or [])
    for place, finalizer in enumerate(metadata.get("finalizers") or []):
        field = f"metadata.finalizers[{place}]"
        yield from (invalid("metadata.finalizers", finalizer, why) for why in qualified_name(finalizer))
        if qualified_finalizers and "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            why = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid(field, finalizer, why)
    if old is not None:
        yield from _changes(metadata, old["metadata"])


def _owners(owners: list[Mapping[str, Any]]) -> Iterator[FieldError]:
    for place, owner in enumerate(owners):
        for name in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(name):
                yield invalid(f"metadata.ownerReferences[{place}].{name}", "", "must not be empty")
    controllers = [owner for owner in owners if owner.get("controller")]
    if len(controllers) > 1:
        first, second = controllers[:2]
        why = (
            "Only one reference can have Controller set to true. Found "
            f'"true" in references for {first["kind"]}/{first["name"]} and {second["kind"]}/{second["name"]}'
        )
        yield invalid("metadata.ownerReferences", owners, why)


def _changes(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[FieldError]:
    for name in _IMMUTABLE:
        if new.get(name) != old.get(name):
            yield invalid(f"metadata.{name}", new.get(name), "field is immutable")
    added = set(new.get("finalizers") or ()) - set(old.get("finalizers") or ())
    if old.get("deletionTimestamp") and added:
        text = "no new finalizers can be added if the object is being deleted, found new finalizers "
        listed = ", ".join(f'"{name}"' for name in sorted(added))
        yield FieldError("FieldValueForbidden", "metadata.finalizers", f"Forbidden: {text}[]string{{{listed}}}")


def subdomain(value: str) -> list[str]:
    """Faults of a name of most kinds."""
    return DNS_SUBDOMAIN.faults(value)

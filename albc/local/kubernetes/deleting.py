"""Delete: at once, after a grace period, or when the last finalizer is gone; one object or a collection.

Called by `http` and by the played controllers. Raises ApiError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from albc.local.kubernetes import errors
from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.calls import Target, WriteOptions, timestamp
from albc.local.kubernetes.conversion import from_storage, to_storage
from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.store import Missing, Stale, Stored
from albc.local.kubernetes.writing import Writer, Written

ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"
_PROPAGATION = {"Orphan": ORPHAN, "Foreground": FOREGROUND, "Background": ""}


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How an object is to go; the fields of `DeleteOptions`."""

    grace: int | None = None
    propagation: str = ""
    uid: str = ""
    resource_version: str = ""


def read_delete_options(body: Mapping[str, Any]) -> DeleteOptions:
    """From a `DeleteOptions` object. Raises ApiError 422."""
    propagation = body.get("propagationPolicy") or ""
    if body.get("orphanDependents") is not None:
        if propagation:
            text = "Invalid value: orphanDependents and deletionPropagation cannot be both set"
            fault = FieldError("FieldValueInvalid", "propagationPolicy", text)
            raise errors.invalid("DeleteOptions", "meta.k8s.io", "", [fault])
        propagation = "Orphan" if body["orphanDependents"] else "Background"
    if propagation and propagation not in _PROPAGATION:
        text = f'Unsupported value: "{propagation}": supported values: "Background", "Foreground", "Orphan", "nil"'
        fault = FieldError("FieldValueNotSupported", "propagationPolicy", text)
        raise errors.invalid("DeleteOptions", "meta.k8s.io", "", [fault])
    preconditions = body.get("preconditions") or {}
    return DeleteOptions(
        body.get("gracePeriodSeconds"),
        propagation,
        preconditions.get("uid") or "",
        preconditions.get("resourceVersion") or "",
    )


class Deleter:
    """Deletes objects by the rules of their kinds."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._store = writer.store

    async def delete(self, target: Target, how: DeleteOptions, options: WriteOptions) -> Written:
        """Deletes, or begins to; `deleted` says which."""
        while True:
            stored = self._writer.find(target)
            obj = from_storage(stored.object(), target.resource)
            self._check_preconditions(target, obj, how)
            await self._writer.admission.validate(target, "DELETE", None, obj, options)
            try:
                return self._step(target, stored, obj, how, options)
            except (Stale, Missing):
                continue

    def _check_preconditions(self, target: Target, obj: Object, how: DeleteOptions) -> None:
        metadata = obj["metadata"]
        for name, wanted, have in (
            ("UID", how.uid, metadata["uid"]),
            ("ResourceVersion", how.resource_version, metadata["resourceVersion"]),
        ):
            if wanted and wanted != have:
                why = f"Precondition failed: {name} in precondition: {wanted}, {name} in object meta: {have}"
                raise errors.conflict(target.resource.plural, target.resource.group, target.name, why)

    def _step(self, target: Target, stored: Stored, obj: Object, how: DeleteOptions, options: WriteOptions) -> Written:
        """Takes the object out, or marks it. Raises Stale, Missing."""
        metadata = obj["metadata"]
        graceful = self._writer.kinds.behaviour(target.resource).graceful
        before = (metadata.get("deletionTimestamp"), metadata.get("deletionGracePeriodSeconds"), finalizers(obj))
        grace = _grace(obj, how.grace) if graceful else 0
        _set_propagation(obj, how.propagation)
        waits = bool(finalizers(obj)) or bool(_namespace_finalizers(obj)) or grace > 0
        if not waits:
            if options.dry_run:
                return Written(obj, deleted=True)
            return self._writer.remove(target, stored, obj)
        _mark(obj, grace)
        if obj["kind"] == "Namespace":
            obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
        after = (metadata.get("deletionTimestamp"), metadata.get("deletionGracePeriodSeconds"), finalizers(obj))
        if after != before and not options.dry_run:
            resource = target.resource
            version = self._store.update(
                resource.storage, target.key, to_storage(obj, resource), expected=stored.revision
            )
            metadata["resourceVersion"] = str(version.revision)
        return Written(obj)

    async def delete_each(self, targets: list[Target], how: DeleteOptions, options: WriteOptions) -> list[Written]:
        """Deletes every object that is still there."""
        done = []
        for target in targets:
            try:
                done.append(await self.delete(target, replace(how, uid="", resource_version=""), options))
            except errors.ApiError as refusal:
                if refusal.code != 404:
                    raise
        return done


def finalizers(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """What must happen before the object can go."""
    return tuple(obj["metadata"].get("finalizers") or ())


def _namespace_finalizers(obj: Mapping[str, Any]) -> list[str]:
    return list((obj.get("spec") or {}).get("finalizers") or ()) if obj["kind"] == "Namespace" else []


def _grace(obj: Mapping[str, Any], asked: int | None) -> int:
    """Seconds that a pod gets: none before it is placed or after it has ended."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    if not spec.get("nodeName") or status.get("phase") in ("Succeeded", "Failed"):
        return 0
    given = asked if asked is not None else spec.get("terminationGracePeriodSeconds", 30)
    return max(int(given), 0) if given != -1 else 1


def _set_propagation(obj: Object, propagation: str) -> None:
    if not propagation:
        return
    wanted = _PROPAGATION[propagation]
    kept = [name for name in finalizers(obj) if name not in (ORPHAN, FOREGROUND)]
    obj["metadata"]["finalizers"] = [*kept, wanted] if wanted else kept
    if not obj["metadata"]["finalizers"]:
        del obj["metadata"]["finalizers"]


def _mark(obj: Object, grace: int) -> None:
    """Sets the time of deletion; a second request can only make it sooner."""
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp"):
        metadata["generation"] = metadata.get("generation", 0) + 1
    elif metadata.get("deletionGracePeriodSeconds", 0) <= grace:
        return
    metadata["deletionTimestamp"] = timestamp(datetime.now(UTC) + timedelta(seconds=grace))
    metadata["deletionGracePeriodSeconds"] = grace

"""Create, update, patch: the way of an object from a request's body into the store.

decode → check the envelope → default → prepare → mutating admission → managed fields → validate → validating admission
→ store. Every step raises ApiError. Updates and patches that name no resourceVersion start again when another write
came between. A write that changes nothing is not written. `Deleter` (deleting) shares the last steps.

Called by `http` and by the played controllers, who thus obey the same rules as everyone.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from albc.local.kubernetes import errors
from albc.local.kubernetes.behaviour import Behaviour, Object
from albc.local.kubernetes.calls import Target, WriteOptions, timestamp
from albc.local.kubernetes.conversion import from_storage, to_storage
from albc.local.kubernetes.errors import STALE
from albc.local.kubernetes.patch import apply as apply_patch
from albc.local.kubernetes.patch import managed
from albc.local.kubernetes.patch.fieldset import FieldPath
from albc.local.kubernetes.patch.managed import Manager
from albc.local.kubernetes.registry import Resource
from albc.local.kubernetes.schema import TypeMismatch, decode_built_in, fill_defaults, prune
from albc.local.kubernetes.store import Exists, Key, Missing, Stale, StorageName, Store, Stored, copy
from albc.local.kubernetes.validation.metadata import invalid, validate_metadata

_ATTEMPTS = 5
_NAMESPACES = StorageName("", "namespaces")
_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_LONGEST_PREFIX = 58
_STATUS = ("f:status",)
_EXTENSIONS = "apiextensions.k8s.io"


class Admission(Protocol):
    """Who else has a say in a write."""

    async def mutate(self, target: Target, verb: str, new: Object, old: Object | None, options: WriteOptions) -> Object:
        """The object as admission would have it. Raises ApiError."""

    async def validate(
        self, target: Target, verb: str, new: Object | None, old: Object | None, options: WriteOptions
    ) -> None:
        """Raises ApiError if admission refuses."""


class Kinds(Protocol):
    """Who knows what is particular to a resource's objects."""

    def behaviour(self, resource: Resource) -> Behaviour: ...

    def name_faults(self, resource: Resource, name: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left: the object in the caller's version, and how it came to be."""

    object: Object
    created: bool = False
    deleted: bool = False


Change = Callable[[Object], Object]


class Writer:
    """Writes objects by the rules of their kinds."""

    def __init__(self, store: Store, kinds: Kinds, admission: Admission) -> None:
        self.store = store
        self.kinds = kinds
        self.admission = admission

    # -- the four ways to write ------------------------------------------------------------------------------------

    async def create(self, target: Target, body: Object, options: WriteOptions) -> Written:
        """Adds an object; the server finds a name for one that has only a `generateName`."""
        resource = target.resource
        new = self.decode(resource, body, options)
        self.check_envelope(target, new)
        if new["metadata"].get("resourceVersion"):
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        return await self._create(target, new, options, managed_already=False)

    async def update(self, target: Target, body: Object, options: WriteOptions) -> Written:
        """Replaces an object, or its part that the subresource shows."""
        new = self.decode(target.resource, body, options)
        self.check_envelope(target, new)
        behaviour = self.kinds.behaviour(target.resource)
        if not behaviour.unconditional_update and not new["metadata"].get("resourceVersion"):
            fault = invalid("metadata.resourceVersion", 0, "must be specified for an update")
            raise errors.invalid(target.resource.kind, target.resource.group, target.name, [fault])
        return await self.modify(target, lambda _: copy(new), options)

    async def modify(
        self, target: Target, change: Change, options: WriteOptions, *, managed_already: bool = False
    ) -> Written:
        """Replaces an object by what `change` makes of a copy of it; again if another write came between."""
        for _ in range(_ATTEMPTS):
            stored = self.find(target)
            old = from_storage(stored.object(), target.resource)
            new = change(copy(old))
            expected = new.setdefault("metadata", {}).get("resourceVersion") or ""
            if expected and expected != old["metadata"]["resourceVersion"]:
                raise self._conflict(target, STALE)
            try:
                return await self._replace(target, stored, old, new, options, managed_already=managed_already)
            except (Stale, Missing):
                continue
        raise self._conflict(target, STALE)

    async def apply(self, target: Target, body: Object, options: WriteOptions) -> Written:
        """Server-side apply: creates the object, or makes the manager's fields of it what the body says."""
        resource = target.resource
        intent = self._decode_intent(resource, body, options)
        self.check_envelope(target, intent)
        if intent["metadata"].get("managedFields"):
            raise errors.bad_request("metadata.managedFields must be nil")
        manager = Manager(options.manager, "Apply", resource.api_version, target.subresource)
        if self.store.collection(resource.storage).get(target.key) is None:
            if target.subresource:
                raise errors.not_found(resource.plural, resource.group, target.name)
            new = apply_patch.create(intent, resource.schema, manager, timestamp())
            return await self._create(target, new, options, managed_already=True)
        counts = _ownable(target)

        def change(live: Object) -> Object:
            wanted = intent["metadata"].get("resourceVersion")
            if wanted and wanted != live["metadata"]["resourceVersion"]:
                raise self._conflict(target, STALE)
            merged = apply_patch.apply(
                live, intent, resource.schema, manager, timestamp(), force=options.force, counts=counts
            )
            return {**merged, "metadata": {**merged["metadata"], "resourceVersion": ""}}

        return await self.modify(target, change, options, managed_already=True)

    # -- steps -----------------------------------------------------------------------------------------------------

    def find(self, target: Target) -> Stored:
        """The stored object. Raises ApiError 404."""
        stored = self.store.collection(target.resource.storage).get(target.key)
        if stored is None:
            raise errors.not_found(target.resource.plural, target.resource.group, target.name)
        return stored

    def decode(self, resource: Resource, body: Any, options: WriteOptions) -> Object:
        """A body as an object of the kind. Raises ApiError 400."""
        if not isinstance(body, dict):
            raise errors.bad_request(f"the object provided is unrecognized (must be of type {resource.kind})")
        obj = {"apiVersion": resource.api_version, "kind": resource.kind, **body}
        if (obj["apiVersion"], obj["kind"]) != (resource.api_version, resource.kind):
            given = f"{obj['apiVersion']}, Kind={obj['kind']}"
            wanted = f"{resource.api_version}, Kind={resource.kind}"
            text = f"the API version in the data ({given}) does not match the expected API version ({wanted})"
            raise errors.bad_request(text)
        if not isinstance(obj.get("metadata", {}), dict | None):
            raise errors.bad_request(f"{resource.kind}: metadata must be an object")
        obj["metadata"] = obj.get("metadata") or {}
        unknown = self._take_fields(resource, obj)
        self._report_unknown(resource, unknown, options)
        return obj

    def _take_fields(self, resource: Resource, obj: Object) -> list[str]:
        metadata_schema = resource.schema["properties"]["metadata"]
        try:
            if not resource.custom:
                decoded, unknown = decode_built_in(obj, resource.schema)
                obj.clear()
                obj.update(decoded)
                return unknown
            obj["metadata"], in_metadata = decode_built_in(obj["metadata"], metadata_schema)
        except TypeMismatch as fault:
            raise self._undecodable(resource, str(fault)) from None
        return [f"metadata.{path}" for path in in_metadata] + prune(obj, resource.schema)

    def _decode_intent(self, resource: Resource, body: Any, options: WriteOptions) -> Object:
        if not isinstance(body, dict) or not body.get("apiVersion") or not body.get("kind"):
            raise errors.bad_request("invalid object type: apiVersion and kind must be set in an apply patch")
        return self.decode(resource, body, options)

    def _report_unknown(self, resource: Resource, unknown: list[str], options: WriteOptions) -> None:
        if options.field_validation == "Ignore" or not (unknown or options.duplicates):
            return
        texts = [f'duplicate field "{path}"' for path in options.duplicates]
        texts += [f'unknown field "{path}"' for path in unknown]
        if options.field_validation == "Strict":
            raise self._undecodable(resource, f"strict decoding error: {', '.join(texts)}")
        options.warnings.extend(text for text in texts if text not in options.warnings)  # a retry says it again

    def _undecodable(self, resource: Resource, why: str) -> errors.ApiError:
        kind = resource.kind
        return errors.bad_request(f'{kind} in version "{resource.version}" cannot be handled as a {kind}: {why}')

    def _conflict(self, target: Target, why: str) -> errors.ApiError:
        return errors.conflict(target.resource.plural, target.resource.group, target.name, why)

    def check_envelope(self, target: Target, obj: Object) -> None:
        """Name and namespace in the object are those of the call, or absent. Raises ApiError 400."""
        metadata = obj["metadata"]
        if target.resource.namespaced:
            given = metadata.setdefault("namespace", target.namespace)
            if given != target.namespace:
                text = "the namespace of the provided object does not match the namespace sent on the request"
                raise errors.bad_request(text)
        elif metadata.get("namespace"):
            del metadata["namespace"]
        if not target.name:
            return
        given = metadata.get("name")
        if not given:
            metadata["name"] = target.name
        elif given != target.name:
            text = f"the name of the object ({given}) does not match the name on the URL ({target.name})"
            raise errors.bad_request(text)

    async def _create(self, target: Target, new: Object, options: WriteOptions, *, managed_already: bool) -> Written:
        resource = target.resource
        behaviour = self.kinds.behaviour(resource)
        metadata = new["metadata"]
        for name in ("resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
            metadata.pop(name, None)
        self._check_namespace(target)
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": timestamp()}
        if "status" in resource.subresources:
            new.pop("status", None)
        self._default(resource, behaviour, new, None)
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"][:_LONGEST_PREFIX] + _suffix()
        target = Target(resource, target.namespace, metadata.get("name", ""), target.subresource)
        new = await self.admission.mutate(target, "CREATE", new, None, options)
        self._default(resource, behaviour, new, None)
        metadata = new["metadata"]
        metadata.pop("generation", None)
        if behaviour.counts_generations:
            metadata["generation"] = 1
        behaviour.prepare(new, None)
        if not managed_already:
            self._track(target, None, new, options)
        self._validate(target, behaviour, new, None)
        await self.admission.validate(target, "CREATE", new, None, options)
        self._check_namespace(target)
        new = _tidy(new)
        if options.dry_run:
            return Written(new, created=True)
        try:
            stored = self.store.create(resource.storage, Key(target.namespace, target.name), to_storage(new, resource))
        except Exists:
            raise errors.already_exists(resource.plural, resource.group, target.name) from None
        if behaviour.committed:
            behaviour.committed(None, new)
        new["metadata"]["resourceVersion"] = str(stored.revision)
        return Written(new, created=True)

    def _check_namespace(self, target: Target) -> None:
        resource = target.resource
        if not resource.namespaced or not resource.stored:
            return
        found = self.store.collection(_NAMESPACES).get(Key("", target.namespace))
        if found is None:
            raise errors.not_found("namespaces", "", target.namespace)
        if found.fields.get("status.phase") == "Terminating":
            why = f"unable to create new content in namespace {target.namespace} because it is being terminated"
            refusal = errors.forbidden(resource.plural, resource.group, target.name, why)
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {target.namespace} is being terminated",
                "field": "metadata.namespace",
            }
            refusal.details["causes"] = [cause]
            raise refusal

    async def _replace(
        self, target: Target, stored: Stored, old: Object, new: Object, options: WriteOptions, *, managed_already: bool
    ) -> Written:
        """Writes `new` over `old`. Raises Stale, Missing."""
        resource = target.resource
        behaviour = self.kinds.behaviour(resource)
        _keep_identity(new, old)
        _keep_other_part(target, new, old)
        self._default(resource, behaviour, new, old)
        new = await self.admission.mutate(target, "UPDATE", new, old, options)
        _keep_identity(new, old)
        _keep_other_part(target, new, old)
        self._default(resource, behaviour, new, old)
        behaviour.prepare(new, old)
        if behaviour.counts_generations and _desired(new) != _desired(old):
            new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1
        if not managed_already:
            self._track(target, old, new, options)
        self._validate(target, behaviour, new, old)
        await self.admission.validate(target, "UPDATE", new, old, options)
        new = _tidy(new)
        new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
        if _same(new, old):
            return Written(old)
        if options.dry_run:
            return Written(new)
        if _is_over(new):
            return self.remove(target, stored, new)
        written = self.store.update(resource.storage, target.key, to_storage(new, resource), expected=stored.revision)
        if behaviour.committed:
            behaviour.committed(old, new)
        new["metadata"]["resourceVersion"] = str(written.revision)
        return Written(new)

    def remove(self, target: Target, stored: Stored, last: Object) -> Written:
        """Takes the object out of the store. Raises Stale, Missing."""
        resource = target.resource
        self.store.delete(resource.storage, target.key, expected=stored.revision)
        committed = self.kinds.behaviour(resource).committed
        if committed:
            committed(last, None)
        return Written(last, deleted=True)

    def _default(self, resource: Resource, behaviour: Behaviour, new: Object, old: Object | None) -> None:
        fill_defaults(new, resource.schema)
        behaviour.default(new, old)

    def _track(self, target: Target, old: Object | None, new: Object, options: WriteOptions) -> None:
        manager = Manager(options.manager, "Update", target.resource.api_version, target.subresource)
        managed.track_update(old, new, target.resource.schema, manager, timestamp(), _ownable(target))

    def _validate(self, target: Target, behaviour: Behaviour, new: Object, old: Object | None) -> None:
        resource = target.resource
        faults = [
            *validate_metadata(
                new,
                old,
                lambda name: self.kinds.name_faults(resource, name),
                qualified_finalizers=not resource.custom and resource.group != _EXTENSIONS,
            ),
            *behaviour.validate(new, old),
        ]
        if faults:
            name = new["metadata"].get("name", "")
            raise errors.invalid(resource.kind, resource.group, name, faults)


def _ownable(target: Target) -> Callable[[FieldPath], bool]:
    """Which fields a write through this resource or subresource can own."""
    if target.subresource == "status":
        return lambda path: path[:1] == _STATUS or path[:2] == ("f:metadata", "f:labels")
    if "status" in target.resource.subresources:
        return lambda path: path[:1] != _STATUS
    return lambda path: True


def _suffix() -> str:
    return "".join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(5))


_IDENTITY = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "generateName",
)


def _keep_identity(new: Object, old: Object) -> None:
    """Restores, in place, what no client can change; a different uid is refused later."""
    metadata, before = new["metadata"], old["metadata"]
    uid = metadata.get("uid")
    if uid and uid != before["uid"]:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {before['uid']}"
        name = before["name"]
        raise errors.conflict(new["kind"].lower(), "", name, why)
    for name in _IDENTITY:
        if name in before:
            metadata[name] = before[name]
        else:
            metadata.pop(name, None)


def _keep_other_part(target: Target, new: Object, old: Object) -> None:
    """A write through /status changes the status; one through the resource itself everything else."""
    if target.subresource == "status":
        status = new.get("status")
        metadata = new["metadata"]
        kept = copy({key: value for key, value in old.items() if key != "status"})
        new.clear()
        new.update(kept)
        if status is not None:
            new["status"] = status
        taken = (
            ("managedFields",) if target.resource.custom else ("managedFields", "labels", "annotations", "finalizers")
        )
        for name in taken:
            if name in metadata:
                new["metadata"][name] = metadata[name]
            else:
                new["metadata"].pop(name, None)
    elif "status" in target.resource.subresources:
        new.pop("status", None)
        if "status" in old:
            new["status"] = old["status"]


def _desired(obj: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status", "apiVersion", "kind")}


def _tidy(obj: Object) -> Object:
    """Empty label, annotation and owner fields are not written, as with Go's omitempty."""
    metadata = obj["metadata"]
    for name in ("labels", "annotations", "ownerReferences", "finalizers", "managedFields", "generateName"):
        if name in metadata and not metadata[name]:
            del metadata[name]
    return obj


def _same(new: Object, old: Object) -> bool:
    return new == old or (
        {**new, "metadata": _timeless(new["metadata"])} == {**old, "metadata": _timeless(old["metadata"])}
    )


def _timeless(metadata: Mapping[str, Any]) -> dict[str, Any]:
    entries = [{**entry, "time": ""} for entry in metadata.get("managedFields") or ()]
    return {**metadata, "managedFields": entries}


def _is_over(obj: Object) -> bool:
    metadata = obj["metadata"]
    pending = metadata.get("finalizers") or (obj["kind"] == "Namespace" and (obj.get("spec") or {}).get("finalizers"))
    return bool(metadata.get("deletionTimestamp")) and not pending and not metadata.get("deletionGracePeriodSeconds")

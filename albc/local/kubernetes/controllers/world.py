"""What played controllers see and do: the store's objects by kind, and writes by the API's own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.calls import SYSTEM, Target, User, WriteOptions
from albc.local.kubernetes.deleting import DeleteOptions, Deleter
from albc.local.kubernetes.errors import ApiError
from albc.local.kubernetes.registry import Registry, Resource
from albc.local.kubernetes.selectors import LabelSelector
from albc.local.kubernetes.store import Key, StorageName, Store
from albc.local.kubernetes.writing import Writer

PODS = StorageName("", "pods")
NODES = StorageName("", "nodes")
SERVICES = StorageName("", "services")
NAMESPACES = StorageName("", "namespaces")
DEPLOYMENTS = StorageName("apps", "deployments")
REPLICA_SETS = StorageName("apps", "replicasets")
ENDPOINT_SLICES = StorageName("discovery.k8s.io", "endpointslices")


class World:
    """The cluster, as one controller with a name of its own sees it."""

    def __init__(self, store: Store, registry: Registry, writer: Writer, deleter: Deleter) -> None:
        self.store = store
        self.registry = registry
        self._writer = writer
        self._deleter = deleter
        self._options = WriteOptions()

    def named(self, manager: str, user: User = SYSTEM) -> World:
        """The same world for another controller: its writes are that manager's."""
        other = World(self.store, self.registry, self._writer, self._deleter)
        other._options = WriteOptions(user=user, manager=manager)
        return other

    def get(self, storage: StorageName, key: Key) -> Object | None:
        """A copy of an object."""
        stored = self.store.collection(storage).get(key)
        return stored.object() if stored else None

    def select(self, storage: StorageName, namespace: str, selector: LabelSelector) -> list[Object]:
        """Copies of the objects of a namespace that a label selector chooses."""
        stored = self.store.collection(storage).values(namespace)
        return [item.object() for item in stored if selector.matches(item.labels)]

    def resource(self, storage: StorageName) -> Resource:
        """The resource whose objects are stored there. Raises KeyError when it is gone."""
        found = self.registry.storage_of(storage)
        if found is None:
            raise KeyError(storage)
        return found

    async def create(self, storage: StorageName, namespace: str, obj: Object) -> Object:
        """Raises ApiError."""
        return (await self._writer.create(Target(self.resource(storage), namespace), obj, self._options)).object

    async def modify(
        self, storage: StorageName, key: Key, change: Callable[[Object], Object], subresource: str = ""
    ) -> None:
        """Changes an object that may have gone; other writers' changes are not lost. Raises ApiError."""
        target = Target(self.resource(storage), key.namespace, key.name, subresource)

        def unversioned(obj: Object) -> Object:
            new = change(obj)
            new["metadata"].pop("resourceVersion", None)
            return new

        await _unless_gone(self._writer.modify(target, unversioned, self._options))

    async def set_status(self, storage: StorageName, obj: Object, status: Mapping[str, Any]) -> None:
        """Writes a status, if it differs from the one that the object has."""
        if (obj.get("status") or {}) == status:
            return
        metadata = obj["metadata"]
        key = Key(metadata.get("namespace", ""), metadata["name"])
        await self.modify(storage, key, lambda live: {**live, "status": dict(status)}, "status")

    async def delete(
        self, storage: StorageName, key: Key, *, uid: str = "", grace: int | None = None, propagation: str = ""
    ) -> None:
        """Deletes an object that may have gone, or been replaced by one with another uid."""
        target = Target(self.resource(storage), key.namespace, key.name)
        try:
            await self._deleter.delete(target, DeleteOptions(grace, propagation, uid), self._options)
        except ApiError as refusal:
            if refusal.code not in (404, 409):
                raise


async def _unless_gone(write: Any) -> None:
    try:
        await write
    except ApiError as refusal:
        if refusal.code != 404:
            raise


def controller_of(obj: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The owner reference of the managing controller."""
    owners: Iterable[Mapping[str, Any]] = obj["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def owned_by(obj: Mapping[str, Any], owner: Mapping[str, Any]) -> bool:
    """Whether `owner` manages the object."""
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == owner["metadata"]["uid"]


def reference_to(owner: Mapping[str, Any]) -> dict[str, Any]:
    """The owner reference of something that `owner` makes."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def condition_of(obj: Mapping[str, Any], kind: str) -> str:
    """The status of a condition: True, False, Unknown, or nothing."""
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((c["status"] for c in conditions if c["type"] == kind), "")


def with_condition(conditions: Iterable[Mapping[str, Any]], new: Mapping[str, Any], now: str) -> list[dict[str, Any]]:
    """The conditions with one replaced or added; its transition time changes only with its status."""
    result = [dict(c) for c in conditions]
    for place, old in enumerate(result):
        if old["type"] == new["type"]:
            same = old["status"] == new["status"]
            moment = old.get("lastTransitionTime", now) if same else now
            result[place] = {**old, **new, "lastTransitionTime": moment}
            return result
    return [*result, {**new, "lastTransitionTime": now}]

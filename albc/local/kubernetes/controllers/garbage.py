"""Owner references: what belongs to something that is gone goes too; foreground deletion waits for it, orphans stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from albc.local.kubernetes.controllers.world import World
from albc.local.kubernetes.deleting import FOREGROUND, ORPHAN, finalizers
from albc.local.kubernetes.store import Event, Key, StorageName

_OWNERS = b'"ownerReferences"'
_WAITING = (FOREGROUND.encode(), ORPHAN.encode())


class Place(NamedTuple):
    """One object of any resource."""

    storage: StorageName
    key: Key


class GarbageCollector:
    """Keeps owners and dependents together, all resources alike."""

    workers = 4

    def __init__(self, world: World) -> None:
        self._world = world.named("kube-controller-manager")
        self._dependents: dict[str, set[Place]] = {}  # owner's uid -> who names it
        self._owners: dict[str, Place] = {}  # uid of an owner that waits for its dependents -> where it is

    def keys(self, source: StorageName, event: Event) -> Iterable[Place]:
        place = Place(source, event.stored.key)
        keys: list[Place] = []
        if _OWNERS in event.stored.raw or (event.previous is not None and _OWNERS in event.previous.raw):
            metadata = event.stored.object()["metadata"]
            self._note(place, metadata if event.type != "DELETED" else {}, event)
            if event.type == "DELETED":
                # A foreground deletion may have waited for this one.
                keys += [owner for uid in _owner_uids(metadata) if (owner := self._owners.get(uid))]
            else:
                keys.append(place)
        if event.type == "DELETED":
            uid = event.stored.object()["metadata"]["uid"]
            self._owners.pop(uid, None)
            keys += self._dependents.get(uid, ())
        elif any(word in event.stored.raw for word in _WAITING):
            self._owners[event.stored.object()["metadata"]["uid"]] = place
            keys.append(place)
        return keys

    def _note(self, place: Place, metadata: Mapping[str, Any], event: Event) -> None:
        before = _owner_uids(event.previous.object()["metadata"]) if event.previous is not None else set()
        after = _owner_uids(metadata)
        for uid in before - after:
            known = self._dependents.get(uid, set())
            known.discard(place)
            if not known:
                self._dependents.pop(uid, None)
        for uid in after - before:
            self._dependents.setdefault(uid, set()).add(place)

    async def reconcile(self, place: Place) -> float | None:
        obj = self._world.get(place.storage, place.key)
        if obj is None:
            return None
        metadata = obj["metadata"]
        waits_for = finalizers(obj)
        if metadata.get("deletionTimestamp") and ORPHAN in waits_for:
            await self._orphan(place, metadata["uid"])
        elif metadata.get("deletionTimestamp") and FOREGROUND in waits_for:
            await self._foreground(place, metadata["uid"])
        owners = metadata.get("ownerReferences") or []
        if owners and not metadata.get("deletionTimestamp"):
            gone = [owner for owner in owners if not self._exists(owner, place.key.namespace)]
            if len(gone) == len(owners):
                await self._world.delete(place.storage, place.key, uid=metadata["uid"])
            elif gone:
                uids = {owner["uid"] for owner in gone}
                await self._world.modify(place.storage, place.key, lambda live: _disowned(live, uids))
        return None

    def _exists(self, owner: Mapping[str, Any], namespace: str) -> bool:
        resource = self._world.registry.by_kind(owner["apiVersion"], owner["kind"])
        if resource is None:
            group = owner["apiVersion"].rpartition("/")[0]
            resource = self._world.registry.of_kind(group, owner["kind"])
        if resource is None:
            return True  # of a kind that the server does not know: nothing can be said, so nothing is deleted
        key = Key(namespace if resource.namespaced else "", owner["name"])
        stored = self._world.store.collection(resource.storage).get(key)
        return stored is not None and bool(stored.object()["metadata"]["uid"] == owner["uid"])

    async def _orphan(self, place: Place, uid: str) -> None:
        for dependent in list(self._dependents.get(uid, ())):
            await self._world.modify(dependent.storage, dependent.key, lambda live: _disowned(live, {uid}))
        await self._world.modify(place.storage, place.key, lambda live: _without_finalizer(live, ORPHAN))

    async def _foreground(self, place: Place, uid: str) -> None:
        blocking = False
        for dependent in list(self._dependents.get(uid, ())):
            obj = self._world.get(dependent.storage, dependent.key)
            if obj is None:
                continue
            references = [o for o in obj["metadata"].get("ownerReferences") or [] if o["uid"] == uid]
            others = [o for o in obj["metadata"].get("ownerReferences") or [] if o["uid"] != uid]
            if any(self._exists(owner, dependent.key.namespace) for owner in others):
                await self._world.modify(dependent.storage, dependent.key, lambda live: _disowned(live, {uid}))
                continue
            if not obj["metadata"].get("deletionTimestamp"):
                nested = "Foreground" if obj["metadata"]["uid"] in self._dependents else "Background"
                await self._world.delete(dependent.storage, dependent.key, propagation=nested)
            still = self._world.get(dependent.storage, dependent.key) is not None
            blocking = blocking or (still and any(o.get("blockOwnerDeletion") for o in references))
        if not blocking:
            await self._world.modify(place.storage, place.key, lambda live: _without_finalizer(live, FOREGROUND))


def _owner_uids(metadata: Mapping[str, Any]) -> set[str]:
    return {owner["uid"] for owner in metadata.get("ownerReferences") or ()}


def _disowned(obj: dict[str, Any], uids: set[str]) -> dict[str, Any]:
    kept = [owner for owner in obj["metadata"].get("ownerReferences") or () if owner["uid"] not in uids]
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": kept}}


def _without_finalizer(obj: dict[str, Any], name: str) -> dict[str, Any]:
    kept = [finalizer for finalizer in finalizers(obj) if finalizer != name]
    return {**obj, "metadata": {**obj["metadata"], "finalizers": kept}}

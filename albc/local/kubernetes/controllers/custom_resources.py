"""A deleted CustomResourceDefinition takes its objects with it: they go first, then it does."""

from __future__ import annotations

from collections.abc import Iterable

from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.controllers.world import World
from albc.local.kubernetes.crds.definitions import CLEANUP
from albc.local.kubernetes.deleting import finalizers
from albc.local.kubernetes.store import Event, Key, StorageName

DEFINITIONS = StorageName("apiextensions.k8s.io", "customresourcedefinitions")
_AGAIN = 0.1


class CustomResources:
    """Empties the resources of deleted definitions."""

    workers = 1

    def __init__(self, world: World) -> None:
        self._world = world.named("kube-apiserver")

    def keys(self, source: StorageName, event: Event) -> Iterable[str]:
        return (event.stored.key.name,) if source == DEFINITIONS and event.type != "DELETED" else ()

    async def reconcile(self, name: str) -> float | None:
        definition = self._world.get(DEFINITIONS, Key("", name))
        if definition is None or not definition["metadata"].get("deletionTimestamp"):
            return None
        if CLEANUP not in finalizers(definition):
            return None
        storage = StorageName(definition["spec"]["group"], definition["spec"]["names"]["plural"])
        if self._world.registry.storage_of(storage) is not None:
            collection = self._world.store.collection(storage)
            for stored in collection.values():
                await self._world.delete(storage, stored.key)
            if len(collection):
                return _AGAIN
        await self._world.modify(DEFINITIONS, Key("", name), _without_cleanup)
        return None


def _without_cleanup(definition: Object) -> Object:
    kept = [name for name in finalizers(definition) if name != CLEANUP]
    return {**definition, "metadata": {**definition["metadata"], "finalizers": kept}}

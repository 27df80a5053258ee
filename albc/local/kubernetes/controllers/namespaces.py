"""Namespaces get a service account; deleted ones are emptied, and then go."""

from __future__ import annotations

from collections.abc import Iterable

from albc.local.kubernetes.controllers.world import NAMESPACES, World
from albc.local.kubernetes.errors import ApiError
from albc.local.kubernetes.store import Event, Key, StorageName

_AGAIN = 0.1
_ACCOUNTS = StorageName("", "serviceaccounts")


class Namespaces:
    """Begins and ends namespaces."""

    workers = 1

    def __init__(self, world: World) -> None:
        self._world = world.named("kube-controller-manager")

    def keys(self, source: StorageName, event: Event) -> Iterable[str]:
        return (event.stored.key.name,) if source == NAMESPACES else ()

    async def reconcile(self, name: str) -> float | None:
        namespace = self._world.get(NAMESPACES, Key("", name))
        if namespace is None:
            return None
        if not namespace["metadata"].get("deletionTimestamp"):
            if self._world.store.collection(_ACCOUNTS).get(Key(name, "default")) is None:
                try:
                    await self._world.create(_ACCOUNTS, name, {"metadata": {"name": "default"}})
                except ApiError as refusal:
                    if refusal.reason not in ("AlreadyExists", "Forbidden", "NotFound"):
                        raise
            return None
        if await self._empty(name):
            return _AGAIN
        await self._world.modify(NAMESPACES, Key("", name), lambda live: {**live, "spec": {"finalizers": []}})
        return None

    async def _empty(self, name: str) -> bool:
        """Deletes what is in the namespace; whether anything is left."""
        left = False
        for storage in self._world.store:
            for stored in self._world.store.collection(storage).values(name):
                if b'"deletionTimestamp"' not in stored.raw:
                    await self._world.delete(storage, stored.key)
                left = left or self._world.store.collection(storage).get(stored.key) is not None
        return left

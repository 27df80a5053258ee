"""The loop under every played controller: changes give keys, keys are reconciled one at a time, failures come again.

A key is never worked on twice at once. A controller's `reconcile` returns seconds after which it wants to see the key
again, or None.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable
from typing import Generic, Protocol, TypeVar

import anyio
from anyio.abc import TaskGroup

from albc.local.kubernetes.errors import ApiError
from albc.local.kubernetes.store import Event, StorageName, Store

_log = logging.getLogger(__name__)
_RETRY = 0.05
_RETRY_FAILURE = 1.0

K = TypeVar("K", bound=Hashable)


class Controller(Protocol[K]):
    """What a loop runs."""

    workers: int

    def keys(self, source: StorageName, event: Event) -> Iterable[K]:
        """Which keys a change concerns; called for every change of every resource, so quick."""

    async def reconcile(self, key: K) -> float | None:
        """Brings the world to what the key's object says. May raise ApiError: the key comes again."""


class Loop(Generic[K]):
    """Runs one controller."""

    def __init__(self, controller: Controller[K], store: Store) -> None:
        self._controller = controller
        self._waiting: dict[K, None] = {}
        self._busy: set[K] = set()
        self._wake = anyio.Event()
        self._tasks: TaskGroup | None = None
        store.listeners.append(self._heard)

    def start(self, tasks: TaskGroup) -> None:
        """Begins to work, in tasks of the group."""
        self._tasks = tasks
        for _ in range(self._controller.workers):
            tasks.start_soon(self._work)

    def add(self, key: K) -> None:
        """Wants the key reconciled."""
        self._waiting[key] = None
        self._wake.set()

    def _heard(self, source: StorageName, event: Event) -> None:
        for key in self._controller.keys(source, event):
            self.add(key)

    async def _work(self) -> None:
        while True:
            key = next((key for key in self._waiting if key not in self._busy), None)
            if key is None:
                self._wake = anyio.Event() if self._wake.is_set() else self._wake
                await self._wake.wait()
                continue
            del self._waiting[key]
            self._busy.add(key)
            try:
                again = await self._controller.reconcile(key)
            except ApiError:
                again = _RETRY
            except Exception:
                _log.exception("%s failed on %s", type(self._controller).__name__, key)
                again = _RETRY_FAILURE
            finally:
                self._busy.discard(key)
            if key in self._waiting:
                self._wake.set()
            elif again is not None and self._tasks is not None:
                self._tasks.start_soon(self._later, key, again)

    async def _later(self, key: K, seconds: float) -> None:
        await anyio.sleep(seconds)
        self.add(key)

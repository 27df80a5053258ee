"""Watches of single objects, each open for as long as somebody refers to the object: Secrets (spec/runtime.md §6).

* `refer` says all that one consumer needs now; what nobody needs any more is closed and forgotten.
* Handlers hear additions, updates and deletions of the objects referred to. The state that a watch begins with is no
  news, unless `get` has given out another one before.
* `get` reads the watch if it has the object, else the API.

Made by `albc.engine.manager`; controllers call `refer` and `get` in a reconcile.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio
import structlog
from anyio.abc import TaskGroup

from albc.engine.informer import Change, Handler, Informer, InformerStatistics
from albc.engine.store import Object, ObjectKey
from albc.errors import NotFound
from albc.kube.client import Client, Selection
from albc.kube.resource import Resource, can_name

log = structlog.stdlib.get_logger("engine.references")

T = TypeVar("T", bound=Object)


@dataclass(slots=True)
class _Watched(Generic[T]):
    informer: Informer[T]
    consumers: set[Hashable] = field(default_factory=set)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    given_out: T | None = None
    """What `get` had to read from the API, before the watch was there."""
    was_read: bool = False


class References(Generic[T]):
    """See the head of this module."""

    def __init__(self, client: Client, resource: Resource[T], labels: str = "") -> None:
        """`labels`: only objects that match this selector are seen by the watches."""
        self.resource = resource
        self._client = client
        self.labels = labels
        self._handlers: list[Handler[T]] = []
        self._wanted: dict[Hashable, frozenset[ObjectKey]] = {}
        self._watched: dict[ObjectKey, _Watched[T]] = {}
        self._tasks: TaskGroup | None = None

    def add_handler(self, handler: Handler[T]) -> None:
        self._handlers.append(handler)

    def refer(self, consumer: Hashable, objects: Iterable[tuple[str, str]]) -> None:
        """From now on `consumer` needs these objects (namespace, name), and no others; none at all ends its part.

        Names that no object can have are not watched.
        """
        wanted = frozenset(ObjectKey(namespace, name) for namespace, name in objects if can_name(name))
        before = self._wanted.pop(consumer, frozenset())
        if wanted:
            self._wanted[consumer] = wanted
        for key in wanted - before:
            self._open(key).consumers.add(consumer)
        for key in before - wanted:
            watched = self._watched[key]
            watched.consumers.discard(consumer)
            if not watched.consumers:
                watched.scope.cancel()
                del self._watched[key]

    async def get(self, key: tuple[str, str]) -> T | None:
        """The object, or None if there is none. Raises what the API answers, `Forbidden` for one."""
        namespace, name = key
        watched = self._watched.get(ObjectKey(namespace, name))
        if watched is not None and (obj := watched.informer.store.get(key)) is not None:
            return obj
        try:
            obj = await self._client.get(self.resource, name, namespace)
        except NotFound:
            obj = None
        if watched is not None:
            watched.given_out, watched.was_read = obj, True
        return obj

    async def run(self) -> None:
        """Keeps the watches open until cancelled."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            try:
                for key, watched in self._watched.items():
                    tasks.start_soon(self._follow, key, watched)
                await anyio.sleep_forever()
            finally:
                self._tasks = None

    def statistics(self) -> tuple[InformerStatistics, ...]:
        return tuple(watched.informer.statistics() for watched in self._watched.copy().values())

    def _open(self, key: ObjectKey) -> _Watched[T]:
        if (watched := self._watched.get(key)) is None:
            select = Selection(key.namespace or None, self.labels, f"metadata.name={key.name}")
            watched = self._watched[key] = _Watched(Informer(self._client, self.resource, select))
            watched.informer.add_handler(self._hear)
            if self._tasks is not None:
                self._tasks.start_soon(self._follow, key, watched)
        return watched

    async def _follow(self, key: ObjectKey, watched: _Watched[T]) -> None:
        with watched.scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(watched.informer.run)
                await watched.informer.synced.wait()
                self._compare(watched.given_out, watched.informer.store.get(key), was_read=watched.was_read)

    def _compare(self, given_out: T | None, current: T | None, *, was_read: bool) -> None:
        """Tells the handlers if the watch begins with something else than what was given out before."""
        if not was_read:
            return
        if given_out is None:
            if current is not None:
                self._tell(Change("added", current))
        elif current is None:
            self._tell(Change("deleted", given_out, given_out, final=False))
        elif given_out.metadata.resource_version != current.metadata.resource_version:
            self._tell(Change("updated", current, given_out))

    def _hear(self, change: Change[T]) -> None:
        if not change.initial:
            self._tell(change)

    def _tell(self, change: Change[T]) -> None:
        for handler in self._handlers:
            try:
                handler(change)
            except Exception:
                log.exception("handler failed", kind=str(self.resource), object=str(change.key), change=change.type)

"""Keeps a store equal to what the API server has of one kind, and tells handlers what changed.

* Handlers see every change once, in order per object, after the store has it: added, updated, deleted.
* What happened while nobody watched is found by comparing: a list that lacks an object gives a deletion with the last
  known state (`final` is False: a tombstone).
* `synced` is set after the first complete list, or, for an optional kind, when the server does not know the kind.
* Nothing that the server or the network does ends an informer: each fault is retried with a jittered back-off of its
  own, so a kind that is forbidden or missing does not disturb the others.
* An object that cannot be decoded is logged and left at its last good state; the others go on.
* A handler that raises is logged; the other handlers and the next changes go on.

Not promised: that handlers see every intermediate state of an object, or changes of different objects in order; nor
that objects are forgotten when the server says that it does not know their kind: it says so too while it starts.
Made by `albc.engine.manager`; calls `albc.kube.client` (list and watch) and its handlers (no await in them).
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, Literal, TypeVar, assert_never

import anyio
import anyio.lowlevel
import structlog

from albc.engine.gc_pause import gc_paused
from albc.engine.outage import Outage
from albc.engine.sharing import Sharing, reuse
from albc.engine.store import IndexFunction, Object, ObjectKey, Store, key_of
from albc.engine.watch_events import Bookmark, Deleted, Event, Failure, Present, Reader, Unreadable
from albc.errors import AlbcError, Forbidden, Gone, Invalid, NotFound, Throttled, Unavailable
from albc.kube.client import EVERYTHING, Client, Selection, Silence
from albc.kube.resource import Resource

log = structlog.stdlib.get_logger("engine.informer")

T = TypeVar("T", bound=Object)

WATCH_SECONDS: Final = (290.0, 590.0)
"""The server is asked to end each watch after a random time between these, so that watches do not end together."""
SILENCE: Final = 90.0
"""Seconds without a byte, not even a bookmark (the server sends one a minute), after which a connection is dead."""
INITIAL_SILENCE: Final = 15.0
"""The same while a streaming list is under way: a server that does not know it never says where it ends."""
FIRST_DELAY: Final = 0.8
LONGEST_DELAY: Final = 30.0
"""Back-off of a fault that repeats, in seconds, as in client-go's reflector; the jitter is all of it, so that the
watches that a restarted server ended at once do not come back at once."""
HEALTHY_AFTER: Final = 120.0
"""Seconds without a fault after which the next one counts as the first."""
SHORTEST_WATCH: Final = 1.0
"""A watch that ends sooner without an event is a fault, else a server that ends each at once is asked without pause."""
CHUNK: Final = 200
"""Objects decoded, compared or told of between two looks at the event loop: some 10 ms of Pods."""


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """One thing that happened to one object."""

    type: Literal["added", "updated", "deleted", "resynced"]
    object: T
    """The newest state known; of a deleted object its last one."""
    old: T | None = None
    """The state before, of `updated` and `resynced`."""
    initial: bool = False
    """It was there when we came: part of the first list, or told to a handler that was added later."""
    final: bool = True
    """False for a tombstone: the deletion was missed, and the object may have changed before it."""

    @property
    def key(self) -> ObjectKey:
        return key_of(self.object)


Handler = Callable[[Change[T]], None]


class Phase(StrEnum):
    """What an informer is doing."""

    STARTING = "starting"
    LISTING = "listing"
    WATCHING = "watching"
    WAITING = "waiting"
    """For the end of a back-off."""
    ABSENT = "absent"
    """The server does not know the kind: its CRD is not installed."""
    FORBIDDEN = "forbidden"
    """We lack the permission to list or watch the kind."""


@dataclass(frozen=True, slots=True)
class InformerStatistics:
    """An informer at one moment."""

    kind: str
    """Plural and group, as `kubectl` takes it: `gateways.gateway.networking.k8s.io`."""
    singular: str
    """The kind in lower case: `gateway`."""
    selection: Selection
    phase: Phase
    synced: bool
    objects: int
    lists: int
    watches: int
    events: int
    """ADDED, MODIFIED and DELETED events received by watches."""
    undecodable: int
    last_error: str


class Informer(Generic[T]):
    """See the head of this module."""

    def __init__(
        self,
        client: Client,
        resource: Resource[T],
        select: Selection = EVERYTHING,
        *,
        indexes: Mapping[str, IndexFunction[T]] | None = None,
        optional: bool = False,
        outage: Outage | None = None,
    ) -> None:
        """`outage`: shared with the informers whose interruptions are told together."""
        self.resource = resource
        self.select = select
        self.optional = optional
        self.store: Store[T] = Store(str(resource), indexes)
        self.synced = anyio.Event()
        self.listed = anyio.Event()
        """Set after the first complete list: the server knows the kind, and the store has what there was of it."""
        self._when_listed: list[Callable[[], None]] = []
        self._client = client
        self._reader = Reader(resource)
        self._handlers: list[Handler[T]] = []
        self._sharing = Sharing()
        """Of the list that is under way."""
        self._streaming = True
        self._phase = Phase.STARTING
        self._lists = self._watches = self._events = self._undecodable = 0
        self._last_error = ""
        self._resource_version = ""
        """From where the next watch goes on; empty: from a new list."""
        self._last_fault = 0.0
        self._delay = FIRST_DELAY
        self._outage = outage or Outage()

    def add_handler(self, handler: Handler[T]) -> None:
        """`handler` is told of all that is here (as initial additions) and of each change from now on."""
        for obj in self.store.list():
            self._tell(handler, Change("added", obj, initial=True))
        self._handlers.append(handler)

    def remove_handler(self, handler: Handler[T]) -> None:
        self._handlers.remove(handler)

    def when_listed(self, tell: Callable[[], None]) -> None:
        """`tell` is called once, after the first complete list: an optional kind may come to be known late."""
        if self.listed.is_set():
            tell()
        else:
            self._when_listed.append(tell)

    async def run(self) -> None:
        """Lists and watches until cancelled."""
        while True:
            try:
                if not self._resource_version:
                    await self._list()
                await self._watch()
            except AlbcError as error:
                if isinstance(error, Gone):
                    self._resource_version = ""
                await self._pause(error)

    async def resync(self) -> None:
        """Tells the handlers of every object, although nothing changed."""
        for number, key in enumerate(sorted(self.store.keys())):
            if (obj := self.store.get(key)) is not None:
                self._notify(Change("resynced", obj, obj))
            await _breathe(number)

    def statistics(self) -> InformerStatistics:
        return InformerStatistics(
            kind=str(self.resource),
            singular=self.resource.kind.lower(),
            selection=self.select,
            phase=self._phase,
            synced=self.synced.is_set(),
            objects=len(self.store),
            lists=self._lists,
            watches=self._watches,
            events=self._events,
            undecodable=self._undecodable,
            last_error=self._last_error,
        )

    # Listing

    async def _list(self) -> None:
        """Brings the store up to date with a complete list, and sets from where to watch."""
        self._phase = Phase.LISTING
        self._lists += 1
        found: dict[ObjectKey, T] = {}
        self._sharing = Sharing()
        version = await self._list_by_stream(found) if self._streaming else ""
        if not version:
            found.clear()
            version = await self._list_by_pages(found)
        self._sharing = Sharing()
        await self._replace(found)
        self._resource_version = version
        self.listed.set()
        self.synced.set()
        while self._when_listed:
            try:
                self._when_listed.pop(0)()
            except Exception:
                log.exception("handler failed", kind=str(self.resource))

    async def _list_by_stream(self, found: dict[ObjectKey, T]) -> str:
        """A watch that begins with all objects and says where they end. "" if the server does not offer it."""
        parameters = {
            "sendInitialEvents": "true",
            "resourceVersionMatch": "NotOlderThan",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": _watch_seconds(),
        }
        try:
            async with self._client.watch(self.resource, self.select, parameters, INITIAL_SILENCE) as lines:
                with gc_paused():
                    async for line in lines:
                        match self._reader.event(line):
                            case Present(object=obj):
                                self._collect(obj, found)
                            case Deleted(object=obj):
                                found.pop(key_of(obj), None)
                            case Unreadable() as unreadable:
                                self._collect_unreadable(unreadable, found)
                            case Bookmark(resource_version=version, ends_list=True):
                                return version
                            case Failure(error=error):  # with etcd before 3.5.13 for one
                                if isinstance(error, Gone | Throttled):
                                    raise error
                                break
        except (Invalid, Silence) as error:
            # An older server refuses the parameters, or ignores them and falls silent.
            log.debug("no streaming list", kind=str(self.resource), because=str(error))
        self._streaming = False
        return ""

    async def _list_by_pages(self, found: dict[ObjectKey, T]) -> str:
        """Raises `Gone` when a continue token expires."""
        continue_token = ""
        while True:
            page = await self._client.page(self.resource, self.select, continue_token)
            with gc_paused():
                for number, raw in enumerate(page.items or ()):
                    match self._reader.object(raw):
                        case Unreadable() as unreadable:
                            self._collect_unreadable(unreadable, found)
                        case obj:
                            self._collect(obj, found)
                    await _breathe(number)
            continue_token = page.metadata.continue_token
            if not continue_token:
                return page.metadata.resource_version

    def _collect(self, obj: T, found: dict[ObjectKey, T]) -> None:
        """Adds one listed object, as it is in the store already if it has not changed since."""
        key = key_of(obj)
        known = self.store.get(key)
        if known is None:
            obj = self._sharing.share(obj)
        elif known.metadata.resource_version == obj.metadata.resource_version:
            obj = known
        found[key] = obj

    def _collect_unreadable(self, unreadable: Unreadable, found: dict[ObjectKey, T]) -> None:
        """Keeps the last good state of one listed object, unless it has gone meanwhile."""
        self._report(unreadable)
        known = self.store.get(unreadable.key)
        if unreadable.deleted:
            found.pop(unreadable.key, None)
        elif known is not None:
            found[unreadable.key] = known

    async def _replace(self, found: Mapping[ObjectKey, T]) -> None:
        """Makes the store hold what was found, and tells the difference."""
        initial = not self.synced.is_set()
        for number, key in enumerate(sorted(self.store.keys() - found.keys())):
            self._remove(key, None)
            await _breathe(number)
        for number, obj in enumerate(found.values()):
            self._put(obj, initial=initial)
            await _breathe(number)

    # Watching

    async def _watch(self) -> None:
        """Follows the changes until the server ends the watch."""
        self._phase = Phase.WATCHING
        self._watches += 1
        events, started = self._events, anyio.current_time()
        parameters = {
            "resourceVersion": self._resource_version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": _watch_seconds(),
        }
        async with self._client.watch(self.resource, self.select, parameters, SILENCE) as lines:
            self._last_error = ""
            self._outage.resumed(str(self.resource))
            async for line in lines:
                self._follow(self._reader.event(line))
        if self._events == events and anyio.current_time() - started < SHORTEST_WATCH:
            raise Unavailable(f"the server ends each watch of {self.resource} at once")

    def _follow(self, event: Event[T]) -> None:
        match event:
            case Present(object=obj):
                self._put(obj, initial=False)
                version = obj.metadata.resource_version
            case Deleted(object=obj):
                self._remove(key_of(obj), obj)
                version = obj.metadata.resource_version
            case Unreadable(key=key, resource_version=version):
                self._report(event)
                if event.deleted:
                    self._remove(key, None)
            case Bookmark(resource_version=version):
                self._resource_version = version
                return
            case Failure(error=error):
                if not isinstance(error, Throttled):
                    self._resource_version = ""
                raise error
            case _:
                assert_never(event)
        self._events += 1
        self._resource_version = version

    # What both have in common

    def _put(self, obj: T, *, initial: bool) -> None:
        key = key_of(obj)
        old = self.store.get(key)
        if old is None:
            self.store.put(obj)
            self._notify(Change("added", obj, initial=initial))
        elif old.metadata.uid != obj.metadata.uid:
            # Deleted and made anew while nobody watched: what belonged to the old one must go.
            self._remove(key, None)
            self._put(obj, initial=initial)
        elif old.metadata.resource_version != obj.metadata.resource_version:
            self.store.put(reuse(obj, old))
            self._notify(Change("updated", obj, old))

    def _remove(self, key: ObjectKey, last: T | None) -> None:
        """`last` is the state at deletion, where it is known."""
        old = self.store.remove(key)
        if old is not None:
            self._notify(Change("deleted", last or old, old, final=last is not None))

    def _notify(self, change: Change[T]) -> None:
        for handler in self._handlers:
            self._tell(handler, change)

    def _tell(self, handler: Handler[T], change: Change[T]) -> None:
        try:
            handler(change)
        except Exception:
            log.exception("handler failed", kind=str(self.resource), object=str(change.key), change=change.type)

    def _report(self, unreadable: Unreadable) -> None:
        self._undecodable += 1
        log.error("cannot read object", kind=str(self.resource), object=str(unreadable.key), error=unreadable.reason)

    async def _pause(self, error: AlbcError) -> None:
        """Waits before the next attempt, the longer the more often it was needed of late."""
        match error:
            case NotFound():
                phase = Phase.ABSENT
                if self.optional:
                    self.synced.set()
            case Forbidden():
                phase = Phase.FORBIDDEN
            case _:
                phase = Phase.WAITING
        if isinstance(error, Unavailable | Gone):
            self._outage.interrupted(str(self.resource), error)
        else:
            self._outage.resumed(str(self.resource))
        if (phase, str(error)) != (self._phase, self._last_error):
            match error:
                case Unavailable() | Gone():  # the outage is told as one
                    level = log.debug
                case NotFound():
                    level = log.info
                case _:
                    level = log.warning
            level("cannot list or watch", kind=str(self.resource), phase=phase.value, error=str(error))
        self._phase, self._last_error = phase, str(error)
        now = anyio.current_time()
        if now - self._last_fault > HEALTHY_AFTER:
            self._delay = FIRST_DELAY
        wanted = (error.retry_after or 0.0) if isinstance(error, Unavailable) else 0.0
        seconds = wanted + random.uniform(0, self._delay)  # noqa: S311 - jitter is no secret
        if isinstance(error, Unavailable) and not wanted:
            await self._outage.pause(str(self.resource), seconds)
        else:
            await anyio.sleep(seconds)
        self._delay = min(2 * self._delay, LONGEST_DELAY)
        self._last_fault = anyio.current_time()


def _watch_seconds() -> str:
    return str(round(random.uniform(*WATCH_SECONDS)))  # noqa: S311 - jitter is no secret


async def _breathe(number: int) -> None:
    """Lets the event loop look after others, once in `CHUNK` objects."""
    if number % CHUNK == CHUNK - 1:
        await anyio.lowlevel.checkpoint()

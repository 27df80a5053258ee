"""Where the objects are: versions, order and history.

* An object is its JSON, as bytes. Whoever reads one gets a fresh copy that is theirs to change.
* Every write gets the next resourceVersion of one counter for all resources, and is an event in its resource's log.
* `Log.since` gives the events after a version in order, or says that the history no longer reaches so far back.
* `Collection.at` gives the objects as they were at a version within the history (pages of one list are consistent).
* Writes are synchronous: between two awaits of one task nothing else changes.

Called by `api` (which knows what a write means) and by `watch`. Knows nothing of kinds, validation or HTTP.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import anyio
import msgspec

EventType = Literal["ADDED", "MODIFIED", "DELETED"]


class Key(NamedTuple):
    """An object's place within its resource; the namespace is empty for cluster-scoped ones."""

    namespace: str
    name: str


class StorageName(NamedTuple):
    """Under which group and plural a resource is stored; all its versions share it."""

    group: str
    plural: str


class Missing(Exception):
    """The object is not there."""


class Exists(Exception):
    """The key is taken."""


class Stale(Exception):
    """The object has another version than the writer expected."""


class HistoryLost(Exception):
    """The log no longer reaches back to the version; `oldest` is the first that it could serve."""

    def __init__(self, oldest: int) -> None:
        super().__init__(oldest)
        self.oldest = oldest


_encoder = msgspec.json.Encoder()
encode = _encoder.encode
decode = msgspec.json.Decoder().decode


_buffer = bytearray()


def compact(value: Any) -> bytes:
    """JSON that will be kept: `encode` leaves up to half as much again allocated behind its result."""
    _encoder.encode_into(value, _buffer)
    return bytes(_buffer)


def copy(value: Any) -> Any:
    """A deep copy of a JSON value."""
    return decode(encode(value))


class Stored:
    """One version of one object. `fields` are the values that field selectors may ask for."""

    __slots__ = ("fields", "key", "labels", "raw", "revision")

    def __init__(
        self, key: Key, revision: int, raw: bytes, labels: Mapping[str, str], fields: Mapping[str, str]
    ) -> None:
        self.key = key
        self.revision = revision
        self.raw = raw
        self.labels = labels
        self.fields = fields

    def object(self) -> dict[str, Any]:
        """A fresh copy, the caller's to change."""
        result: dict[str, Any] = decode(self.raw)
        return result


class Event:
    """One change. `previous` is what was there before, `stored` what is there now (for DELETED: what went)."""

    __slots__ = ("previous", "stored", "type")

    def __init__(self, type: EventType, stored: Stored, previous: Stored | None) -> None:
        self.type = type
        self.stored = stored
        self.previous = previous

    @property
    def revision(self) -> int:
        return self.stored.revision


class Log:
    """The last changes of one resource, and a signal for the next one."""

    def __init__(self, window: int, start: int) -> None:
        self._window = window
        self._events: list[Event] = []
        self.oldest = start
        """Watches may start at this version or later."""
        self.changed = anyio.Event()
        """Set at the next change, and then replaced by a new one."""

    def append(self, event: Event) -> None:
        self._events.append(event)
        if len(self._events) > self._window + self._window // 4:
            self.forget(keep=self._window)
        self.signal()

    def signal(self) -> None:
        """Wakes everyone who waits for `changed`."""
        self.changed.set()
        self.changed = anyio.Event()

    def forget(self, *, keep: int = 0) -> None:
        """Drops all but the last `keep` events."""
        cut = len(self._events) - keep
        if cut > 0:
            self.oldest = self._events[cut - 1].revision
            del self._events[:cut]

    def forget_before(self, revision: int) -> None:
        """Drops every event, and refuses watches from before `revision`."""
        self._events.clear()
        self.oldest = revision

    def since(self, revision: int) -> list[Event]:
        """The changes after `revision`. Raises HistoryLost."""
        if revision < self.oldest:
            raise HistoryLost(self.oldest)
        if not self._events or self._events[-1].revision <= revision:
            return []  # the usual answer: a watcher that has seen everything
        return self._events[bisect_left(self._events, revision + 1, key=lambda event: event.revision) :]


@dataclass(frozen=True, slots=True)
class Indexing:
    """How a resource's objects are made findable: the field selectors' values from an object."""

    fields: Callable[[Mapping[str, Any]], Mapping[str, str]]


class Collection:
    """The objects of one resource."""

    def __init__(self, log: Log, indexing: Indexing) -> None:
        self.log = log
        self.indexing = indexing
        self._objects: dict[Key, Stored] = {}
        self._keys: list[Key] = []

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, key: Key) -> Stored | None:
        return self._objects.get(key)

    def values(self, namespace: str = "") -> list[Stored]:
        """All objects, or those of one namespace, ordered by namespace and name."""
        keys = self._keys
        if namespace:
            first = bisect_left(keys, Key(namespace, ""))
            last = bisect_left(keys, Key(namespace + "\0", ""))
            keys = keys[first:last]
        objects = self._objects
        return [objects[key] for key in keys]

    def at(self, revision: int) -> list[Stored]:
        """All objects as they were at `revision`, ordered. Raises HistoryLost."""
        later = self.log.since(revision)
        if not later:
            return self.values()
        objects = dict(self._objects)
        for event in reversed(later):
            if event.previous is None:
                objects.pop(event.stored.key, None)
            else:
                objects[event.previous.key] = event.previous
        return [objects[key] for key in sorted(objects)]

    def _put(self, stored: Stored) -> None:
        if stored.key not in self._objects:
            insort(self._keys, stored.key)
        self._objects[stored.key] = stored

    def _drop(self, key: Key) -> None:
        del self._objects[key]
        del self._keys[bisect_left(self._keys, key)]


class Store:
    """Every resource's collection and the counter of versions."""

    def __init__(self, *, window: int = 2000) -> None:
        self._window = window
        self._collections: dict[StorageName, Collection] = {}
        self.revision = 1
        self.listeners: list[Callable[[StorageName, Event], None]] = []
        """Called with every change, right after it; they must be quick and write nothing."""

    def __iter__(self) -> Iterator[StorageName]:
        return iter(list(self._collections))

    def open(self, name: StorageName, indexing: Indexing) -> Collection:
        """The collection of that name, made if it is new; a new `indexing` holds for later writes."""
        found = self._collections.get(name)
        if found is None:
            found = self._collections[name] = Collection(Log(self._window, self.revision), indexing)
        found.indexing = indexing
        return found

    def collection(self, name: StorageName) -> Collection:
        """The collection of a resource that is served. Raises KeyError."""
        return self._collections[name]

    def close(self, name: StorageName) -> None:
        """Drops a collection and all its objects without events."""
        self._collections.pop(name, None)

    def create(self, name: StorageName, key: Key, obj: dict[str, Any]) -> Stored:
        """Adds an object. Raises Exists."""
        collection = self._collections[name]
        if collection.get(key) is not None:
            raise Exists
        return self._write("ADDED", name, key, obj, None)

    def update(self, name: StorageName, key: Key, obj: dict[str, Any], *, expected: int) -> Stored:
        """Replaces the object of version `expected`. Raises Missing, Stale."""
        collection = self._collections[name]
        return self._write("MODIFIED", name, key, obj, _at_version(collection, key, expected))

    def delete(self, name: StorageName, key: Key, *, expected: int) -> Stored:
        """Removes the object of version `expected` and gives its last form. Raises Missing, Stale."""
        collection = self._collections[name]
        previous = _at_version(collection, key, expected)
        return self._write("DELETED", name, key, previous.object(), previous)

    def _write(
        self, type: EventType, name: StorageName, key: Key, obj: dict[str, Any], previous: Stored | None
    ) -> Stored:
        collection = self._collections[name]
        self.revision += 1
        metadata = obj["metadata"]
        metadata["resourceVersion"] = str(self.revision)
        labels = _shared(metadata.get("labels") or {})
        stored = Stored(key, self.revision, compact(obj), labels, _shared(collection.indexing.fields(obj)))
        if type == "DELETED":
            collection._drop(key)
        else:
            collection._put(stored)
        event = Event(type, stored, previous)
        collection.log.append(event)
        for listener in self.listeners:
            listener(name, event)
        return stored

    def forget_history(self) -> None:
        """What a restart of the API server does: every watch from before now gets a 410."""
        self.revision += 1
        for collection in self._collections.values():
            collection.log.forget_before(self.revision)


def _shared(texts: Mapping[str, str]) -> Mapping[str, str]:
    """The same mapping, its texts held once for all objects that have them."""
    return {sys.intern(name): sys.intern(value) for name, value in texts.items()}


def _at_version(collection: Collection, key: Key, expected: int) -> Stored:
    found = collection.get(key)
    if found is None:
        raise Missing
    if found.revision != expected:
        raise Stale
    return found

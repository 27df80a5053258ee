"""Watches: a resource's changes as a stream, from a version on or from what is there now.

A watcher is a cursor in the resource's log: objects are encoded once for all, and a slow watcher costs nothing but its
place. `Watch` yields what to send; `server` sends it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import anyio

from albc.local.kubernetes import errors
from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.registry import Resource
from albc.local.kubernetes.selectors import Selection
from albc.local.kubernetes.store import Event, EventType, HistoryLost, Store, Stored, encode

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
Render = Callable[[Stored], bytes]


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """The query parameters of the same names; `timeout` in seconds."""

    resource_version: str = ""
    timeout: float = 3600.0
    bookmarks: bool = False
    send_initial_events: bool | None = None
    resource_version_match: str = ""

    def check(self) -> None:
        """Raises ApiError 422."""
        match = self.resource_version_match
        faults = []
        if self.send_initial_events is not None and match != "NotOlderThan":
            text = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            faults.append(FieldError("FieldValueForbidden", "resourceVersionMatch", text))
        if self.send_initial_events is None and match:
            text = "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            faults.append(FieldError("FieldValueForbidden", "resourceVersionMatch", text))
        if self.send_initial_events and not self.bookmarks:
            text = "Forbidden: sendInitialEvents requires setting allowWatchBookmarks to true"
            faults.append(FieldError("FieldValueForbidden", "sendInitialEvents", text))
        if faults:
            raise errors.invalid("ListOptions", "meta.k8s.io", "", faults)


class Watch:
    """One watcher of one resource."""

    def __init__(
        self, store: Store, resource: Resource, selection: Selection, options: WatchOptions, bookmark_interval: float
    ) -> None:
        self._store = store
        self._resource = resource
        self._selection = selection
        self._options = options
        self._bookmark_interval = bookmark_interval
        self._collection = store.collection(resource.storage)

    def lines(self, render: Render | None = None) -> AsyncIterator[bytes]:
        """Chunks of the stream, each of whole lines, until the time is over. Raises ApiError at once, or never.

        `render` writes an object in the form that the watcher asked for; None: as it is stored.
        """
        cursor, initial = self._start()
        return self._run(cursor, initial, render)

    async def _run(self, cursor: int, initial: list[Stored], render: Render | None) -> AsyncIterator[bytes]:
        log = self._collection.log
        if cursor < log.oldest:
            yield self._gone(cursor, log.oldest)
            return
        if initial:
            yield b"".join(_line("ADDED", (render or _raw)(stored)) for stored in initial)
        if self._options.send_initial_events and self._options.bookmarks:
            yield self._bookmark(cursor, initial_end=True)
        now = time.monotonic()
        end = now + self._options.timeout
        bookmark = now + self._bookmark_interval if self._options.bookmarks else end
        while now < end:
            try:
                events = log.since(cursor)
            except HistoryLost as lost:
                yield self._gone(cursor, lost.oldest)
                return
            if events:
                cursor = events[-1].revision
                chunk = b"".join(line for event in events if (line := self._event(event, render)))
                if chunk:
                    yield chunk
                now = time.monotonic()
                continue
            with anyio.move_on_after(min(end, bookmark) - now):
                await log.changed.wait()
            now = time.monotonic()
            if bookmark <= now < end:
                cursor = max(cursor, self._store.revision)
                yield self._bookmark(cursor)
                bookmark = now + self._bookmark_interval

    def _start(self) -> tuple[int, list[Stored]]:
        """From where on, and what to send first."""
        asked = self._options.resource_version
        revision = int(asked) if asked else 0
        if revision > self._store.revision:
            raise errors.too_large_version(revision, self._store.revision)
        wants_initial = self._options.send_initial_events
        if wants_initial is None:
            wants_initial = revision == 0
        if not wants_initial:
            return revision or self._store.revision, []
        items = self._collection.values(self._selection.namespace)
        return self._store.revision, [item for item in items if self._selection.matches(item)]

    def _event(self, event: Event, render: Render | None) -> bytes:
        """The event as this watcher sees it: objects come and go as they begin and cease to fit its selectors."""
        selection = self._selection
        if selection.namespace and event.stored.key.namespace != selection.namespace:
            return b""
        if not selection.filters:
            return _line(event.type, (render or _raw)(event.stored))
        fits = event.type != "DELETED" and selection.matches(event.stored)
        fitted = event.previous is not None and selection.matches(event.previous)
        if not fits and not fitted:
            return b""
        seen: EventType = "MODIFIED" if fits and fitted else "ADDED" if fits else "DELETED"
        shown = event.stored
        if seen == "DELETED" and event.type != "DELETED" and event.previous is not None:
            shown = _at_revision(event.previous, event.revision)
        return _line(seen, (render or _raw)(shown))

    def _bookmark(self, revision: int, *, initial_end: bool = False) -> bytes:
        metadata: dict[str, object] = {"resourceVersion": str(revision), "creationTimestamp": None}
        if initial_end:
            metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
        obj = {"kind": self._resource.kind, "apiVersion": self._resource.api_version, "metadata": metadata}
        return _line("BOOKMARK", encode(obj))

    def _gone(self, asked: int, oldest: int) -> bytes:
        return _line("ERROR", encode(errors.too_old(asked, oldest).status()))


def _raw(stored: Stored) -> bytes:
    return stored.raw


def _at_revision(stored: Stored, revision: int) -> Stored:
    """The object as it was, with the version of the change by which it left the selection."""
    obj = stored.object()
    obj["metadata"]["resourceVersion"] = str(revision)
    return Stored(stored.key, revision, encode(obj), stored.labels, stored.fields)


def _line(type: str, obj: bytes) -> bytes:
    return b'{"type":"%s","object":%s}\n' % (type.encode(), obj)

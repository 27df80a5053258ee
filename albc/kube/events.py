"""Events on objects, for people who look at them with `kubectl describe` (spec/runtime.md §14).

* The same event again raises the count of the first; more than ten different messages of one reason within ten minutes
  become one event, `(combined from similar events): …`.
* One object gets 25 events of a component at once, and one more every five minutes.
* Recording never waits and never fails: events that cannot be written soon are dropped, with a line in the log.

Controllers call `EventRecorder.record`; `run` writes in the background, through `albc.kube.client`.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

import anyio
import structlog

from albc.errors import AlbcError, NotFound, Unavailable
from albc.kube.client import Client
from albc.kube.objects.meta import KubeObject
from albc.kube.patches import MergePatch
from albc.kube.resource import Resource

log = structlog.stdlib.get_logger("kube.events")

EVENTS: Final = Resource("", "v1", "Event", "events", True, KubeObject)

SIMILAR: Final = 10
"""Different messages of one object, type and reason, from which on they are combined."""
SIMILAR_FOR: Final = 600.0
"""Seconds without a further one after which they count anew."""
BURST: Final = 25
REFILL: Final = 300.0
"""Seconds in which an object may have one more event."""
REMEMBERED: Final = 4096
"""Objects, and events, that are remembered; the oldest are forgotten first."""
BACKLOG: Final = 1000
"""Events that may wait to be written."""
ATTEMPTS: Final = 3
RETRY_AFTER: Final = 5.0

EventType = Literal["Normal", "Warning"]


class Metadata(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def uid(self) -> str: ...
    @property
    def resource_version(self) -> str: ...


class HasMetadata(Protocol):
    @property
    def metadata(self) -> Metadata: ...


@dataclass(frozen=True, slots=True)
class Regarding:
    """The object that an event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str = ""
    resource_version: str = field(default="", compare=False)

    @classmethod
    def of(cls, resource: Resource[Any], obj: HasMetadata) -> "Regarding":
        metadata = obj.metadata
        return cls(
            resource.api_version,
            resource.kind,
            metadata.namespace,
            metadata.name,
            metadata.uid,
            metadata.resource_version,
        )


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, and how often."""

    component: str
    """Name of the controller that says so."""
    regarding: Regarding
    type: EventType
    reason: str
    message: str
    first_seen: float
    """Unix seconds."""
    last_seen: float
    count: int = 1
    name: str = ""
    """Of the Event object that exists already, if there is one."""


K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Recent(OrderedDict[K, V], Generic[K, V]):
    """Forgets what was set longest ago."""

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > REMEMBERED:
            self.popitem(last=False)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Correlator:
    """Decides which events are written, and as what. No I/O; every method is told the time in Unix seconds."""

    def __init__(self) -> None:
        self._messages: _Recent[Hashable, tuple[float, set[str]]] = _Recent()
        """When each object, type and reason was last seen, and with which messages."""
        self._written: _Recent[Hashable, Event] = _Recent()
        self._buckets: _Recent[Hashable, _Bucket] = _Recent()

    def correlate(self, event: Event) -> Event | None:
        """The event to write: with a `name` it is that object's new state, else a new object. None: write nothing."""
        event, key = self._combine(event)
        if (known := self._written.get(key)) is not None:
            event = replace(event, name=known.name, first_seen=known.first_seen, count=known.count + 1)
        self._written[key] = event
        return event if self._may_pass(event) else None

    def written(self, event: Event, name: str) -> None:
        """`event` exists under that name now."""
        self._written[self._key(event)] = replace(event, name=name)

    def _combine(self, event: Event) -> tuple[Event, Hashable]:
        kind = (event.component, event.regarding, event.type, event.reason)
        last, messages = self._messages.get(kind, (event.last_seen, set()))
        if event.last_seen - last > SIMILAR_FOR:
            messages = set()
        messages.add(event.message)
        self._messages[kind] = (event.last_seen, messages)
        if len(messages) < SIMILAR:
            return event, self._key(event)
        messages.pop()
        return replace(event, message=f"(combined from similar events): {event.message}"), kind

    def _key(self, event: Event) -> Hashable:
        return (event.component, event.regarding, event.type, event.reason, event.message)

    def _may_pass(self, event: Event) -> bool:
        key = (event.component, event.regarding)
        bucket = self._buckets.get(key) or _Bucket(BURST, event.last_seen)
        bucket.tokens = min(BURST, bucket.tokens + (event.last_seen - bucket.filled_at) / REFILL)
        bucket.filled_at = event.last_seen
        self._buckets[key] = bucket
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

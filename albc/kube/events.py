"""Events on objects, for people who look at them with `kubectl describe` (spec/runtime.md §14).

* The same event again raises the count of the first; more than ten different messages of one reason within ten minutes
  become one event, `(combined from similar events): …`.
* One object gets 25 events of a component at once, and one more every five minutes.
* Recording never waits and never fails: events that cannot be written soon are dropped, with a line in the log.

Controllers call `EventRecorder.record`; `run` writes in the background, through `albc.kube.client`.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

import anyio
import structlog

from albc.errors import AlbcError, NotFound, NotLeader, Unavailable
from albc.kube.client import Client
from albc.kube.objects.meta import KubeObject
from albc.kube.patches import MergePatch
from albc.kube.resource import Resource
from albc.printable import printable

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
LONGEST_MESSAGE: Final = 1024
"""Characters, as in the newer API of events; a message may cite an annotation of 256 KB."""
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
    """Decides which events are written, and as what. Pure but for its memory: the time is that of the events."""

    def __init__(self) -> None:
        self._messages: _Recent[Hashable, tuple[float, set[str]]] = _Recent()
        """When each object, type and reason was last seen, and with which messages."""
        self._known: _Recent[Hashable, Event] = _Recent()
        self._buckets: _Recent[Hashable, _Bucket] = _Recent()

    def correlate(self, event: Event) -> tuple[Hashable, Event] | None:
        """The event to write, and under which key it is known: with a `name` it is the new state of that Event object,
        else a new object. None: write nothing."""
        key, event = self._combine(event)
        if (known := self._known.get(key)) is not None:
            event = replace(event, name=known.name, first_seen=known.first_seen, count=known.count + 1)
        self._known[key] = event
        return (key, event) if self._may_pass(event) else None

    def written(self, key: Hashable, event: Event, name: str) -> None:
        """`event` is there as an Event object of that name."""
        if (known := self._known.get(key)) is not None:
            self._known[key] = replace(known, name=name)

    def _combine(self, event: Event) -> tuple[Hashable, Event]:
        similar = (event.component, event.regarding, event.type, event.reason)
        last, messages = self._messages.get(similar, (event.last_seen, set[str]()))
        if event.last_seen - last > SIMILAR_FOR:
            messages = set()
        messages.add(event.message)
        if len(messages) < SIMILAR:
            self._messages[similar] = (event.last_seen, messages)
            return (*similar, event.message), event
        messages.discard(event.message)
        self._messages[similar] = (event.last_seen, messages)
        return similar, replace(event, message=f"(combined from similar events): {event.message}")

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


class EventRecorder:
    """See the head of this module. One for the process."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives Unix seconds."""
        self._client = client
        self._clock = clock
        self._correlator = Correlator()
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(BACKLOG)

    def record(self, component: str, regarding: Regarding, type_: EventType, reason: str, message: str) -> None:
        """`component` is the controller's name, `reason` CamelCase, `message` one sentence for a person."""
        now, message = self._clock(), printable(message, LONGEST_MESSAGE)
        try:
            self._waiting.put_nowait(Event(component, regarding, type_, reason, message, now, now))
        except asyncio.QueueFull:
            log.warning("event dropped, too many wait", reason=reason, object=regarding.name)

    async def run(self) -> None:
        """Writes events until cancelled."""
        while True:
            await self._pass_on(await self._waiting.get())

    async def drain(self) -> None:
        """Writes what waits, for the end, when `run` is cancelled."""
        while not self._waiting.empty():
            await self._pass_on(self._waiting.get_nowait())

    async def _pass_on(self, event: Event) -> None:
        if (found := self._correlator.correlate(event)) is not None:
            await self._write(*found)

    async def _write(self, key: Hashable, event: Event) -> None:
        for attempts_left in reversed(range(ATTEMPTS)):
            try:
                self._correlator.written(key, event, await self._put(event))
            except Unavailable as error:
                if attempts_left:
                    await anyio.sleep(RETRY_AFTER)
                    continue
                log.warning("event dropped", reason=event.reason, object=event.regarding.name, error=str(error))
            except NotLeader:
                log.debug("event left to the leader", reason=event.reason, object=event.regarding.name)
            except AlbcError as error:
                log.warning("event dropped", reason=event.reason, object=event.regarding.name, error=str(error))
            return

    async def _put(self, event: Event) -> str:
        """Raises the count of an Event object, or makes one. Its name."""
        namespace = _namespace_of(event)
        if event.name:
            changes = {"count": event.count, "lastTimestamp": _rfc3339(event.last_seen), "message": event.message}
            try:
                await self._client.patch(EVENTS, event.name, MergePatch(changes), namespace)
            except NotFound:
                pass  # Events expire after an hour: begin a new one.
            else:
                return event.name
        name = f"{event.regarding.name}.{round(event.last_seen * 1e9):x}"
        await self._client.create(EVENTS, _body(event, name), namespace)
        return name


def _namespace_of(event: Event) -> str:
    """Events about cluster-scoped objects live in `default`."""
    return event.regarding.namespace or "default"


def _body(event: Event, name: str) -> Mapping[str, Any]:
    regarding = event.regarding
    reference = {
        "apiVersion": regarding.api_version,
        "kind": regarding.kind,
        "namespace": regarding.namespace,
        "name": regarding.name,
        "uid": regarding.uid,
        "resourceVersion": regarding.resource_version,
    }
    return {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.kind,
        "metadata": {"name": name, "namespace": _namespace_of(event)},
        "involvedObject": {field: value for field, value in reference.items() if value},
        "type": event.type,
        "reason": event.reason,
        "message": event.message,
        "source": {"component": event.component},
        "reportingComponent": event.component,
        "reportingInstance": "",
        "firstTimestamp": _rfc3339(event.first_seen),
        "lastTimestamp": _rfc3339(event.last_seen),
        "count": event.count,
    }


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Events about objects, as schedulers, kubelets and controllers leave them for `kubectl describe`.

Like client-go's recorder it is no burden to who speaks: `say` only takes note, a task of its own writes, at a limited
rate, and what comes faster for longer is lost. The same news again raises the count of the event that is there.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Literal

import anyio

from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.calls import timestamp
from albc.local.kubernetes.controllers.world import World
from albc.local.kubernetes.errors import ApiError
from albc.local.kubernetes.store import Key, StorageName

EVENTS = StorageName("", "events")
_WAITING = 1000
_BURST = 200
_SECONDS_EACH = 0.02
_KEPT = 2000

Type = Literal["Normal", "Warning"]


@dataclass(frozen=True, slots=True)
class News:
    """What happened to an object: who says so (`component`, perhaps on a `host`), the reason in a word, a sentence."""

    component: str
    reason: str
    message: str
    type: Type = "Normal"
    host: str = ""
    container: str = ""
    """The container of the pod that it is about."""


class Recorder:
    """Writes events, in the background."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._notes: deque[tuple[Object, News]] = deque(maxlen=_WAITING)
        self._noted = anyio.Event()
        self._written: OrderedDict[tuple[str, News], Key] = OrderedDict()

    def say(self, about: Object, news: News) -> None:
        """Takes note; `about` as it is now."""
        self._notes.append((_reference(about, news.container), news))
        self._noted.set()

    async def run(self) -> None:
        """Writes what was noted, for ever."""
        credit, checked = float(_BURST), anyio.current_time()
        while True:
            self._noted = anyio.Event()
            while self._notes:
                now = anyio.current_time()
                credit, checked = min(_BURST, credit + (now - checked) / _SECONDS_EACH), now
                if credit < 1:
                    await anyio.sleep(_SECONDS_EACH)
                    continue
                credit -= 1
                try:
                    await self._write(*self._notes.popleft())
                except ApiError:
                    continue  # its namespace has gone: nobody will ask
            await self._noted.wait()

    async def _write(self, reference: Object, news: News) -> None:
        known = self._written.get((reference["uid"], news))
        if known is not None and self._world.get(EVENTS, known) is not None:
            await self._world.modify(EVENTS, known, _again)
            return
        name = f"{reference['name']}.{secrets.token_hex(8)}"
        now = timestamp()
        source = {"component": news.component, "host": news.host} if news.host else {"component": news.component}
        await self._world.create(
            EVENTS,
            reference["namespace"],
            {
                "metadata": {"name": name},
                "involvedObject": reference,
                "reason": news.reason,
                "message": news.message,
                "type": news.type,
                "source": source,
                "reportingComponent": news.component,
                "reportingInstance": news.host,
                "firstTimestamp": now,
                "lastTimestamp": now,
                "count": 1,
            },
        )
        self._written[reference["uid"], news] = Key(reference["namespace"], name)
        if len(self._written) > _KEPT:
            _, oldest = self._written.popitem(last=False)
            await self._world.delete(EVENTS, oldest)


def _again(event: Object) -> Object:
    return {**event, "count": event.get("count", 1) + 1, "lastTimestamp": timestamp()}


def _reference(obj: Object, container: str) -> Object:
    metadata = obj["metadata"]
    reference = {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }
    return {**reference, "fieldPath": f"spec.containers{{{container}}}"} if container else reference

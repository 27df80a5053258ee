"""An API server of Services and one Lease that fails in every way a real one does, at random but by a seed.

It restarts (all connections break, watch history is lost), cuts lines in the middle, falls silent, answers 401, 403,
404, 410, 429 with Retry-After and 503, expires continue tokens, and ends watches early. `calm` ends all of that.
"""

import asyncio
import json
import random
from typing import Any, Final

from aiohttp import web

OBJECTS: Final = 40
HISTORY: Final = 30
PAGE: Final = 7
NAMESPACE: Final = "shop"

REFUSALS: Final = ((0.05, 503), (0.08, 429), (0.10, 403), (0.12, 404), (0.14, 401))
"""Share of requests up to which each is answered."""
SLOW: Final = 0.16

Json = dict[str, Any]


class ChaoticServer:
    """The state that a cluster would have: objects by name, the history that watches see, and one lease."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.calm = False
        self.down = False
        self.objects: dict[str, Json] = {}
        self.lease: Json | None = None
        self.lease_down = False
        self.version = 1
        self._history: list[tuple[int, str, Json]] = []
        self._floor = 0
        """Watches from versions below are answered with 410."""
        self._snapshots: dict[int, list[Json]] = {}
        self._changed: set[asyncio.Event] = set()
        self._streaming = rng.random() < 0.5

    def versions(self) -> dict[str, str]:
        return {name: obj["metadata"]["resourceVersion"] for name, obj in self.objects.items()}

    def change(self) -> None:
        """Adds, edits or deletes one object."""
        name = f"service-{self.rng.randrange(OBJECTS)}"
        self.version += 1
        known = self.objects.get(name)
        uid = known["metadata"]["uid"] if known else f"uid-{self.version}"
        obj = {
            "metadata": {"name": name, "namespace": NAMESPACE, "uid": uid, "resourceVersion": str(self.version)},
        }
        if known and self.rng.random() < 0.4:
            del self.objects[name]
            kind = "DELETED"
        else:
            self.objects[name] = obj
            kind = "MODIFIED" if known else "ADDED"
        self._history.append((self.version, kind, obj))
        if len(self._history) > HISTORY:
            self._floor = self._history.pop(0)[0]
        self._tell()

    def stop(self) -> None:
        self.down = True
        self._tell()

    def start(self) -> None:
        self.down = False
        if self.rng.random() < 0.5:
            self._floor = self.version
            self._history.clear()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._answer(request)
        except ConnectionResetError:
            return web.Response()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        lease = "/leases" in request.path
        if self.down or (lease and self.lease_down):
            _cut(request)
        if not self.calm:
            chance = self.rng.random()
            for below, status in REFUSALS:
                if chance < below:
                    return _refusal(status)
            if chance < SLOW:
                await asyncio.sleep(self.rng.random() * 100)
        if lease:
            return await self._lease(request)
        return await self._watch(request) if "watch" in request.query else self._list(request)

    # Objects

    def _list(self, request: web.Request) -> web.Response:
        if token := request.query.get("continue"):
            version, start = map(int, token.split("-"))
            if version < self.version - 3 or version not in self._snapshots:
                return _refusal(410)
        else:
            version, start = self.version, 0
            self._snapshots = {version: [obj for _, obj in sorted(self.objects.items())]}
        items = self._snapshots[version]
        after = start + PAGE
        metadata = {"resourceVersion": str(version), "continue": f"{version}-{after}" if after < len(items) else ""}
        return web.json_response({"metadata": metadata, "items": items[start:after]})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        initial = "sendInitialEvents" in request.query
        version = int(request.query.get("resourceVersion") or 0)
        if initial and not self._streaming:
            return _refusal(422)
        if not initial and version < self._floor and self.rng.random() < 0.5:
            return _refusal(410)
        response = web.StreamResponse()
        await response.prepare(request)
        changed = asyncio.Event()
        self._changed.add(changed)
        try:
            if initial:
                version = self.version
                for obj in list(self.objects.values()):
                    await self._send(request, response, "ADDED", obj)
                await self._send(request, response, "BOOKMARK", _bookmark(version, initial_end=True))
            await self._follow(request, response, version, changed)
        finally:
            self._changed.discard(changed)
        return response

    async def _follow(
        self, request: web.Request, response: web.StreamResponse, version: int, changed: asyncio.Event
    ) -> None:
        while not self.down:
            changed.clear()
            if version < self._floor:
                await self._send(request, response, "ERROR", {"code": 410, "message": "too old"})
                return
            for now, kind, obj in [each for each in self._history if each[0] > version]:
                await self._send(request, response, kind, obj)
                version = now
            if not self.calm and self.rng.random() < 0.01:
                return
            try:
                await asyncio.wait_for(changed.wait(), 60)
            except TimeoutError:
                await self._send(request, response, "BOOKMARK", _bookmark(version))
        _cut(request)

    async def _send(self, request: web.Request, response: web.StreamResponse, kind: str, obj: Json) -> None:
        line = json.dumps({"type": kind, "object": obj}).encode() + b"\n"
        chance = 1.0 if self.calm else self.rng.random()
        if chance < 0.02:
            await response.write(line[: len(line) // 2 if chance < 0.01 else 0])
            _cut(request)
        if chance < 0.03:
            await asyncio.sleep(200)
        middle = self.rng.randrange(1, len(line))
        await response.write(line[:middle])
        await response.write(line[middle:])

    # The lease

    async def _lease(self, request: web.Request) -> web.Response:
        if request.method != "GET":
            body = await request.json()
            sent = body["metadata"].get("resourceVersion")
            if sent != (self.lease["metadata"]["resourceVersion"] if self.lease else None):
                return _refusal(409)
            self.version += 1
            metadata = {**body["metadata"], "resourceVersion": str(self.version)}
            self.lease = {"metadata": metadata, "spec": body["spec"]}
        return web.json_response(self.lease) if self.lease else _refusal(404)

    def _tell(self) -> None:
        for changed in self._changed:
            changed.set()


def _cut(request: web.Request) -> None:
    """Breaks the connection, without an answer or in the middle of one."""
    if request.transport is not None:
        request.transport.close()
    raise ConnectionResetError


def _refusal(status: int) -> web.Response:
    headers = {"Retry-After": "2"} if status == 429 else {}
    return web.json_response({"kind": "Status", "code": status, "message": "no"}, status=status, headers=headers)


def _bookmark(version: int, *, initial_end: bool = False) -> Json:
    annotations = {"annotations": {"k8s.io/initial-events-end": "true"}} if initial_end else {}
    return {"metadata": {"resourceVersion": str(version), **annotations}}

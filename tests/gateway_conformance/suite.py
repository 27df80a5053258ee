"""Words in which scenarios speak: what is asked through the data plane and what answers, and what statuses say."""

import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import anyio
import pytest
from world import KINDS, World
from yarl import URL

from albc.errors import NotFound
from albc.kube.client import Selection
from albc.kube.patches import MergePatch
from albc.local.demo.account import load_balancer
from albc.local.demo.kinds import hostname_of
from tests.gateway_conformance.objects import INFRA, Plain

WITHIN_SECONDS = 60.0
_ANY_CERTIFICATE = ssl.create_default_context()
_ANY_CERTIFICATE.check_hostname, _ANY_CERTIFICATE.verify_mode = False, ssl.CERT_NONE


@dataclass(frozen=True, slots=True)
class Request:
    path: str = "/"
    host: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    port: int = 80
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """`pod`, `seen` and the rest are what the backend says of itself and of the request."""

    status: int
    location: str = ""
    pod: str = ""
    namespace: str = ""
    seen: Mapping[str, Any] = field(default_factory=dict)


class Suite:
    """One local stack with the base applied, and clients for what stands behind its Gateways."""

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        """`session` keeps no connection open: each request may find another listener."""
        self.world = world
        self._session = session

    async def apply(self, *objects: Plain) -> None:
        await self.world.apply(*objects)

    # Requests

    async def place(self, gateway: str, port: int) -> tuple[str, int] | None:
        """Where a listener of a Gateway really answers; None while it does not."""
        try:
            arn = load_balancer(self.world.stack.account, hostname_of(await self.get("Gateway", gateway)))
        except (NotFound, KeyError, StopIteration):
            return None
        served = self.world.stack.data_plane.addresses().get(arn)
        places = {each.port: (each.real_host, each.real_port) for each in served.listeners} if served else {}
        return places.get(port)

    async def ask(self, gateway: str, request: Request) -> Reply | None:
        """None while nobody answers."""
        place = await self.place(gateway, request.port)
        return await self.ask_at(place, request) if place else None

    async def ask_at(self, place: tuple[str, int], request: Request) -> Reply | None:
        host, port = place
        scheme = "https" if request.tls else "http"
        url = URL(f"{scheme}://{host}:{port}{request.path}", encoded=True)
        sent = {"Host": request.host or "example.com", **request.headers}
        try:
            async with self._session.request(
                request.method,
                url,
                headers=sent,
                allow_redirects=False,
                ssl=_ANY_CERTIFICATE if request.tls else True,
                server_hostname=request.host if request.tls else None,
            ) as response:
                return _reply(response.status, response.headers.get("Location", ""), await response.text())
        except (OSError, aiohttp.ClientError):
            return None

    async def gets(self, gateway: str, request: Request, *, pod: str, namespace: str = INFRA, **seen: Any) -> None:
        """The request reaches this backend, which sees `seen` of it."""

        def right(reply: Reply) -> bool:
            return (
                reply.status == 200
                and reply.pod.startswith(pod + "-")
                and reply.namespace == namespace
                and all(reply.seen.get(key) == value for key, value in seen.items())
            )

        await self._eventually(gateway, request, right, f"{pod} sees {seen}" if seen else pod)

    async def answers(self, gateway: str, request: Request, status: int, location: str | None = None) -> None:
        """The load balancer itself, or a backend, answers with this status; and sends on to `location`, where given."""

        def right(reply: Reply) -> bool:
            return reply.status == status and location in (None, reply.location)

        await self._eventually(gateway, request, right, f"{status} {location or ''}")

    async def _eventually(self, gateway: str, request: Request, right: Callable[[Reply], bool], what: str) -> None:
        last: Reply | None = None
        with anyio.move_on_after(WITHIN_SECONDS):
            while True:
                last = await self.ask(gateway, request)
                if last is not None and right(last):
                    return
                await anyio.sleep(0.15)
        pytest.fail(f"{gateway} {request}: wanted {what}, got {last}")

    # Statuses

    async def get(self, kind: str, name: str, namespace: str = INFRA) -> Plain:
        return await self.world.get(kind, "" if kind == "GatewayClass" else namespace, name)

    async def pod_address(self, app: str) -> str:
        """Of some running Pod of that app."""
        pods = (await self.world.client.list(KINDS["Pod"], Selection(namespace=INFRA, labels=f"app={app}"))).items
        return str(next(pod["status"]["podIP"] for pod in pods if pod.get("status", {}).get("podIP")))

    async def patch_status(self, kind: str, name: str, status: Plain, namespace: str = INFRA) -> None:
        await self.world.client.patch_status(KINDS[kind], name, MergePatch({"status": status}), namespace)

    async def until(self, look: Callable[[], Awaitable[object]], what: str) -> None:
        await self.world.until(look, what)

    async def says(self, kind: str, name: str, namespace: str = INFRA, **conditions: str) -> None:
        """The object's conditions are, among others, these: `Accepted="True"`, `ResolvedRefs="False RefNotPermitted"`;
        all of its conditions are of its latest generation.
        """

        async def so() -> bool:
            obj = await self.get(kind, name, namespace)
            found = (obj.get("status") or {}).get("conditions") or []
            return _hold(found, conditions) and all(
                each.get("observedGeneration") == obj["metadata"]["generation"] for each in found
            )

        await self._status(so, kind, name, namespace, conditions)

    async def listener_says(
        self,
        gateway: str,
        listener: str,
        *,
        kind: str = "Gateway",
        namespace: str = INFRA,
        attached: int | None = None,
        kinds: list[str] | None = None,
        **conditions: str,
    ) -> None:
        """The same of a listener's conditions, its count of attached routes and the kinds of route that it takes."""

        async def so() -> bool:
            status = (await self.get(kind, gateway, namespace)).get("status") or {}
            [found] = [each for each in status.get("listeners") or () if each["name"] == listener] or [{}]
            return (
                _hold(found.get("conditions") or [], conditions)
                and attached in (None, found.get("attachedRoutes"))
                and kinds in (None, [each["kind"] for each in found.get("supportedKinds") or ()])
            )

        await self._status(so, kind, gateway, namespace, {"listener": listener, "attached": attached, **conditions})

    async def route_says(
        self, name: str, *, kind: str = "HTTPRoute", namespace: str = INFRA, parent: str = "", **conditions: str
    ) -> None:
        """The same of what a route is told about one of its parents, the first where none is named."""

        async def so() -> bool:
            status = (await self.get(kind, name, namespace)).get("status") or {}
            found = [
                each
                for each in status.get("parents") or ()
                if parent in ("", each["parentRef"]["name"], each["parentRef"].get("sectionName"))
            ]
            return bool(found) and _hold(found[0]["conditions"], conditions)

        await self._status(so, kind, name, namespace, conditions)

    async def _status(
        self, so: Callable[[], Awaitable[bool]], kind: str, name: str, namespace: str, wanted: Mapping[str, Any]
    ) -> None:
        with anyio.move_on_after(WITHIN_SECONDS):
            while not await so():  # noqa: ASYNC110 - another process does it, and tells nobody here
                await anyio.sleep(0.15)
            return
        status = (await self.get(kind, name, namespace)).get("status")
        pytest.fail(f"{kind} {name}: wanted {dict(wanted)}, says {json.dumps(status, indent=1)}")


def _hold(found: list[Plain], wanted: Mapping[str, str]) -> bool:
    told = {each["type"]: (each["status"], each["reason"]) for each in found}
    for type_, text in wanted.items():
        status, _, reason = text.partition(" ")
        if type_ not in told or told[type_][0] != status or reason not in ("", told[type_][1]):
            return False
    return True


def _reply(status: int, location: str, body: str) -> Reply:
    try:
        seen = json.loads(body)
    except ValueError:
        return Reply(status, location)
    return Reply(status, location, seen.get("pod", ""), seen.get("namespace", ""), seen)

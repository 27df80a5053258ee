"""The HTTP side: authentication, authorization, the paths that are no resources, errors, streams.

Calls `rest.Api` for resources, `discovery` and `openapi` for the rest. Every refusal leaves as a `Status` object.
Orders for faults (`orders`) are taken before the faults themselves have their say.
"""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import anyio
from aiohttp import web

from albc.local.kubernetes import discovery, errors, media, orders
from albc.local.kubernetes.auth.authentication import MASTERS, Authenticator
from albc.local.kubernetes.auth.rbac import Attributes, Authorizer
from albc.local.kubernetes.calls import User
from albc.local.kubernetes.errors import ApiError
from albc.local.kubernetes.faults import Faults
from albc.local.kubernetes.openapi import OPENAPI_V2_PROTOBUF, V2_IN_PROTOBUF, OpenApi
from albc.local.kubernetes.paths import RequestPath, parse_path, verb_of
from albc.local.kubernetes.registry import Registry
from albc.local.kubernetes.rest import Answer, Api, Call
from albc.local.kubernetes.store import encode

_log = logging.getLogger(__name__)
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
_HEALTH = ("/healthz", "/livez", "/readyz")


class ApiServer:
    """Handles every request that reaches the cluster's port."""

    def __init__(
        self,
        api: Api,
        registry: Registry,
        authenticator: Authenticator,
        authorizer: Authorizer,
        faults: Faults,
        obey: Callable[[orders.Order], None],
    ) -> None:
        self._api = api
        self._registry = registry
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._faults = faults
        self._obey = obey
        self._openapi = OpenApi(registry)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        try:
            if request.path == orders.PATH:
                return await self._take_order(request)
            await self._faults.before_answer()
            return await self._answer(request)
        except ApiError as refusal:
            return _refused(refusal)
        except (ConnectionError, anyio.get_cancelled_exc_class()):
            raise
        except Exception:
            _log.exception("the embedded API server failed on %s %s", request.method, request.path)
            return _refused(errors.internal("see the log of the embedded API server"))

    def _caller(self, request: web.BaseRequest) -> User:
        tls: ssl.SSLObject | None = request.transport.get_extra_info("ssl_object") if request.transport else None
        return self._authenticator.identify(request.headers, tls)

    async def _take_order(self, request: web.BaseRequest) -> web.StreamResponse:
        user = self._caller(request)
        if MASTERS not in user.groups:
            raise errors.forbidden("", "", "", f'User "{user.name}" cannot order faults: {MASTERS} may')
        if request.method != "POST":
            raise errors.method_not_allowed()
        try:
            order = orders.read(await request.read())
        except ValueError as fault:
            raise errors.bad_request(str(fault)) from None
        self._obey(order)
        return web.Response(status=204)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        user = self._caller(request)
        path = parse_path(request.path)
        query: Mapping[str, str] = request.query
        if path is None or not path.resource:
            wanted = Attributes(request.method.lower(), path=request.path)
        else:
            watch = query.get("watch") in ("true", "1")
            verb = verb_of(request.method, path, watch=watch)
            if not verb:
                raise errors.method_not_allowed()
            wanted = Attributes(verb, path.group, path.resource, path.subresource, path.namespace, path.name)
        if not self._authorizer.allows(user, wanted):
            if user.name == "system:anonymous" and not self._authorizer.enabled:
                raise errors.unauthorized()
            raise errors.forbidden(wanted.resource, wanted.group, wanted.name, wanted.refusal(user))
        if path is None or not path.resource:
            return self._document(request, path)
        call = Call(
            path=path,
            verb=wanted.verb,
            user=user,
            query=query,
            accept=request.headers.get("Accept", ""),
            content_type=request.headers.get("Content-Type", ""),
            agent=request.headers.get("User-Agent", ""),
            body=await request.read() if request.can_read_body else b"",
        )
        answer = await self._api.answer(call)
        if answer.stream is not None:
            return await self._stream(request, answer.stream)
        return _sent(answer)

    async def _stream(self, request: web.BaseRequest, lines: AsyncIterator[bytes]) -> web.StreamResponse:
        """Sends a watch until it ends, the client leaves, or a fault cuts it."""
        response = web.StreamResponse(headers={"Content-Type": media.JSON, "Cache-Control": "no-cache, private"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        transport = request.transport
        if transport is None:
            return response
        self._faults.streams.add(transport)
        try:
            async for chunk in lines:
                await self._faults.before_event()
                await response.write(chunk)
        except ConnectionError:
            pass  # the client has left, or a fault has cut the stream: nobody is there to be told
        finally:
            self._faults.streams.discard(transport)
        return response

    # -- what is no resource ---------------------------------------------------------------------------------------

    def _document(self, request: web.BaseRequest, path: RequestPath | None) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            raise errors.method_not_allowed()
        where = request.path.rstrip("/") or "/"
        for health in _HEALTH:
            if where == health or where.startswith(health + "/"):
                return web.Response(text="ok")
        accept = request.headers.get("Accept", "")
        documents: dict[str, Callable[[], Any]] = {
            "/version": lambda: discovery.VERSION,
            "/": lambda: {"paths": ["/api", "/apis", *_HEALTH, "/openapi/v2", "/openapi/v3", "/version"]},
            "/api": lambda: discovery.api_versions(request.host),
            "/apis": lambda: discovery.group_list(self._registry),
            "/openapi/v2": self._openapi.v2,
            "/openapi/v3": self._openapi.v3_index,
        }
        if where in ("/api", "/apis"):
            form = media.accepted(accept)
            if form.form == "APIGroupDiscoveryList":
                found = discovery.aggregated(self._registry, form.version, core=where == "/api")
                return _document(found, _AGGREGATED.format(form.version))
        if where == "/openapi/v2" and OPENAPI_V2_PROTOBUF in accept.replace("@", "."):
            return web.Response(body=V2_IN_PROTOBUF, headers={"Content-Type": OPENAPI_V2_PROTOBUF})
        make = documents.get(where)
        found = make() if make else self._found(where, path)
        if found is None:
            return web.Response(status=404, text="404 page not found\n")
        return _document(found, media.JSON)

    def _found(self, where: str, path: RequestPath | None) -> Any:
        parts = where.strip("/").split("/")
        if parts[:2] == ["openapi", "v3"]:
            return self._openapi.v3("/".join(parts[2:]))
        if len(parts) == 2 and parts[0] == "apis":
            return discovery.group(self._registry, parts[1])
        if path is not None:
            return discovery.resource_list(self._registry, path.group, path.version)
        return None


def _document(found: Any, content_type: str) -> web.Response:
    return web.Response(body=encode(found), headers={"Content-Type": content_type})


def _sent(answer: Answer) -> web.Response:
    response = web.Response(body=answer.body, status=answer.code, headers={"Content-Type": media.JSON})
    for text in answer.warnings:
        response.headers.add("Warning", f"299 - {json.dumps(text)}")
    return response


def _refused(refusal: ApiError) -> web.Response:
    response = web.Response(body=encode(refusal.status()), status=refusal.code, headers={"Content-Type": media.JSON})
    retry_after = refusal.details.get("retryAfterSeconds")
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response

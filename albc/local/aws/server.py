"""The account over HTTP, so that an unmodified AWS client works with `endpoint_url`.

Besides AWS's own requests it answers, for other processes and people, under `/_albc/`:

* `GET /_albc/calls[?writes=1][&since=N]`: the call log; `DELETE` clears it.
* `GET /_albc/faults`, `POST` (a rule, or a list of them, with the fields of `Fault`), `DELETE` (all).
* `GET /_albc/ca.pem`: the authority that signs ACM's certificates.

Whoever starts the local stack builds one `AwsServer`; it listens on loopback only.
"""

import ipaddress
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from itertools import count
from types import TracebackType
from typing import Any, Self

import anyio
import msgspec
import structlog
from aiohttp import web

from albc.local.aws.account import Account
from albc.local.aws.errors import ApiError, ConnectionDropped
from albc.local.aws.faults import Fault
from albc.local.aws.ids import uuid_id
from albc.local.aws.protocol import HttpAnswer, HttpRequest, Wire, route, wire_of
from albc.local.aws.protocol.wire import plain_error
from albc.local.aws.services import SERVICES
from albc.local.aws.services.sts import account_of

log = structlog.stdlib.get_logger("local.aws")

MAX_BODY = 16 * 2**20


class AwsServer:
    """Serves one account: `async with AwsServer(account) as server: … server.url`."""

    def __init__(self, account: Account, *, host: str = "127.0.0.1", port: int = 0) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"the local AWS account listens on loopback only, not on {host}")
        self._account = account
        self._host = host
        self._port = port
        self._requests = count(1)
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        """The endpoint, for `endpoint_url` and `AWS_ENDPOINT_URL`; valid inside the context."""
        return f"http://{self._host}:{self._port}"

    def environment(self) -> Mapping[str, str]:
        """What an AWS client needs in its environment to talk to the account."""
        return {
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": self._account.options.region,
            "AWS_ENDPOINT_URL": self.url,
        }

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_get("/_albc/calls", self._get_calls)
        app.router.add_delete("/_albc/calls", self._delete_calls)
        app.router.add_get("/_albc/faults", self._get_faults)
        app.router.add_post("/_albc/faults", self._post_faults)
        app.router.add_delete("/_albc/faults", self._delete_faults)
        app.router.add_get("/_albc/ca.pem", self._get_ca)
        app.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        try:
            site = web.TCPSite(runner, self._host, self._port)
            await site.start()
        except BaseException:
            await self._stack.aclose()
            raise
        self._port = runner.addresses[0][1]
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        request_id = uuid_id("request", next(self._requests))
        if latency := self._account.options.latency_seconds:
            await anyio.sleep(latency)
        received = HttpRequest(
            request.method, request.path, request.query_string, request.headers, await request.read()
        )
        try:
            answer = self._answer(received, request_id)
        except ConnectionDropped:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        response = web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)
        response.headers["x-amzn-RequestId"] = request_id
        return response

    def _answer(self, request: HttpRequest, request_id: str) -> HttpAnswer:
        try:
            service, operation = route(request)
        except ApiError as error:
            return plain_error(error)
        wire = wire_of(service)
        operation = operation or wire.operation_of(request)
        try:
            if operation not in SERVICES[service]:
                code = "UnknownOperationException" if wire.protocol == "json" else "InvalidAction"
                raise ApiError(code, f"the local account has no operation {operation!r} in {service}")
            params = self._parsed(wire, request, service, operation)
            account = self._account.of(_account_id(request) or self._account.options.account_id)
            return wire.answer(operation, account.call(service, operation, params), request_id)
        except ApiError as error:
            return wire.error(error, request_id)
        except ConnectionDropped:
            raise
        except Exception:
            log.exception("the local account failed", service=service, operation=operation)
            failure = ApiError("InternalFailure", "The local account failed; its own output says why.", 500)
            return wire.error(failure, request_id)

    def _parsed(self, wire: Wire, request: HttpRequest, service: str, operation: str) -> dict[str, Any]:
        try:
            return wire.parse(request, operation)
        except ApiError as error:
            self._account.refuse(service, operation, error)
            raise

    async def _get_calls(self, request: web.Request) -> web.Response:
        log, since = self._account.calls, request.query.get("since", "0")
        if not since.isdigit():
            return web.Response(status=400, text=f"since={since}: the number of a call is needed\n")
        calls = log.since(int(since))
        if request.query.get("writes") == "1":
            calls = [call for call in calls if call.writing]
        return web.json_response({"calls": [asdict(call) for call in calls], "last": log.last_number})

    async def _delete_calls(self, _request: web.Request) -> web.Response:
        self._account.calls.clear()
        return web.Response(status=204)

    async def _get_faults(self, _request: web.Request) -> web.Response:
        return web.json_response({"faults": msgspec.to_builtins(self._account.faults.rules)})

    async def _post_faults(self, request: web.Request) -> web.Response:
        try:
            rules = msgspec.json.decode(await request.read(), type=Fault | list[Fault])
        except msgspec.MsgspecError as error:
            return web.Response(status=400, text=f"not a fault: {error}\n")
        for rule in rules if isinstance(rules, list) else [rules]:
            self._account.faults.add(rule)
        return web.Response(status=204)

    async def _delete_faults(self, _request: web.Request) -> web.Response:
        self._account.faults.clear()
        return web.Response(status=204)

    async def _get_ca(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._account.ca_pem, content_type="application/x-pem-file")


def _account_id(request: HttpRequest) -> str | None:
    """The account that the request's access key names, if it names one."""
    found = re.search(r"Credential=([^/,\s]+)/", request.headers.get("Authorization", ""))
    return account_of(found[1]) if found else None

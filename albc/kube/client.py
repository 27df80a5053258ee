"""A thin client of the Kubernetes API: one HTTP request for each call, typed by `Resource`.

* Every call but a watch has a time limit; a watch has a limit on silence.
* A 401 makes it read the credentials again and try once more; a 403 concerns its own call only.
* No exception of aiohttp or asyncio leaves it: what the server or the network did is said by `albc.errors`.
* Objects are decoded straight from bytes into `resource.type`; what that type does not name is dropped.
  So `update` takes the whole object as plain data, never a decoded one.
* Nothing is retried or throttled here: back-off is the work queue's and the informer's business.

Called by `albc.engine` (list, watch, leases) and by controllers (get, patch, status); calls aiohttp.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from time import time
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import aiohttp
import msgspec
import pydantic
import yarl

from albc.errors import (
    AlbcError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)
from albc.kube.auth import ConnectionConfig
from albc.kube.patches import Patch
from albc.kube.resource import UNREADABLE, Resource

T = TypeVar("T")

CALL_TIMEOUT: Final = 30.0
"""Seconds that a call may take, a page of a list included."""
CONNECT_TIMEOUT: Final = 10.0
PAGE_SIZE: Final = 500
"""Objects of a page: of Pods, some 20 ms to decode."""
LARGEST_BODY: Final = 512 * 1024 * 1024
"""Bytes, unpacked: a page of objects of 1 MB each, the largest that etcd takes by default being 1.5 MB."""
LARGEST_LINE: Final = 32 * 1024 * 1024
"""Bytes of one event of a watch; the API server refuses objects over 3 MB."""
LONGEST_RETRY_AFTER: Final = 300.0
"""Seconds; who is told to come back next year comes back sooner."""
LIST_ATTEMPTS: Final = 3
"""A list whose continue token expires is begun again so often, all in all."""

ResponseObserver = Callable[[str, str, str], None]
"""Told the status code, the method and the host of each answer (`rest_client_requests_total`)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a kind: all of them, unless narrowed."""

    namespace: str | None = None
    labels: str = ""
    """Label selector, as in the query: `app=web,tier!=test`."""
    fields: str = ""
    """Field selector: `metadata.name=web`."""

    @property
    def parameters(self) -> dict[str, str]:
        return {
            name: value for name, value in (("labelSelector", self.labels), ("fieldSelector", self.fields)) if value
        }


EVERYTHING: Final = Selection()


class Silence(Unavailable):
    """Nothing came over a watch for too long; the connection is given up."""


class ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    continue_token: str = msgspec.field(name="continue", default="")


class Page(msgspec.Struct, frozen=True):
    """One page of a list; the objects are still JSON."""

    items: tuple[msgspec.Raw, ...] | None = ()
    metadata: ListMeta = ListMeta()


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A whole list, and the resourceVersion from which a watch goes on."""

    items: Sequence[T]
    resource_version: str


class Status(msgspec.Struct, frozen=True):
    """What the server sends when it says no; also as the object of an ERROR event."""

    message: str = ""
    reason: str = ""
    code: int = 0


_PAGE: Final = msgspec.json.Decoder(Page)
_STATUS: Final = msgspec.json.Decoder(Status)

_BY_CODE: Final[Mapping[int, type[Refused]]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
}


def error_of(status: Status, retry_after: float | None = None) -> AlbcError:
    """What a Status means, by its code."""
    message = status.message or f"the API server answered {status.code}"
    if kind := _BY_CODE.get(status.code):
        return kind(message, status.reason)
    match status.code:
        case 400 | 422:
            return Invalid(message)
        case 429:
            return Throttled(message, retry_after)
        case code if code >= 500:
            return Unavailable(message, retry_after)
        case _:
            return Refused(message, status.reason)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = "application/json"

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Client:
    """Use as an async context manager, or call `close`."""

    def __init__(
        self,
        config: ConnectionConfig,
        *,
        timeout: float = CALL_TIMEOUT,
        fence: Callable[[], None] | None = None,
        observe: ResponseObserver | None = None,
    ) -> None:
        """`fence` is called before each write and raises where none is allowed (`engine.leader`: `NotLeader`)."""
        self._config = config
        self._server = yarl.URL(config.server)
        self._limits = aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_TIMEOUT)
        self._fence = fence
        self._observe = observe
        self._session: aiohttp.ClientSession | None = None

    @property
    def config(self) -> ConnectionConfig:
        return self._config

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends all connections, watches included."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    # Reading

    async def get(self, resource: Resource[T], name: str, namespace: str | None = None) -> T:
        """One object. Raises `NotFound`."""
        return await self._object(resource, _Request("GET", resource.path(namespace, name)))

    async def list(self, resource: Resource[T], select: Selection = EVERYTHING) -> Listing[T]:
        """All selected objects, in one consistent state, read page by page."""
        for attempts_left in reversed(range(LIST_ATTEMPTS)):
            try:
                raw: list[msgspec.Raw] = []
                page = await self.page(resource, select)
                raw += page.items or ()
                while page.metadata.continue_token:
                    page = await self.page(resource, select, page.metadata.continue_token)
                    raw += page.items or ()
            except Gone:
                if not attempts_left:
                    raise
            else:
                with _readable(_Request("GET", resource.path(select.namespace))):
                    items = [resource.decode(each) for each in raw]
                return Listing(items, page.metadata.resource_version)
        raise AssertionError("unreachable")

    async def page(self, resource: Resource[Any], select: Selection = EVERYTHING, continue_token: str = "") -> Page:
        """One page of a list, undecoded. Raises `Gone` when the token has expired: begin again without one.

        An answer without a version is no list, but what something between us and the API server has to say: taken for
        an empty one, it would delete everything.
        """
        parameters = {**select.parameters, "limit": str(PAGE_SIZE)}
        if continue_token:
            parameters["continue"] = continue_token
        request = _Request("GET", resource.path(select.namespace), parameters)
        body = await self._call(request)
        with _readable(request):
            page = _PAGE.decode(body)
        if continue_token and page.metadata.continue_token == continue_token:
            raise Unavailable(f"{request}: the list gives the same page again and again")
        if not page.metadata.resource_version:
            raise Unavailable(f"{request}: the answer is no list: something between us and the API server?")
        return page

    @asynccontextmanager
    async def watch(
        self, resource: Resource[Any], select: Selection, parameters: Mapping[str, str], silence: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The lines of a watch, each one event in JSON, of any length.

        They end when the server ends the watch. Raises `Unavailable` when the connection breaks, and `Silence` when
        nothing, not even a bookmark, comes for `silence` seconds; a last line that is cut off is dropped.
        `parameters` are the query's: resourceVersion, timeoutSeconds, allowWatchBookmarks, sendInitialEvents.
        """
        request = _Request("GET", resource.path(select.namespace), {**select.parameters, **parameters, "watch": "true"})
        limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT, sock_read=silence)
        async with await self._send(request, limits) as response, aclosing(_lines(request, response.content)) as lines:
            yield lines

    # Writing

    async def create(self, resource: Resource[T], body: Mapping[str, Any], namespace: str | None = None) -> T:
        """Raises `Conflict` (code AlreadyExists)."""
        return await self._object(resource, _Request("POST", resource.path(namespace), body=msgspec.json.encode(body)))

    async def update(
        self, resource: Resource[T], body: Mapping[str, Any], name: str, namespace: str | None = None
    ) -> T:
        """Replaces the whole object. Raises `Conflict` when `metadata.resourceVersion` is not the current one."""
        return await self._object(
            resource, _Request("PUT", resource.path(namespace, name), body=msgspec.json.encode(body))
        )

    async def patch(
        self,
        resource: Resource[T],
        name: str,
        patch: Patch,
        namespace: str | None = None,
        *,
        subresource: str | None = None,
    ) -> T:
        """Changes parts of an object, and returns the whole of it."""
        path = resource.path(namespace, name, subresource)
        return await self._object(
            resource, _Request("PATCH", path, patch.parameters, patch.encode(), patch.content_type)
        )

    async def patch_status(self, resource: Resource[T], name: str, patch: Patch, namespace: str | None = None) -> T:
        """As `patch`, of the status subresource."""
        return await self.patch(resource, name, patch, namespace, subresource="status")

    async def delete(
        self, resource: Resource[Any], name: str, namespace: str | None = None, *, uid: str | None = None
    ) -> None:
        """Asks for deletion; with `uid`, of that very object (else `Conflict`). Raises `NotFound`."""
        body = {"kind": "DeleteOptions", "apiVersion": "v1"} | ({"preconditions": {"uid": uid}} if uid else {})
        await self._call(_Request("DELETE", resource.path(namespace, name), body=msgspec.json.encode(body)))

    # The wire

    async def raw(self, path: str) -> bytes:
        """The body of any GET: `/version`, `/apis`."""
        return await self._call(_Request("GET", path))

    async def _object(self, resource: Resource[T], request: _Request) -> T:
        body = await self._call(request)
        with _readable(request):
            return resource.decode(body)

    async def _call(self, request: _Request) -> bytes:
        if request.writes and self._fence is not None:
            self._fence()
        async with await self._send(request, self._limits) as response:
            return await _body(request, response)

    async def _send(self, request: _Request, limits: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        """The answer, whose body is still to be read; or the error that it amounts to."""
        token = await self._config.credentials.token()
        response = await self._attempt(request, limits, token)
        if response.status == 401:
            response.release()
            token = await self._config.credentials.token(rejected=token)
            response = await self._attempt(request, limits, token)
        if response.status < 400:
            return response
        async with response:
            body = await _body(request, response)
        raise error_of(_status(response.status, body), _retry_after(response.headers))

    async def _attempt(
        self, request: _Request, limits: aiohttp.ClientTimeout, token: str | None
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            # Watches stay open, one for each kind: a limit on connections would let calls wait for them.
            connector = aiohttp.TCPConnector(limit=0, ssl=self._config.tls)
            self._session = aiohttp.ClientSession(connector=connector)
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        with _translated(request):
            response = await self._session.request(
                request.method,
                self._server.joinpath(request.path.lstrip("/")),
                params=request.parameters,
                data=request.body,
                headers=headers,
                timeout=limits,
                proxy=self._config.proxy,
                server_hostname=self._config.tls_server_name,
                allow_redirects=False,
            )
        if self._observe is not None:
            self._observe(str(response.status), request.method, self._server.authority)
        return response


@contextmanager
def _translated(request: _Request) -> Iterator[None]:
    """Says by `albc.errors` what the network did."""
    try:
        yield
    except aiohttp.SocketTimeoutError as error:
        raise Silence(f"{request}: nothing came for too long") from error
    except aiohttp.ConnectionTimeoutError as error:
        raise Unavailable(f"{request}: no connection within {CONNECT_TIMEOUT:g} s") from error
    except TimeoutError as error:
        raise Unavailable(f"{request}: no answer in time") from error
    except aiohttp.ClientConnectorError as error:
        raise Unavailable(f"{request}: cannot connect to the API server: {error}") from error
    except aiohttp.ClientPayloadError as error:
        raise Unavailable(f"{request}: the connection broke off before the answer's end") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unavailable(f"{request}: {error or type(error).__name__}") from error


@contextmanager
def _readable(request: _Request) -> Iterator[None]:
    """Says by `albc.errors` that an answer could not be decoded, without showing its values."""
    try:
        yield
    except (msgspec.ValidationError, pydantic.ValidationError) as error:
        reason = str(error).partition("\n")[0]
        raise Invalid(f"{request}: the object does not have the form of its kind: {reason}") from error
    except UNREADABLE as error:
        raise Unavailable(f"{request}: the answer is not JSON: something between us and the API server?") from error


async def _body(request: _Request, response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    with _translated(request):
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > LARGEST_BODY:
                response.close()
                raise Unavailable(f"{request}: the answer is larger than {LARGEST_BODY >> 20} MiB")
    return bytes(body)


async def _lines(request: _Request, content: aiohttp.StreamReader) -> AsyncGenerator[bytes]:
    """Splits by hand: `StreamReader.readline` refuses lines over 512 KB, and objects may have 1.5 MB."""
    rest: list[bytes] = []
    length = 0
    with _translated(request):
        async for chunk in content.iter_any():
            *complete, last = chunk.split(b"\n")
            for piece in complete:
                rest.append(piece)
                if line := b"".join(rest):
                    yield line
                rest.clear()
                length = 0
            if last:
                rest.append(last)
                length += len(last)
                if length > LARGEST_LINE:
                    raise Unavailable(f"{request}: an event is larger than {LARGEST_LINE >> 20} MiB")


def _status(code: int, body: bytes) -> Status:
    """The server's Status, or what can be said of a body that is none: a proxy's page, say."""
    try:
        status = _STATUS.decode(body)
    except UNREADABLE:
        status = Status()
    return msgspec.structs.replace(status, code=code)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from a number or a date, `LONGEST_RETRY_AFTER` at most."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        wanted = float(value) if value.isdecimal() else parsedate_to_datetime(value).timestamp() - time()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, wanted), LONGEST_RETRY_AFTER)

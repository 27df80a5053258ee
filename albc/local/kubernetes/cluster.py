"""An embedded cluster: the API server on a loopback port, and the played controllers behind it.

    async with Cluster() as cluster:
        ...  # cluster.url, cluster.kubeconfig()

Everything that an instance holds is in memory and its own; leaving the context ends it.
"""

from __future__ import annotations

import base64
from contextlib import AsyncExitStack
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, assert_never

import anyio

from albc.local.kubernetes import orders
from albc.local.kubernetes.admission import WebhookAdmission
from albc.local.kubernetes.auth.authentication import ADMIN, Authenticator
from albc.local.kubernetes.auth.certificates import CertificateAuthority, Pair, server_context
from albc.local.kubernetes.auth.rbac import Authorizer
from albc.local.kubernetes.auth.reviews import ReviewBoard
from albc.local.kubernetes.calls import User
from albc.local.kubernetes.controllers import Controllers
from albc.local.kubernetes.controllers.world import World
from albc.local.kubernetes.crds.definitions import Definitions
from albc.local.kubernetes.deleting import Deleter
from albc.local.kubernetes.faults import Faults
from albc.local.kubernetes.furnishing import furnish
from albc.local.kubernetes.kinds.catalog import Catalog
from albc.local.kubernetes.listening import Listening
from albc.local.kubernetes.options import ClusterOptions
from albc.local.kubernetes.reading import Reader
from albc.local.kubernetes.registry import Registry
from albc.local.kubernetes.rest import Api, Parts
from albc.local.kubernetes.runtime import PodRuntime
from albc.local.kubernetes.server import ApiServer
from albc.local.kubernetes.store import Indexing, Store
from albc.local.kubernetes.subresources import Subresources
from albc.local.kubernetes.writing import Writer

_DEFAULT_OPTIONS = ClusterOptions()


class Cluster:
    """The whole embedded cluster. `port` 0 takes a free one; without `runtime` pods are Ready at once."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        state: ClusterOptions = _DEFAULT_OPTIONS,
        runtime: PodRuntime | None = None,
    ) -> None:
        self.options = state
        self._host = host
        self._port = port
        self._authority = CertificateAuthority()
        self.authenticator = Authenticator()
        self._admin_token = self.authenticator.issue(ADMIN)
        self.registry = Registry()
        self.store = Store(window=state.history)
        for resource in self.registry:
            if resource.stored and resource.storage == (resource.group, resource.plural):
                self.store.open(resource.storage, Indexing(resource.fields))
        self._catalog = Catalog(state, self.registry, self.store)
        self.authorizer = Authorizer(self.store, enabled=state.authorize)
        self.reader = Reader(self.store)
        self._admission = WebhookAdmission(self.store)
        self.writer = Writer(self.store, self._catalog, self._admission)
        self.deleter = Deleter(self.writer)
        Definitions(self.store, self.registry, self._catalog)
        self.faults = Faults()
        self._runtime = runtime
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        """`https://HOST:PORT`, once the cluster runs."""
        return f"https://{self._host}:{self._port}"

    async def __aenter__(self) -> Self:
        reviews = ReviewBoard(self.authenticator, self.authorizer, self.reader, self.writer)
        subresources = Subresources(self.reader, self.writer, self.deleter, reviews)
        parts = Parts(
            self.store,
            self.registry,
            self.reader,
            self.writer,
            self.deleter,
            subresources,
            self.options.bookmark_interval,
        )
        handler = ApiServer(Api(parts), self.registry, self.authenticator, self.authorizer, self.faults, self.order)
        controllers = None
        if self.options.controllers:
            world = World(self.store, self.registry, self.writer, self.deleter)
            controllers = Controllers(world, self.options, self._runtime)
        await furnish(self.writer, self.registry, self.options)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._admission.close)
            context = server_context(self._authority, self._host, "localhost", "kubernetes.default.svc")
            self._listening = Listening(handler.handle, context, self._host, self._port)
            await stack.enter_async_context(self._listening)
            self._port = self._listening.port
            self._tasks = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(self._tasks.cancel_scope.cancel)
            if controllers is not None:
                controllers.start(self._tasks)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, fault, trace)

    # -- credentials -----------------------------------------------------------------------------------------------

    def kubeconfig(self, user: User | None = None) -> dict[str, Any]:
        """A kubeconfig for an administrator, or for any user: with the authority's certificate and a token."""
        token = self._admin_token if user is None else self.authenticator.issue(user)
        return self._kubeconfig({"token": token})

    def client_certificate(self, user: str, groups: tuple[str, ...] = ()) -> Pair:
        """A certificate and key by which a client is this user."""
        return self._authority.client(user, groups)

    @property
    def certificate_authority(self) -> bytes:
        """The certificate that the server's verifies against, PEM."""
        return self._authority.certificate

    def _kubeconfig(self, credentials: dict[str, Any]) -> dict[str, Any]:
        authority = base64.b64encode(self._authority.certificate).decode()
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "albc-local",
            "clusters": [
                {"name": "albc-local", "cluster": {"server": self.url, "certificate-authority-data": authority}}
            ],
            "users": [{"name": "albc-local", "user": credentials}],
            "contexts": [
                {
                    "name": "albc-local",
                    "context": {"cluster": "albc-local", "user": "albc-local", "namespace": "default"},
                }
            ],
        }

    # -- faults on demand ------------------------------------------------------------------------------------------

    def restart(self, down: float = 1.0) -> None:
        """What a restart of the API server does: for `down` seconds connections break and are refused; every watch
        from before is too old then."""
        self.store.forget_history()
        self._tasks.start_soon(self._listening.interrupt, down)

    def expire_history(self) -> None:
        """Answers every watch from before now, and every unfinished list, with 410."""
        self.store.forget_history()

    def cut_watches(self) -> None:
        """Breaks the connection of every watch."""
        self.faults.cut_streams()

    def throttle(self, requests: int, *, retry_after: int = 1) -> None:
        """Refuses the next requests with 429 and a Retry-After in seconds."""
        self.faults.throttle(requests, retry_after=retry_after)

    def slow(self, seconds: float) -> None:
        """Delays every answer; 0 ends it."""
        self.faults.delay = seconds

    def silence(self, on: bool = True) -> None:
        """Keeps every connection open and sends nothing, until it is turned off."""
        self.faults.silence(on)

    def set_token_clock(self, ahead: timedelta) -> None:
        """Puts the clock by which tokens expire ahead of the real one; zero sets it right."""
        self.authenticator.clock_ahead = ahead

    def order(self, order: orders.Order) -> None:
        """Does one of the above, as another process has ordered it."""
        match order:
            case orders.Restart(down):
                self.restart(down)
            case orders.ExpireHistory():
                self.expire_history()
            case orders.CutWatches():
                self.cut_watches()
            case orders.Throttle(requests, retry_after):
                self.throttle(requests, retry_after=retry_after)
            case orders.Slow(seconds):
                self.slow(seconds)
            case orders.Silence():
                self.silence()
            case orders.TokenClock(seconds):
                self.set_token_clock(timedelta(seconds=seconds))
            case orders.Clear():
                self.throttle(0)
                self.slow(0)
                self.silence(False)
                self.set_token_clock(timedelta())
            case _:
                assert_never(order)

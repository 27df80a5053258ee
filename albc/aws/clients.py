"""One SDK session and one client for each service, made at start and kept open.

botocore parses megabytes of service models when a client is made; that happens in a thread here, so that the event
loop is never held up. Called by `albc.aws.calls`; nothing else holds a client.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import anyio.to_thread
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session
from botocore.loaders import Loader

from albc import __version__
from albc.aws.models import CutLoader
from albc.aws.services import SERVICE_IDS
from albc.aws.throttle import DEFAULT_LIMITS, Limit
from albc.aws.translation import translated

DEFAULT_ATTEMPTS: Final = 3
"""The AWS SDK for Go's (spec/aws.md §8.3)."""
USER_AGENT: Final = f"elbv2.k8s.aws/albc-{__version__}"
_CONNECT_SECONDS: Final = 10
_READ_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSettings:
    """How AWS is reached (spec/aws.md §8.2)."""

    region: str
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """By service id: `--aws-api-endpoints`."""
    max_attempts: int = 10
    """`--aws-max-retries`: attempts of one call, the first included; 0 or less stands for `DEFAULT_ATTEMPTS`."""
    limits: tuple[Limit, ...] = DEFAULT_LIMITS
    concurrency: int = 50
    """Calls in flight; the others wait in the order in which they came."""
    max_delay_seconds: float = 20.0
    """Longest pause between two attempts."""

    @property
    def attempts(self) -> int:
        return self.max_attempts if self.max_attempts > 0 else DEFAULT_ATTEMPTS


@dataclass(frozen=True, slots=True, repr=False)
class StaticCredentials:
    """Temporary credentials of an assumed role."""

    access_key_id: str
    secret_access_key: str
    session_token: str

    def __repr__(self) -> str:
        return f"StaticCredentials({self.access_key_id}, [REDACTED])"


@asynccontextmanager
async def open_clients(settings: AwsSettings) -> AsyncIterator[dict[str, Any]]:
    """A client for each service of `SERVICE_IDS`, with the default credential chain; all are closed at the end."""
    session = _session()
    async with AsyncExitStack() as stack:
        try:
            await anyio.to_thread.run_sync(lambda: asyncio.run(_load_models(session, settings)))
            clients = {
                service: await stack.enter_async_context(_client(session, service, settings, None))
                for service in SERVICE_IDS
            }
        except Exception as error:
            raise translated(error, "AWS clients") from error
        yield clients


@asynccontextmanager
async def open_client(settings: AwsSettings, service: str, credentials: StaticCredentials) -> AsyncIterator[Any]:
    """One client with credentials of its own, such as those of an assumed role."""
    session = _session()
    await anyio.to_thread.run_sync(lambda: asyncio.run(_load_models(session, settings, (service,))))
    async with _client(session, service, settings, credentials) as client:
        yield client


@cache
def _loader() -> Loader:
    """Of service models: parsed once in a process, however often clients are opened."""
    return CutLoader()


def _session() -> AioSession:
    session = get_session()
    session.register_component("data_loader", _loader())
    session.register("before-send", _name_ourselves)
    return session


def _name_ourselves(request: Any, **_: Any) -> None:
    """Nothing of the SDK's own user agent is left (spec/aws.md §8.3)."""
    request.headers["User-Agent"] = USER_AGENT


async def _load_models(session: AioSession, settings: AwsSettings, services: Iterable[str] = SERVICE_IDS) -> None:
    """Fills the session's cache. The chain of credentials is not asked: what it finds is bound to the thread's loop."""
    for service in services:
        async with _client(session, service, settings, StaticCredentials("-", "-", "-")):
            pass


def _client(
    session: AioSession, service: str, settings: AwsSettings, credentials: StaticCredentials | None
) -> AbstractAsyncContextManager[Any]:
    given = {}
    if credentials is not None:
        given = {
            "aws_access_key_id": credentials.access_key_id,
            "aws_secret_access_key": credentials.secret_access_key,
            "aws_session_token": credentials.session_token,
        }
    client: AbstractAsyncContextManager[Any] = session.create_client(
        service,
        region_name=settings.region,
        endpoint_url=settings.endpoints.get(SERVICE_IDS[service]),
        config=AioConfig(
            max_pool_connections=settings.concurrency,
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            # Retries are ours (`albc.aws.calls`): the SDK's give up most calls under a throttle.
            retries={"mode": "standard", "total_max_attempts": 1},
        ),
        **given,
    )
    return client

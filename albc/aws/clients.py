"""One SDK session and one client for each service, made at start and kept open.

botocore parses megabytes of service models when a client is made; that happens in a thread here, so that the event
loop is never held up. Called by `albc.aws.calls`; nothing else holds a client.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import anyio.to_thread
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session

from albc import __version__
from albc.aws.services import SERVICE_IDS
from albc.aws.throttle import DEFAULT_LIMITS, Limit

_CONNECT_SECONDS: Final = 10
_READ_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSettings:
    """How AWS is reached (spec/aws.md §8.2)."""

    region: str
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """By service id: `--aws-api-endpoints`."""
    max_attempts: int = 10
    """`--aws-max-retries`: attempts of one call, the first included."""
    limits: tuple[Limit, ...] = DEFAULT_LIMITS
    concurrency: int = 50
    """Calls in flight; the others wait in the order in which they came."""
    max_delay_seconds: float = 20.0
    """Longest pause between two attempts."""


@dataclass(frozen=True, slots=True, repr=False)
class StaticCredentials:
    """Temporary credentials of an assumed role."""

    access_key_id: str
    secret_access_key: str
    session_token: str

    def __repr__(self) -> str:
        return f"StaticCredentials({self.access_key_id}, [REDACTED])"


class ClientFactory:
    """Makes clients that live as long as the factory's context."""

    def __init__(self, session: AioSession, settings: AwsSettings, stack: AsyncExitStack) -> None:
        self._session = session
        self._settings = settings
        self._stack = stack

    async def client(self, service: str, credentials: StaticCredentials | None = None) -> Any:
        """An open client. A service's first one was made before in a thread, so this takes a few ms only."""
        return await self._stack.enter_async_context(
            self._session.create_client(service, **self._arguments(service), **_credentials(credentials))
        )

    async def warm_up(self, services: Iterable[str]) -> None:
        """Loads the models of the services into the session's cache, in a thread."""

        async def make_and_close() -> None:
            # Made-up credentials: the chain is not asked here, because what it finds would be bound to this loop.
            for service in services:
                async with self._session.create_client(
                    service, **self._arguments(service), **_credentials(StaticCredentials("-", "-", "-"))
                ):
                    pass

        await anyio.to_thread.run_sync(lambda: asyncio.run(make_and_close()))

    def _arguments(self, service: str) -> dict[str, Any]:
        return {
            "region_name": self._settings.region,
            "endpoint_url": self._settings.endpoints.get(SERVICE_IDS[service]),
            "config": AioConfig(
                user_agent=f"elbv2.k8s.aws/albc-{__version__}",
                max_pool_connections=self._settings.concurrency,
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                # Retries are ours (`albc.aws.calls`): the SDK's give up most calls under a throttle.
                retries={"mode": "standard", "total_max_attempts": 1},
            ),
        }


@asynccontextmanager
async def open_clients(settings: AwsSettings) -> AsyncIterator[tuple[ClientFactory, dict[str, Any]]]:
    """The factory, and a client for each service of `SERVICE_IDS`; all are closed at the end."""
    async with AsyncExitStack() as stack:
        factory = ClientFactory(get_session(), settings, stack)
        await factory.warm_up(SERVICE_IDS)
        yield factory, {service: await factory.client(service) for service in SERVICE_IDS}


def _credentials(credentials: StaticCredentials | None) -> dict[str, str]:
    if credentials is None:
        return {}
    return {
        "aws_access_key_id": credentials.access_key_id,
        "aws_secret_access_key": credentials.secret_access_key,
        "aws_session_token": credentials.session_token,
    }

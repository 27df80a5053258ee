"""The one way to call AWS.

* At most `concurrency` calls are in flight; the others go in the order in which they came.
* A call waits for its token buckets first, once; retries wait by back-off instead.
* Throttled calls are tried again up to `max_attempts`; a reading call also after a failed connection or a 5xx. A
  writing call is not: its effect is unknown, and whoever applies a plan must look (`albc.deploy.apply`).
* What comes out is AWS's answer in botocore's shape, or one of `albc.errors`.
* That AWS throttles an operation is told by one log line a minute: a call that waits for it says nothing else for long.
* One span and one set of metrics for each call; parameters are in neither, for they may hold secrets.
* Writes are refused with `NotLeader` while `may_write` says no.

Called by whoever needs AWS: facts, inventory, apply, targets, webhooks.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
import structlog
from opentelemetry.trace import Span
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from albc.aws.clients import AwsSettings, open_clients
from albc.aws.metrics import CallMetrics, Reply
from albc.aws.services import SERVICE_IDS, is_writing
from albc.aws.throttle import LimitStatistics, Throttle, with_published
from albc.aws.translation import error_code, http_status, translated
from albc.errors import NotLeader, Throttled, Unavailable
from albc.telemetry.tally import count
from albc.telemetry.tracing import span

log = structlog.stdlib.get_logger("aws.calls")

_TOLD_EVERY_SECONDS: Final = 60.0
_FIRST_DELAY_SECONDS: Final = 0.3

_NEXT_PAGE: Final[Mapping[str, tuple[str, str]]] = {
    "elbv2": ("Marker", "NextMarker"),
    "elb": ("Marker", "NextMarker"),
    "wafv2": ("NextMarker", "NextMarker"),
    "resourcegroupstaggingapi": ("PaginationToken", "PaginationToken"),
    "route53": ("Marker", "NextMarker"),
}
"""Names of the page token in request and answer, where they are not `NextToken`."""


def always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class CallStatistics:
    """Since start."""

    calls: int
    writes: int
    in_flight: int
    waiting: int
    limits: tuple[LimitStatistics, ...]


class Aws:
    """Calls with one set of credentials, over clients that are open."""

    def __init__(
        self,
        clients: Mapping[str, Any],
        settings: AwsSettings,
        *,
        metrics: CallMetrics | None = None,
        may_write: Callable[[], bool] = always,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._clients = clients
        self._settings = settings
        self._metrics = metrics
        self._may_write = may_write
        self._clock = clock
        self._throttle = Throttle(settings.limits, clock=clock)
        self._slots = anyio.CapacityLimiter(settings.concurrency)
        self._calls = 0
        self._writes = 0
        self._told_at: dict[str, float] = {}
        """When a log line last said that an operation is throttled."""

    @property
    def region(self) -> str:
        return self._settings.region

    def with_clients(self, clients: Mapping[str, Any]) -> "Aws":
        """The same rules for other credentials: with buckets and slots of their own."""
        return Aws(clients, self._settings, metrics=self._metrics, may_write=self._may_write)

    async def call(self, service: str, operation: str, **params: Any) -> Mapping[str, Any]:
        """One call: `service` and `operation` are botocore's names (`elbv2`, `create_rule`), `params` AWS's."""
        writing = is_writing(operation)
        name = self._clients[service].meta.method_to_api_mapping[operation]
        labels = {"rpc.system": "aws-api", "rpc.service": SERVICE_IDS[service], "rpc.method": name}
        with span(f"aws {name}", labels) as current:
            if writing and not self._may_write():
                raise NotLeader(f"{service} {operation} was not sent: this replica is not the leader")
            self._calls += 1
            self._writes += writing
            count(write=writing)
            call = _Call(service, operation, name, current)
            started = monotonic()
            try:
                call.span.set_attribute(
                    "albc.throttle_wait_seconds", await self._throttle.wait(SERVICE_IDS[service], name)
                )
                retrying = self._retrying(retry_unavailable=not writing)
                answer: Mapping[str, Any] = await retrying(self._attempt, call, params)
            finally:
                current.set_attribute("albc.attempts", call.attempts)
                if self._metrics and call.last:
                    self._metrics.call(call.last, monotonic() - started, call.attempts - 1)
            return answer

    async def paginate(self, service: str, operation: str, result: str, **params: Any) -> list[Mapping[str, Any]]:
        """The elements under `result` of all pages. Each page is a call."""
        sent, received = _NEXT_PAGE.get(service, ("NextToken", "NextToken"))
        elements: list[Mapping[str, Any]] = []
        turned: set[str] = set()
        while True:
            answer = await self.call(service, operation, **params)
            elements += answer.get(result) or ()
            if not (token := answer.get(received)):
                return elements
            if token in turned:
                raise Unavailable(f"{service} {operation}: AWS gives the same page again and again")
            turned.add(token)
            params = {**params, sent: token}

    def statistics(self) -> CallStatistics:
        return CallStatistics(
            calls=self._calls,
            writes=self._writes,
            in_flight=self._slots.borrowed_tokens,
            waiting=self._slots.statistics().tasks_waiting,
            limits=self._throttle.statistics(),
        )

    def _retrying(self, *, retry_unavailable: bool) -> AsyncRetrying:
        def worth_it(error: BaseException) -> bool:
            return isinstance(error, Throttled) or (retry_unavailable and isinstance(error, Unavailable))

        return AsyncRetrying(
            retry=retry_if_exception(worth_it),
            stop=stop_after_attempt(self._settings.attempts),
            wait=wait_random_exponential(multiplier=_FIRST_DELAY_SECONDS, max=self._settings.max_delay_seconds),
            sleep=anyio.sleep,
            reraise=True,
        )

    async def _attempt(self, call: "_Call", params: Mapping[str, Any]) -> Mapping[str, Any]:
        async with self._slots:
            call.attempts += 1
            started = monotonic()
            try:
                answer: Mapping[str, Any] = await getattr(self._clients[call.service], call.operation)(**params)
            except Exception as error:
                call.answered(http_status(error), error_code(error))
                found = translated(error, f"{call.service} {call.operation}")
                if isinstance(found, Throttled):
                    self._tell_throttled(call, found)
                raise found from error
            else:
                metadata = answer["ResponseMetadata"]
                call.answered(metadata["HTTPStatusCode"], "")
                call.span.set_attribute("aws.request_id", metadata.get("RequestId", ""))
                return answer
            finally:
                if self._metrics and call.last:
                    self._metrics.request(call.last, monotonic() - started)

    def _tell_throttled(self, call: "_Call", error: Throttled) -> None:
        now = self._clock()
        if now - self._told_at.get(call.name, -_TOLD_EVERY_SECONDS) >= _TOLD_EVERY_SECONDS:
            self._told_at[call.name] = now
            log.warning("throttled by AWS, tried again with back-off", operation=call.name, error=str(error))


@dataclass(slots=True)
class _Call:
    """What becomes of one call."""

    service: str
    operation: str
    name: str
    span: Span
    attempts: int = 0
    last: Reply | None = None
    """Of the newest attempt; None when it got no answer: such are not counted."""

    def answered(self, status: int, code: str) -> None:
        self.last = Reply(SERVICE_IDS[self.service], self.name, status, code) if status else None
        self.span.set_attribute("http.response.status_code", status)
        self.span.set_attribute("aws.error_code", code)


@asynccontextmanager
async def open_aws(
    settings: AwsSettings, *, metrics: CallMetrics | None = None, may_write: Callable[[], bool] = always
) -> AsyncIterator[Aws]:
    """AWS with the default credential chain. Takes some hundred ms, none of them on the event loop.

    Calls keep to AWS's published rates, unless the settings say otherwise or the endpoint is on this machine.
    """
    async with open_clients(settings) as clients:
        afar = [SERVICE_IDS[service] for service, client in clients.items() if _is_afar(client.meta.endpoint_url)]
        settings = replace(settings, limits=with_published(settings.limits, afar))
        yield Aws(clients, settings, metrics=metrics, may_write=may_write)


def _is_afar(endpoint_url: str) -> bool:
    host = urlsplit(endpoint_url).hostname or ""
    return host != "localhost" and not host.startswith("127.") and host != "::1"

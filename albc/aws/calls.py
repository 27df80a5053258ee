"""The one way to call AWS.

* At most `concurrency` calls are in flight; the others go in the order in which they came.
* A call waits for its token buckets first, once; retries wait by back-off instead.
* Throttled calls are tried again up to `max_attempts`; a reading call also after a failed connection or a 5xx. A
  writing call is not: its effect is unknown, and whoever applies a plan must look (`albc.deploy.apply`).
* What comes out is AWS's answer in botocore's shape, or one of `albc.errors`.
* One span and one set of metrics for each call; parameters are in neither, for they may hold secrets.
* Writes are refused with `NotLeader` while `may_write` says no.

Called by whoever needs AWS: facts, inventory, apply, targets, webhooks.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Final

import anyio
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from albc.aws.clients import AwsSettings, ClientFactory, open_clients
from albc.aws.metrics import CallMetrics, Reply
from albc.aws.roles import AssumedRoles, Role
from albc.aws.services import is_writing
from albc.aws.throttle import LimitStatistics, Throttle
from albc.aws.translation import error_code, http_status, translated
from albc.errors import AlbcError, NotLeader, Throttled, Unavailable
from albc.telemetry.tally import count
from albc.telemetry.tracing import span

_FIRST_DELAY_SECONDS: Final = 0.3

_NEXT_PAGE: Final[Mapping[str, tuple[str, str]]] = {
    "elbv2": ("Marker", "NextMarker"),
    "wafv2": ("NextMarker", "NextMarker"),
    "resourcegroupstaggingapi": ("PaginationToken", "PaginationToken"),
    "route53": ("Marker", "NextMarker"),
}
"""Names of the page token in request and answer, where they are not `NextToken`."""


@dataclass(frozen=True, slots=True)
class CallStatistics:
    """Of all credentials together."""

    calls: int
    writes: int
    in_flight: int
    waiting: int
    limits: tuple[LimitStatistics, ...]


class Aws:
    """Calls with one set of credentials. `open_aws` makes the first, `assume` those of other accounts."""

    def __init__(
        self,
        clients: Mapping[str, Any],
        settings: AwsSettings,
        *,
        metrics: CallMetrics | None = None,
        may_write: Callable[[], bool] = lambda: True,
        roles: AssumedRoles | None = None,
    ) -> None:
        self._clients = clients
        self._settings = settings
        self._metrics = metrics
        self._may_write = may_write
        self._roles = roles
        self._throttle = Throttle(settings.limits)
        self._slots = anyio.CapacityLimiter(settings.concurrency)
        self._calls = 0
        self._writes = 0

    @property
    def region(self) -> str:
        return self._settings.region

    async def call(self, service: str, operation: str, **params: Any) -> Mapping[str, Any]:
        """One call: `service` and `operation` are botocore's names (`elbv2`, `create_rule`), `params` AWS's."""
        client = self._clients[service]
        name = client.meta.method_to_api_mapping[operation]
        writing = is_writing(operation)
        if writing and not self._may_write():
            raise NotLeader(f"{service} {operation} was not sent: another replica is the leader")
        self._calls += 1
        self._writes += writing
        count(write=writing)
        service_id = client.meta.service_model.service_id.hyphenize()
        with span(f"aws {name}", {"rpc.system": "aws-api", "rpc.service": service_id, "rpc.method": name}) as current:
            return await _Attempts(self, service, operation, name, current).run(params)

    async def paginate(self, service: str, operation: str, result: str, **params: Any) -> list[Mapping[str, Any]]:
        """The elements under `result` of all pages. Each page is a call."""
        sent, received = _NEXT_PAGE.get(service, ("NextToken", "NextToken"))
        elements: list[Mapping[str, Any]] = []
        while True:
            answer = await self.call(service, operation, **params)
            elements += answer.get(result) or ()
            if not (token := answer.get(received)):
                return elements
            params = {**params, sent: token}

    async def assume(self, role: Role) -> "Aws":
        """Calls to ELBv2 as another role, with buckets of its own (spec/aws.md §8.5)."""
        if self._roles is None:
            raise NotLeader("a role that was assumed cannot assume another one")
        return await self._roles.assume(self, role)

    def statistics(self) -> CallStatistics:
        waiting = self._slots.statistics().tasks_waiting
        return CallStatistics(
            self._calls, self._writes, self._slots.borrowed_tokens, waiting, self._throttle.statistics()
        )

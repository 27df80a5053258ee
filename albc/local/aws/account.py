"""The embedded AWS account: state, rules of the services, call log, faults. Pure: no sockets, no threads, no sleeping.

`AwsServer` gives it to AWS clients; tests may call it directly. A data plane reads `snapshot()` after each change and
reports what its probes find. Time is the clock's: what passes by itself (a target becomes healthy, a load balancer
active) is worked out when someone asks, and announced to nobody.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from albc.local.aws.calls import CallLog, is_writing
from albc.local.aws.clock import Clock
from albc.local.aws.errors import ApiError, ConnectionDropped
from albc.local.aws.faults import FaultKind, Faults, error_of, throttled
from albc.local.aws.layout import Layout
from albc.local.aws.loopback import loopback_layout
from albc.local.aws.options import AccountOptions
from albc.local.aws.services import SERVICES
from albc.local.aws.services.elb import traffic
from albc.local.aws.services.elbv2.health import report
from albc.local.aws.services.elbv2.target_groups import restore_target_group
from albc.local.aws.snapshot import snapshot_of
from albc.local.aws.state import State
from albc.local.aws.throttle import Throttle
from albc.local.dataplane.snapshot import Snapshot


class Account:
    """One account in one Region.

    * An operation happens as a whole or not at all, one after the other.
    * `calls` has every call with its outcome, also the refused ones.
    * Subscribers are called after each change that a data plane may have to serve, and must not raise.
    """

    def __init__(
        self, options: AccountOptions | None = None, *, clock: Clock = time.time, layout: Layout | None = None
    ) -> None:
        self.options = options = options or AccountOptions()
        self.calls = CallLog()
        self.faults = Faults()
        self._others: dict[str, Account] = {options.account_id: self}
        self._clock = clock
        layout = layout or loopback_layout(options)
        self._state = State.fresh(options, layout, clock)
        for item in layout.target_groups:
            restore_target_group(self._state, item)
        self._throttle = Throttle(clock)
        self._subscribers: dict[object, Callable[[], None]] = {}

    @property
    def ca_pem(self) -> bytes:
        """The authority that signs ACM's certificates, PEM, for clients (`curl --cacert`)."""
        return self._state.certificates.ca_pem

    def call(self, service: str, operation: str, params: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Carry out one operation: botocore's names, parameters and answer; timestamps are seconds since the epoch.

        Parameters must have the model's shape (over HTTP this is checked before). Raises `ApiError` for what AWS
        refuses, `ConnectionDropped` for a fault that cuts the connection.
        """
        params = params or {}
        outcome = "InternalFailure"
        try:
            answer = self._carry_out(service, operation, params)
            outcome = "ok"
            return answer
        except ApiError as error:
            outcome = error.code
            raise
        except ConnectionDropped:
            outcome = "ConnectionDropped"
            raise
        finally:
            self.calls.add(self.options.account_id, service, operation, params, at=self._clock(), outcome=outcome)

    def refuse(self, service: str, operation: str, error: ApiError) -> None:
        """Log a call whose form is already wrong, so that it never becomes parameters."""
        self.calls.add(self.options.account_id, service, operation, {}, at=self._clock(), outcome=error.code)

    def of(self, account_id: str) -> "Account":
        """The account with this id: itself, or one beside it, made when first asked for.

        It has the same options and clock and a network of its own. Call log and faults are shared.
        """
        if account_id not in self._others:
            other = Account(replace(self.options, account_id=account_id), clock=self._clock)
            other.calls, other.faults, other._others = self.calls, self.faults, self._others
            self._others[account_id] = other
        return self._others[account_id]

    def snapshot(self) -> Snapshot:
        """What a data plane serves now."""
        return snapshot_of(self._state)

    def subscribe(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Have `on_change` called after each change; returns the function that ends this."""
        token = object()
        self._subscribers[token] = on_change

        def unsubscribe() -> None:
            self._subscribers.pop(token, None)

        return unsubscribe

    def report_health(self, target_group_arn: str, target_id: str, port: int, healthy: bool, reason: str = "") -> None:
        """What a data plane's probe found; from the first report on, a target's health is no longer timed.

        `reason` is AWS's code (`Target.ResponseCodeMismatch`, `Target.Timeout`, `Target.FailedHealthChecks`; with
        `Elb.InitialHealthChecking` the target stays `initial`). A target that is not registered is ignored.
        """
        report(self._state, target_group_arn, target_id, port, healthy=healthy, reason=reason)
        traffic.report(self._state, target_group_arn, target_id, healthy=healthy)

    def _carry_out(self, service: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        handler = SERVICES.get(service, {}).get(operation)
        if handler is None:
            raise ApiError("InvalidAction", f"the local account has no operation {operation} in {service}")
        fault = self.faults.take(service, operation)
        if fault and fault.kind is FaultKind.RESET_BEFORE:
            raise ConnectionDropped
        if fault and fault.kind is not FaultKind.RESET_AFTER:
            raise error_of(fault, service, operation, self.options)
        if self.options.throttling and not self._throttle.admits(service, operation, params):
            raise throttled(service)
        answer = handler(self._state, params)
        if is_writing(operation):
            self._announce()
        if fault:
            raise ConnectionDropped
        return answer

    def _announce(self) -> None:
        for on_change in tuple(self._subscribers.values()):
            on_change()

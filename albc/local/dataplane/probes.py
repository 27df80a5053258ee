"""Health checks: one loop for each target that is in use, which really connects and tells what it finds.

`plane` says with `watch` which targets are to be probed; findings go to the target group (so that traffic follows) and
to `report`, after every probe, and once before the first.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

import anyio
import anyio.abc
import h2.exceptions
import h11

from albc.local.dataplane.balancing import Health, TargetKey
from albc.local.dataplane.headers import find
from albc.local.dataplane.health import FAILED, MISMATCH, TIMED_OUT, Finding, HealthCheck, Tally
from albc.local.dataplane.http1 import BadAnswer, RequestHead, TargetSide
from albc.local.dataplane.http2 import Http2TargetSide
from albc.local.dataplane.upstreams import Target, TargetGroup, unverified_context
from albc.local.network import AddressBook, Unconnected

_GRPC_UNKNOWN = 2

ReportHealth = Callable[[str, str, int, bool, str], None]
"""(TargetGroupArn, target Id, target Port, healthy, reason). The reason is empty for a healthy target, else AWS's code:
`Elb.InitialHealthChecking` until there is a verdict, then `Target.Timeout` and its like."""


@dataclass
class _Loop:
    target: Target
    check: HealthCheck
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class Prober:
    """The probe loops of a data plane; they run in the task group that it is given."""

    def __init__(self, book: AddressBook, tasks: anyio.abc.TaskGroup, report: ReportHealth) -> None:
        self._book = book
        self._tasks = tasks
        self._report = report
        self._tls = {
            "HTTP1": unverified_context("http/1.1"),
            "HTTP2": unverified_context("h2"),
            "GRPC": unverified_context("h2"),
        }
        self._loops: dict[tuple[str, TargetKey], _Loop] = {}

    def watch(self, groups: Iterable[TargetGroup], source: Callable[[TargetGroup], str | None]) -> None:
        """Probe the active targets of these groups from now on, and no others. `source` is where probes come from."""
        wanted = {
            (group.arn, target.key): (group, target, check)
            for group in groups
            for check in (HealthCheck.of(group.item),)
            for target in group.active
        }
        for key, loop in list(self._loops.items()):
            if key not in wanted or wanted[key][1:] != (loop.target, loop.check):
                loop.scope.cancel()
                del self._loops[key]
        for key, (group, target, check) in wanted.items():
            if key not in self._loops:
                loop = self._loops[key] = _Loop(target, check)
                self._tasks.start_soon(self._run, group, loop, source(group))

    async def _run(self, group: TargetGroup, loop: _Loop, source: str | None) -> None:
        target, check = loop.target, loop.check
        tally = Tally(target.health)
        with loop.scope:
            self._tell(group, target, tally)
            while True:
                tally = tally.after(await self._probe(target, check, source), check)
                if tally.health is not target.health:
                    group.judge(target, tally.health)
                self._tell(group, target, tally)
                await anyio.sleep(check.interval)

    def _tell(self, group: TargetGroup, target: Target, tally: Tally) -> None:
        self._report(group.arn, target.key.id, target.key.port, tally.health is Health.HEALTHY, tally.reason)

    async def _probe(self, target: Target, check: HealthCheck, source: str | None) -> Finding:
        endpoint = (target.address, check.port or target.key.port)
        tls = self._tls[check.version] if check.protocol in ("HTTPS", "TLS") else None
        with anyio.move_on_after(check.timeout):
            try:
                reader, writer = await self._book.connect(*endpoint, source=source, tls=tls)
            except Unconnected as refused:
                return TIMED_OUT if refused.timed_out else FAILED
            try:
                if check.protocol not in ("HTTP", "HTTPS"):
                    return None
                if check.version == "HTTP1":
                    return await _ask(TargetSide(reader, writer, silence=check.timeout), endpoint, check)
                return await _ask(Http2TargetSide(reader, writer, silence=check.timeout), endpoint, check)
            except (BadAnswer, OSError, h11.LocalProtocolError, h2.exceptions.ProtocolError):
                return FAILED
            finally:
                writer.close()
        return TIMED_OUT


async def _ask(connection: TargetSide | Http2TargetSide, endpoint: tuple[str, int], check: HealthCheck) -> Finding:
    is_grpc = check.version == "GRPC"
    headers = [
        (b"Host", f"{endpoint[0]}:{endpoint[1]}".encode()),
        (b"Connection", b"close"),
        (b"User-Agent", b"ELB-HealthChecker/2.0"),
    ]
    if is_grpc:
        headers.append((b"Content-Type", b"application/grpc"))
    connection.send_head(RequestHead("POST" if is_grpc else "GET", check.path, headers, has_body=is_grpc))
    if is_grpc:
        await connection.send_body(_empty_message())
    answer = await connection.answer()
    status = answer.status
    if is_grpc:
        async for _ in connection.body():
            pass
        told = (find([*answer.headers, *connection.trailers], b"grpc-status") or b"").decode("latin-1")
        status = int(told) if told.isdecimal() else _GRPC_UNKNOWN
    return None if check.accepts(status) else MISMATCH


async def _empty_message() -> AsyncIterator[bytes]:
    """A gRPC message without content: not compressed, length 0."""
    yield bytes(5)

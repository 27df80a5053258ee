"""Leader election on a Lease: of several replicas one at a time may write.

* Compatible with client-go: same fields, same rules, same defaults (lease 15 s, renew deadline 10 s, retry 2 s).
* `check` is the fence before each write: it raises `NotLeader` from the moment on at which the lease could not be
  renewed for the renew deadline, which is before any other replica may take it over. It asks the clock, not a task, so
  it holds even for a process that has been suspended and does not know it yet.
* Only time that passes here counts: the lease of another is dead when it did not change for its duration while we
  looked. No two machines' clocks are ever compared, and a wall clock that jumps changes nothing.
* Losing the lease is final: `run` raises `LeadershipLost`, and the process is to end.
* An orderly end gives the lease back (`release`), so that the next replica need not wait.

Not promised: that a request which is on its way when the lease is lost does not arrive; 5 s between deadline and
take-over are there for it. Used by `albc.engine.manager`; calls `albc.kube.client` with a client of its own, whose
calls end after `CALL_TIMEOUT`.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import anyio
import structlog

from albc.errors import AlbcError, Conflict, NotFound, NotLeader
from albc.kube.client import Client
from albc.kube.leases import LEASES, Lease, LeaseSpec, changed_lease, micro_time, new_lease

log = structlog.stdlib.get_logger("engine.leader")

CALL_TIMEOUT: Final = 5.0
"""Seconds that a call of the client for leases may take (spec/runtime.md §10)."""
JITTER: Final = 1.2
"""Candidates wait up to 1 + this times the retry period between two looks, as client-go's do."""

Clock = Callable[[], float]


class LeadershipLost(AlbcError):
    """The lease could not be renewed in time."""


def since_boot() -> float:
    """Seconds that also pass while the machine sleeps, where the system can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Election:
    """Which lease, who we are, and the times in seconds."""

    namespace: str
    name: str
    identity: str
    """Of this process alone: `<hostname>_<uuid>`."""
    lease_duration: float = 15.0
    renew_deadline: float = 10.0
    retry_period: float = 2.0


@dataclass(frozen=True, slots=True)
class LeaderStatistics:
    """The election at one moment, as this replica sees it."""

    name: str
    identity: str
    leading: bool
    holder: str
    """Who holds the lease, as far as we know; "" for nobody."""
    renewed_ago: float | None
    """Seconds since we last renewed it, if we hold it."""
    last_error: str


class Elector:
    """One replica's part in the election."""

    def __init__(
        self,
        client: Client,
        election: Election,
        *,
        clock: Clock = since_boot,
        wall_clock: Clock = time.time,
        told: Callable[[str], None] = lambda message: None,
    ) -> None:
        """`wall_clock` only fills the times in the lease; `told` hears what is worth an event on the lease."""
        self.election = election
        self.leading = anyio.Event()
        """Set once, when the lease is ours for the first time."""
        self._client = client
        self._clock = clock
        self._wall_clock = wall_clock
        self._told = told
        self._seen: Lease | None = None
        self._seen_at = 0.0
        """When the lease was last seen to change."""
        self._renewed_at: float | None = None
        """When the request was sent that last made or kept the lease ours."""
        self._last_error = ""

    def check(self) -> None:
        """Raises `NotLeader` unless this replica may write now."""
        if not self._may_write():
            raise NotLeader(f"{self.election.identity} does not hold the lease {self.election.name}")

    async def run(self) -> None:
        """Waits for the lease, sets `leading`, and keeps it. Raises `LeadershipLost`; returns never."""
        election = self.election
        log.info("attempting to acquire leader lease", lease=f"{election.namespace}/{election.name}")
        while True:
            if await self._attempt():
                break
            await anyio.sleep(election.retry_period * (1 + random.uniform(0, JITTER)))  # noqa: S311 - no secret
        log.info("successfully acquired lease", lease=f"{election.namespace}/{election.name}")
        self._told(f"{election.identity} became leader")
        self.leading.set()
        while True:
            await anyio.sleep(election.retry_period)
            deadline = self._deadline()
            with anyio.move_on_after(max(0.0, deadline - self._clock())):
                if await self._attempt():
                    continue
            if self._clock() >= deadline or not self._may_write():
                self._renewed_at = None
                self._told(f"{election.identity} stopped leading")
                raise LeadershipLost(f"leader election lost: {self._last_error or 'the lease was not renewed in time'}")

    async def release(self) -> None:
        """Gives the lease back, if we hold it. For the time when nothing writes any more and `run` is cancelled."""
        if not self._may_write() or self._seen is None:
            return
        self._renewed_at = None
        now = micro_time(self._wall_clock())
        given_up = LeaseSpec(
            holder_identity=None,  # the API server refuses an empty one
            lease_duration_seconds=1,
            acquire_time=now,
            renew_time=now,
            lease_transitions=self._seen.spec.lease_transitions,
        )
        try:
            await self._write(self._seen, given_up)
        except AlbcError as error:
            log.warning("lease not released", error=str(error))
        else:
            self._told(f"{self.election.identity} stopped leading")

    def statistics(self) -> LeaderStatistics:
        return LeaderStatistics(
            name=self.election.name,
            identity=self.election.identity,
            leading=self._may_write(),
            holder=(self._seen.spec.holder_identity or "") if self._seen else "",
            renewed_ago=None if self._renewed_at is None else self._clock() - self._renewed_at,
            last_error=self._last_error,
        )

    def _deadline(self) -> float:
        return (self._renewed_at or 0.0) + self.election.renew_deadline

    def _may_write(self) -> bool:
        return self._renewed_at is not None and self._clock() < self._deadline()

    async def _attempt(self) -> bool:
        """Takes the lease, or keeps it. False if another holds it or the server did not agree."""
        try:
            return await self._take_or_renew()
        except AlbcError as error:
            self._last_error = str(error)
            log.warning("cannot take or renew the lease", lease=self.election.name, error=str(error))
            return False

    async def _take_or_renew(self) -> bool:
        election = self.election
        ours = self._renewed_at is not None
        if ours and self._seen is not None:
            # Nobody but the holder writes the lease: what we wrote last is what is there.
            try:
                await self._hold(self._seen)
            except (Conflict, NotFound):
                log.debug("lease changed by somebody else", lease=election.name)
            else:
                return True
        try:
            lease = await self._client.get(LEASES, election.name, election.namespace)
        except NotFound:
            await self._hold(None)
            return True
        self._see(lease)
        holder = lease.spec.holder_identity
        if holder and holder != election.identity and self._clock() < self._seen_at + self._duration_of(lease):
            if ours:
                # Somebody took it although it was ours: there is nothing left to keep.
                self._renewed_at = None
                self._last_error = f"the lease is held by {holder}"
            return False
        await self._hold(lease)
        return True

    async def _hold(self, lease: Lease | None) -> None:
        """Writes us into the lease."""
        started = self._clock()
        now = micro_time(self._wall_clock())
        before = lease.spec if lease else LeaseSpec()
        kept = before.holder_identity == self.election.identity
        spec = LeaseSpec(
            holder_identity=self.election.identity,
            lease_duration_seconds=round(self.election.lease_duration),
            acquire_time=before.acquire_time if kept else now,
            renew_time=now,
            lease_transitions=(before.lease_transitions or 0) + (lease is not None and not kept),
        )
        await self._write(lease, spec)
        self._renewed_at = started
        self._last_error = ""

    async def _write(self, lease: Lease | None, spec: LeaseSpec) -> None:
        election = self.election
        if lease is None:
            body = new_lease(election.namespace, election.name, spec)
            written = await self._client.create(LEASES, body, election.namespace)
        else:
            patch = changed_lease(lease, spec)
            written = await self._client.patch(LEASES, election.name, patch, election.namespace)
        self._see(written)

    def _see(self, lease: Lease) -> None:
        if self._seen is None or self._seen.spec != lease.spec:
            self._seen_at = self._clock()
        self._seen = lease

    def _duration_of(self, lease: Lease) -> float:
        """The holder's own duration, so that replicas with different settings respect one another."""
        return float(lease.spec.lease_duration_seconds or self.election.lease_duration)

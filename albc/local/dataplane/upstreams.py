"""Target groups and their targets while the data plane runs: health, connections, turn counters.

One `TargetGroup` for each ARN, shared by every listener that forwards to it, so that a round robin is one round robin
and a target is probed once. `plane` brings it up to date with the account; `alb` and `nlb` pick and connect; `probes`
sets health.
"""

import asyncio
import hashlib
import random
import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from albc.local.dataplane.attributes import TargetGroupSettings
from albc.local.dataplane.balancing import Candidate, Health, TargetKey, eligible, pick_by_source, pick_target
from albc.local.dataplane.http1 import TargetSide
from albc.local.dataplane.http2 import Http2TargetSide
from albc.local.dataplane.relay import reset
from albc.local.network import AddressBook


class Target:
    """One registered or draining target of one target group."""

    def __init__(self, key: TargetKey, address: str) -> None:
        self.key = key
        self.address = address
        self.draining = False
        self.health = Health.INITIAL
        self.outstanding = 0
        self.idle: deque[TargetSide] = deque()
        self._writers: set[asyncio.StreamWriter] = set()

    def hold(self, writer: asyncio.StreamWriter) -> None:
        """Count a connection that carries traffic; it is cut when the target goes for good."""
        self.outstanding += 1
        self._writers.add(writer)

    def let_go(self, writer: asyncio.StreamWriter) -> None:
        self.outstanding -= 1
        self._writers.discard(writer)

    def take_back(self, connection: TargetSide | Http2TargetSide, *, keep: bool) -> None:
        """After an exchange: keep the connection for the next one if it can carry one, else close it."""
        if keep and not self.draining and isinstance(connection, TargetSide) and connection.reusable():
            self.idle.append(connection)
        else:
            connection.close()

    def close_idle(self) -> None:
        while self.idle:
            self.idle.pop().close()

    def cut(self) -> None:
        """Break every connection, those at work too."""
        self.close_idle()
        for writer in self._writers:
            reset(writer)


class TargetGroup:
    """One target group. `item` is its DescribeTargetGroups item as of the last snapshot."""

    def __init__(self, arn: str) -> None:
        self.arn = arn
        self.item: Mapping[str, Any] = {}
        self.settings = TargetGroupSettings.of({})
        self.targets: dict[TargetKey, Target] = {}
        self._eligible: tuple[Candidate, ...] | None = None
        self._turn = random.randrange(1 << 16)  # noqa: S311 - only where a round robin begins
        self._tls: ssl.SSLContext | None = None

    def update(self, item: Mapping[str, Any], targets: tuple[Mapping[str, Any], ...]) -> None:
        """Take over what the account holds; connections of targets that are gone are dealt with as AWS does."""
        self.item = item
        self.settings = TargetGroupSettings.of(item.get("Attributes") or {})
        wanted = {TargetKey(target["Id"], int(target["Port"])): target for target in targets}
        for key in self.targets.keys() - wanted.keys():
            gone = self.targets.pop(key)
            gone.close_idle()
            if self.is_http or self.settings.terminate_on_deregistration:
                gone.cut()
        for key, described in wanted.items():
            target = self.targets.get(key)
            if target is not None and target.address != described["Address"]:
                target.cut()
                target = None
            if target is None:
                target = self.targets[key] = Target(key, described["Address"])
            was_draining, target.draining = target.draining, described["State"] == "draining"
            if target.draining:
                target.close_idle()
            elif was_draining:
                target.health = Health.INITIAL  # registered again: it begins anew
        self._eligible = None

    @property
    def is_http(self) -> bool:
        return self.item.get("Protocol") in ("HTTP", "HTTPS")

    @property
    def active(self) -> Iterator[Target]:
        """Targets that may get new connections, whatever their health."""
        return (target for target in self.targets.values() if not target.draining)

    def pick(self, *, preferred: TargetKey | None = None, source_ip: str | None = None) -> Target | None:
        """The target of the next request or connection, None when nobody can take it.

        `preferred` (from a cookie) wins as long as it may get traffic; `source_ip` asks for the same target for the
        same client.
        """
        candidates = self._candidates()
        if preferred is not None and any(candidate.key == preferred for candidate in candidates):
            return self.targets[preferred]
        if source_ip is not None:
            key = pick_by_source(candidates, source_ip, _digest)
        else:
            self._turn += 1
            key = pick_target(candidates, self.settings.algorithm, self._turn, random.random())  # noqa: S311
        return self.targets[key] if key is not None else None

    def judge(self, target: Target, health: Health) -> None:
        """What the probes found."""
        target.health = health
        self._eligible = None
        if health is Health.UNHEALTHY and not self.is_http and self.settings.terminate_on_unhealthy:
            target.cut()

    def _candidates(self) -> tuple[Candidate, ...]:
        # Who is eligible changes with targets and health, not with each request; what is outstanding does.
        if self._eligible is None or self.settings.algorithm == "least_outstanding_requests":
            self._eligible = eligible(
                [Candidate(target.key, target.health, target.outstanding) for target in self.active],
                self.settings.minimum_healthy,
            )
        return self._eligible

    @property
    def speaks_http2(self) -> bool:
        return self.item.get("ProtocolVersion") in ("HTTP2", "GRPC")

    async def connect(self, target: Target, book: AddressBook, source: str | None) -> TargetSide | Http2TargetSide:
        """A connection for HTTP requests: an idle one, or a new one. Raises Unconnected."""
        while target.idle:
            if not (idle := target.idle.pop()).stale:
                return idle
            idle.close()
        reader, writer = await book.connect(target.address, target.key.port, source=source, tls=self.tls)
        return Http2TargetSide(reader, writer) if self.speaks_http2 else TargetSide(reader, writer)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """Context for targets that speak TLS. Certificates of targets are not verified: AWS does not either."""
        if self.item.get("Protocol") not in ("HTTPS", "TLS"):
            return None
        if self._tls is None:
            self._tls = (
                unverified_context("h2" if self.speaks_http2 else "http/1.1") if self.is_http else unverified_context()
            )
        return self._tls


def unverified_context(*alpn: str) -> ssl.SSLContext:
    """For connections to targets, offering these protocols."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")

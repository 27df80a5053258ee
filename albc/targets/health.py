"""The targets of target groups and their health, with few calls (spec/targets.md §7.4).

* A full listing of a target group serves for five minutes; within that time only targets that were not healthy are
  asked for again.
* Each target group is read by one caller at a time; different ones never wait for one another.
* What we register or deregister is written through: such a target's health is unknown until asked for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import anyio

from albc.aws.calls import Aws
from albc.targets.registration import Target, TargetHealth, chunks

LISTING_SECONDS = 300.0


@dataclass(slots=True)
class _Listing:
    expires: float
    targets: dict[str, TargetHealth]
    """By `id:port`."""


class TargetHealthReader:
    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._listings: dict[str, _Listing] = {}
        self._locks: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)

    async def list(self, aws: Aws, target_group_arn: str) -> tuple[TargetHealth, ...]:
        """All targets of the group, draining ones included. Raises `NotFound` for a group that is gone."""
        async with self._locks[target_group_arn]:
            listing = self._listings.get(target_group_arn)
            if listing is None or self._clock() >= listing.expires:
                found = await self._describe(aws, target_group_arn, ())
                listing = _Listing(self._clock() + LISTING_SECONDS, {_key(h.target): h for h in found})
                self._listings[target_group_arn] = listing
            else:
                await self._refresh(aws, target_group_arn, listing)
            return tuple(listing.targets.values())

    async def register(self, aws: Aws, target_group_arn: str, targets: Iterable[Target]) -> None:
        for chunk in chunks(tuple(targets)):
            described = [target.describe() for target in chunk]
            await aws.call("elbv2", "register_targets", TargetGroupArn=target_group_arn, Targets=described)
            self._written(target_group_arn, chunk, known_only=False)

    async def deregister(self, aws: Aws, target_group_arn: str, targets: Iterable[Target]) -> None:
        for chunk in chunks(tuple(targets)):
            described = [target.describe() for target in chunk]
            await aws.call("elbv2", "deregister_targets", TargetGroupArn=target_group_arn, Targets=described)
            self._written(target_group_arn, chunk, known_only=True)

    def forget(self, target_group_arn: str) -> None:
        self._listings.pop(target_group_arn, None)
        self._locks.pop(target_group_arn, None)

    async def _refresh(self, aws: Aws, arn: str, listing: _Listing) -> None:
        unsure = [health.target for health in listing.targets.values() if health.state != "healthy"]
        if not unsure:
            return
        found = await self._describe(aws, arn, unsure)
        for target in unsure:
            del listing.targets[_key(target)]
        for health in found:
            if (health.state, health.reason) != ("unused", "Target.NotRegistered"):
                listing.targets[_key(health.target)] = health

    async def _describe(self, aws: Aws, arn: str, targets: Iterable[Target]) -> tuple[TargetHealth, ...]:
        # Without zone and QUIC id the look-up works whatever zone the target was registered with.
        only: dict[str, Any] = {"Targets": [{"Id": t.id, "Port": t.port} for t in targets]} if targets else {}
        answer = await aws.call("elbv2", "describe_target_health", TargetGroupArn=arn, **only)
        return tuple(_health(item) for item in answer["TargetHealthDescriptions"])

    def _written(self, arn: str, targets: Iterable[Target], *, known_only: bool) -> None:
        listing = self._listings.get(arn)
        if listing is None:
            return
        for target in targets:
            if not known_only or _key(target) in listing.targets:
                listing.targets[_key(target)] = TargetHealth(target)


def _key(target: Target) -> str:
    return f"{target.id}:{target.port}"


def _health(item: Mapping[str, Any]) -> TargetHealth:
    target, health = item["Target"], item["TargetHealth"]
    return TargetHealth(
        Target(target["Id"], target["Port"], target.get("AvailabilityZone", ""), target.get("QuicServerId", "")),
        health["State"],
        health.get("Reason", ""),
        health.get("Description", ""),
    )

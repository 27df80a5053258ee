"""The targets of target groups and their health, with few calls (spec/targets.md §7.4).

* A full listing of a target group serves for five minutes. Within that time only targets that were not healthy are
  asked for again, when somebody waits for them, and at most once a second.
* What was registered or deregistered is written through: a new target's health is unknown until asked for, one that
  left is draining.
* The caller sees to it that a target group is looked at by one task at a time; different ones never wait for one
  another here.

Called by `albc.targets.reconciler` and `albc.targets.registrar`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from albc.aws.calls import Aws
from albc.targets.registration import Target, TargetHealth

LISTING_SECONDS = 300.0
REFRESH_SECONDS = 1.0


@dataclass(slots=True)
class _Listing:
    expires: float
    asked: float
    """When AWS was last asked for any of them."""
    targets: dict[str, TargetHealth]
    """By `id:port`."""


class TargetHealthReader:
    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._listings: dict[str, _Listing] = {}

    async def known(self, aws: Aws, target_group_arn: str) -> tuple[TargetHealth, ...]:
        """All targets of the group, draining ones included, as far as we know: no call within five minutes of one.

        Raises `NotFound` for a group that is gone.
        """
        listing = self._listings.get(target_group_arn)
        if listing is None or self._clock() >= listing.expires:
            found = await self._describe(aws, target_group_arn, ())
            now = self._clock()
            listing = _Listing(now + LISTING_SECONDS, now, {_key(health.target): health for health in found})
            self._listings[target_group_arn] = listing
        return tuple(listing.targets.values())

    async def fresh(self, aws: Aws, target_group_arn: str) -> tuple[TargetHealth, ...]:
        """As `known`, but those that were not healthy are asked for again, if that was not done just now."""
        known = await self.known(aws, target_group_arn)
        listing = self._listings[target_group_arn]
        unsure = [health.target for health in known if health.state != "healthy"]
        if not unsure or self._clock() < listing.asked + REFRESH_SECONDS:
            return known
        found = await self._describe(aws, target_group_arn, unsure)
        listing.asked = self._clock()
        for target in unsure:
            del listing.targets[_key(target)]
        for health in found:
            if (health.state, health.reason) != ("unused", "Target.NotRegistered"):
                listing.targets[_key(health.target)] = health
        return tuple(listing.targets.values())

    def registered(self, target_group_arn: str, targets: Iterable[Target]) -> None:
        """These were just registered."""
        if listing := self._listings.get(target_group_arn):
            listing.targets |= {_key(target): TargetHealth(target) for target in targets}

    def deregistered(self, target_group_arn: str, targets: Iterable[Target]) -> None:
        """These were just deregistered."""
        if listing := self._listings.get(target_group_arn):
            left = {_key(target): TargetHealth(target, "draining") for target in targets}
            listing.targets |= {key: health for key, health in left.items() if key in listing.targets}

    def forget(self, target_group_arn: str) -> None:
        self._listings.pop(target_group_arn, None)

    async def _describe(self, aws: Aws, arn: str, targets: Iterable[Target]) -> tuple[TargetHealth, ...]:
        # Without zone and QUIC id the look-up works whatever zone the target was registered with.
        only: dict[str, Any] = {"Targets": [{"Id": t.id, "Port": t.port} for t in targets]} if targets else {}
        answer = await aws.call("elbv2", "describe_target_health", TargetGroupArn=arn, **only)
        return tuple(_health(item) for item in answer["TargetHealthDescriptions"])


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

"""How much room the account's quotas leave, so that it shows before AWS refuses something.

Whole accounts are counted when everything is listed (not with the tagging API, which shows only what is ours); what a
single load balancer may hold is counted for the fullest of ours. Called by `Inventory`; read by metrics.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from albc.aws.inventory.reads import Reads
from albc.aws.inventory.records import NEVER, LoadBalancerRecord, Shape
from albc.errors import AlbcError

LIMITS_EVERY: Final = 3600.0
"""Seconds."""


class Headroom:
    """By AWS's names of quotas (`DescribeAccountLimits`)."""

    def __init__(self, reads: Reads, clock: Callable[[], float]) -> None:
        self._reads = reads
        self._clock = clock
        self._read_at = NEVER
        self._limits: Mapping[str, int] = {}
        self._used: Mapping[str, int] = {}
        self.left: Mapping[str, int] = {}
        """For each quota that is known and counted; replaced as a whole."""

    async def look(self, ours: Iterable[LoadBalancerRecord]) -> None:
        """Counts again, and asks for the quotas when it is due. Who may not know them is told nothing."""
        if self._clock() - self._read_at >= LIMITS_EVERY:
            self._read_at = self._clock()
            try:
                self._limits = await self._reads.account_limits()
            except AlbcError:
                self._limits = {}
        used = dict(self._used)
        for balancer in ours:
            for quota, number in _held(balancer).items():
                used[quota] = max(number, used.get(quota, 0))
        self.left = {quota: self._limits[quota] - number for quota, number in used.items() if quota in self._limits}

    def count(self, balancers: Iterable[Shape], target_groups: Iterable[Shape]) -> None:
        """All of the account and Region, whoever's they are."""
        kinds = [balancer.get("Type") for balancer in balancers]
        self._used = {
            "application-load-balancers": kinds.count("application"),
            "network-load-balancers": kinds.count("network"),
            "target-groups": sum(1 for _ in target_groups),
        }


def _held(balancer: LoadBalancerRecord) -> Mapping[str, int]:
    """What one load balancer holds; default rules and default certificates do not count."""
    listeners = (balancer.listeners or {}).values()
    kind = "application" if balancer.aws.get("Type") == "application" else "network"
    held = {
        f"listeners-per-{kind}-load-balancer": len(listeners),
        f"certificates-per-{kind}-load-balancer": sum(len(listener.certificates or ()) for listener in listeners),
    }
    if kind == "application":
        held["rules-per-application-load-balancer"] = sum(len(listener.rules or {}) for listener in listeners)
    return held

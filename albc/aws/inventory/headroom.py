"""How much room the account's quotas leave, so that it shows before AWS refuses something.

Whole accounts are counted when everything is listed (not with the tagging API, which shows only what is ours), and
security groups once an hour; what a single load balancer or group may hold is counted for the fullest of ours. Called
by `Inventory`; read by metrics.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from albc.aws.inventory.reads import Reads
from albc.aws.inventory.records import NEVER, LoadBalancerRecord, SecurityGroupRecord, Shape
from albc.aws.inventory.vpc_quotas import GROUPS, GROUPS_OF_INTERFACE, RULES, VpcQuotaReader
from albc.errors import AlbcError
from albc.model.permissions import counted, from_answer

LIMITS_EVERY: Final = 3600.0
"""Seconds."""


class Headroom:
    """By AWS's names of quotas (`DescribeAccountLimits`), and ours of those of Amazon VPC."""

    def __init__(self, reads: Reads, vpc: VpcQuotaReader, clock: Callable[[], float]) -> None:
        self._reads = reads
        self._vpc = vpc
        self._clock = clock
        self._read_at = NEVER
        self._limits: Mapping[str, int] = {}
        self._used: Mapping[str, int] = {}
        self._security_groups: int | None = None
        self.left: Mapping[str, int] = {}
        """For each quota that is known and counted; replaced as a whole."""

    async def look(self, ours: Iterable[LoadBalancerRecord], groups: Iterable[SecurityGroupRecord]) -> None:
        """Counts again, and asks for the quotas when it is due. Who may not know them is told nothing."""
        if self._clock() - self._read_at >= LIMITS_EVERY:
            self._read_at = self._clock()
            await self._read()
        used = dict(self._used)
        if self._security_groups is not None:
            used[GROUPS] = self._security_groups
        for quota, number in (*_held_by(ours), *_rules_of(groups)):
            used[quota] = max(number, used.get(quota, 0))
        limits = {**self._limits, **self._vpc.limits}
        self.left = {quota: limits[quota] - number for quota, number in used.items() if quota in limits}

    def count(self, balancers: Iterable[Shape], target_groups: Iterable[Shape]) -> None:
        """All of the account and Region, whoever's they are."""
        kinds = [balancer.get("Type") for balancer in balancers]
        self._used = {
            "application-load-balancers": kinds.count("application"),
            "network-load-balancers": kinds.count("network"),
            "target-groups": sum(1 for _ in target_groups),
        }

    async def _read(self) -> None:
        try:
            self._limits = await self._reads.account_limits()
        except AlbcError:
            self._limits = {}
        await self._vpc.ask()
        try:
            self._security_groups = await self._reads.count_security_groups()
        except AlbcError:
            self._security_groups = None


def _held_by(balancers: Iterable[LoadBalancerRecord]) -> Iterator[tuple[str, int]]:
    """What each holds; default rules and default certificates do not count."""
    for balancer in balancers:
        listeners = (balancer.listeners or {}).values()
        kind = "application" if balancer.aws.get("Type") == "application" else "network"
        yield f"listeners-per-{kind}-load-balancer", len(listeners)
        certificates = sum(len(listener.certificates or ()) for listener in listeners)
        yield f"certificates-per-{kind}-load-balancer", certificates
        if kind == "application":
            rules = sum(len(listener.rules or {}) for listener in listeners)
            yield "rules-per-application-load-balancer", rules
        yield GROUPS_OF_INTERFACE, len(balancer.aws.get("SecurityGroups") or ())


def _rules_of(groups: Iterable[SecurityGroupRecord]) -> Iterator[tuple[str, int]]:
    for group in groups:
        yield RULES, counted(from_answer(group.aws.get("IpPermissions") or ()))

"""What the account may have of security groups. Only Service Quotas tells, which not everybody may ask or can reach.

Who cannot ask sees AWS's defaults in the metric; a plan holds nobody to a default that may have been raised. Called by
`Headroom`, and by `Inventory.view` for stacks that want more than is known to be allowed.
"""

from collections.abc import Callable, Mapping
from typing import Final

import anyio
import structlog

from albc.aws.inventory.reads import Reads
from albc.aws.inventory.records import NEVER
from albc.errors import AlbcError
from albc.model.load_balancer import LoadBalancer
from albc.model.quotas import NOTHING_TOLD, VpcQuotas
from albc.model.security_group import SecurityGroup
from albc.model.stack import Stack

EVERY: Final = 3600.0
"""Seconds."""
AGAIN: Final = 60.0
"""Seconds until a quota that is exceeded may have been raised."""
PATIENCE: Final = 15.0
"""Seconds after which no answer counts as none: a VPC without a way to Service Quotas has none to give."""

GROUPS, RULES, GROUPS_OF_INTERFACE = (
    "vpc-security-groups-per-region",
    "inbound-rules-per-security-group",
    "security-groups-per-network-interface",
)
_NAMES: Final = {"L-E79EC296": GROUPS, "L-0EA8095F": RULES, "L-2AFB9258": GROUPS_OF_INTERFACE}
"""AWS's codes of quotas, and their names here."""
_DEFAULTS: Final = {GROUPS: 2500, RULES: 60, GROUPS_OF_INTERFACE: 5}
"""AWS's own, which an account can only have raised."""

log = structlog.stdlib.get_logger("aws.inventory")


class VpcQuotaReader:
    """Of one account and Region."""

    def __init__(self, reads: Reads, clock: Callable[[], float]) -> None:
        self._reads = reads
        self._clock = clock
        self._asked_at = NEVER
        self._told: Mapping[str, int] = {}
        self._is_refusal_told = False

    @property
    def told(self) -> VpcQuotas:
        """For plans."""
        if not self._told:
            return NOTHING_TOLD
        return VpcQuotas(
            rules_per_security_group=self._told.get(RULES),
            security_groups_per_interface=self._told.get(GROUPS_OF_INTERFACE),
        )

    @property
    def limits(self) -> Mapping[str, int]:
        """By name; AWS's default where nothing else is known."""
        return {**_DEFAULTS, **self._told}

    async def ask_for(self, stack: Stack) -> None:
        """Asks only if the stack wants more than is known to be allowed."""
        if self._is_exceeded_by(stack):
            await self.ask(AGAIN if self._told else EVERY)

    async def ask(self, every: float = EVERY) -> None:
        """Unless that was done less than so many seconds ago. Never raises what a call raises."""
        if self._clock() - self._asked_at < every:
            return
        self._asked_at = self._clock()
        answer: Mapping[str, int] = {}
        because = "no answer"
        with anyio.move_on_after(PATIENCE):
            try:
                answer = await self._reads.vpc_quotas()
            except AlbcError as error:
                because = str(error)
        self._told = {name: answer[code] for code, name in _NAMES.items() if code in answer}
        if not answer and not self._is_refusal_told:
            self._is_refusal_told = True
            log.info("quotas of Amazon VPC cannot be read, AWS's defaults are assumed for metrics", because=because)

    def _is_exceeded_by(self, stack: Stack) -> bool:
        limits = self.limits
        return any(len(group.ingress) > limits[RULES] for group in stack.all(SecurityGroup)) or any(
            len(balancer.security_groups) > limits[GROUPS_OF_INTERFACE] for balancer in stack.all(LoadBalancer)
        )

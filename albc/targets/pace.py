"""When AWS is told of changes: soon while it takes calls, and with more in each call when it takes few.

AWS takes 20 calls of RegisterTargets and DeregisterTargets at once and 4 a second from then on, for all target groups
of an account and Region (Elastic Load Balancing user guide, "Request throttling"). So

* changes of a target group are gathered for `gather_seconds`, longer when less than half of the burst is left;
* when no call may go, target groups wait in the order in which they came, and what else changes in the meantime goes
  in the same call. The wait grows with the number of target groups, not with that of Pods.

Called by `albc.targets.reconciler` before it looks at what has changed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import anyio

from albc.aws.calls import Aws
from albc.aws.throttle import LimitStatistics

SERVICE_ID: Final = "Elastic Load Balancing v2"
OPERATION: Final = "RegisterTargets"
_LEAST_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class Pace:
    gather_seconds: float = 0.1
    patient_seconds: float = 0.75
    """While less than half of the burst is left."""


class Turns:
    """Gives out turns to tell AWS of changes."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._queues: WeakKeyDictionary[Aws, anyio.Lock] = WeakKeyDictionary()
        """For each set of credentials: who waits for a call that may go."""

    async def turn(self, aws: Aws) -> None:
        """Returns when it is time to look at what has changed, and tell it."""
        scarce = any(each.tokens < each.limit.burst / 2 for each in _buckets(aws))
        await anyio.sleep(self._pace.patient_seconds if scarce else self._pace.gather_seconds)
        if not _seconds_until_free(aws):
            return
        async with self._queues.setdefault(aws, anyio.Lock()):
            while seconds := _seconds_until_free(aws):  # noqa: ASYNC110 - time alone brings tokens back
                await anyio.sleep(seconds)


def _buckets(aws: Aws) -> Sequence[LimitStatistics]:
    return [
        each
        for each in aws.statistics().limits
        if each.limit.service_id == SERVICE_ID and re.search(each.limit.pattern, OPERATION)
    ]


def _seconds_until_free(aws: Aws) -> float:
    """0.0 if a call may go; never a time so short that none passes."""
    missing = [(1 - each.tokens) / each.limit.rate for each in _buckets(aws) if each.limit.rate > 0]
    longest = max(missing, default=0.0)
    return max(longest, _LEAST_SECONDS) if longest > _LEAST_SECONDS / 10 else 0.0

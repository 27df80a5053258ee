"""Whether a load balancer or target group that takes the place of another one can carry the traffic: targets of both.

Asked only while two of them stand for one resource of a stack, and only of target groups that have a successor. Called
by `Inventory.view`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TypeVar

from albc.aws.inventory.reads import Reads
from albc.aws.inventory.records import LoadBalancerRecord, Records, TargetGroupRecord
from albc.aws.inventory.shelf import StackKey
from albc.aws.together import together
from albc.errors import NotFound
from albc.model.inventory import Succession

R = TypeVar("R", LoadBalancerRecord, TargetGroupRecord)


class Successions:
    """Of all stacks; remembers since when each load balancer and target group is not the only one."""

    def __init__(self, reads: Reads, records: Records, clock: Callable[[], float]) -> None:
        self._reads = reads
        self._records = records
        self._clock = clock
        self._since: dict[StackKey, dict[str, float]] = {}
        """By ARN."""

    async def look(self, key: StackKey) -> Succession | None:
        """None when nothing is being replaced, which costs no call."""
        balancers = [one.aws["LoadBalancerArn"] for one in _doubled(self._records.load_balancers.of(key), key)]
        groups = [one.aws["TargetGroupArn"] for one in _doubled(self._records.target_groups.of(key), key)]
        before = self._since.pop(key, {})
        if not balancers and not groups:
            return None
        now = self._clock()
        since = self._since[key] = {arn: before.get(arn, now) for arn in (*balancers, *groups)}
        states = dict(zip(groups, await together([partial(self._states, arn) for arn in groups]), strict=True))
        return Succession(
            seconds=min((now - since[arn] for arn in balancers), default=0.0),
            waited={arn: now - since[arn] for arn in groups},
            healthy_targets={arn: found["healthy"] for arn, found in states.items()},
            settling=frozenset(arn for arn, found in states.items() if found["initial"]),
        )

    async def _states(self, arn: str) -> Counter[str]:
        try:
            return await self._reads.target_states(arn)
        except NotFound:
            return Counter()


def _doubled(records: Collection[R], key: StackKey) -> list[R]:
    """Those that are not the only ones of their resource."""
    counted = Counter(_resource(record.tags, key) for record in records)
    return [record for record in records if counted[_resource(record.tags, key)] > 1]


def _resource(tags: Mapping[str, str], key: StackKey) -> str:
    return tags.get(f"{key.tag_prefix}/resource", "")

"""Whether a load balancer that takes the place of another one can carry the traffic: healthy targets of both.

Asked only while two load balancers stand for one resource of a stack, and only of target groups that have a successor
as well. Called by `Inventory.view`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from albc.aws.inventory.reads import Reads
from albc.aws.inventory.records import LoadBalancerRecord, Records, TargetGroupRecord
from albc.aws.inventory.shelf import StackKey
from albc.aws.together import together
from albc.errors import NotFound
from albc.model.inventory import Succession


class Successions:
    """Of all stacks; remembers since when each is going on."""

    def __init__(self, reads: Reads, records: Records, clock: Callable[[], float]) -> None:
        self._reads = reads
        self._records = records
        self._clock = clock
        self._since: dict[StackKey, float] = {}

    async def look(self, key: StackKey) -> Succession | None:
        """None when nothing is being replaced, which costs no call."""
        if not _doubled(self._records.load_balancers.of(key), key):
            self._since.pop(key, None)
            return None
        now = self._clock()
        since = self._since.setdefault(key, now)
        groups = self._records.target_groups.of(key)
        doubled = _doubled(groups, key)
        arns = [group.aws["TargetGroupArn"] for group in groups if _resource(group.tags, key) in doubled]
        healthy = await together([partial(self._healthy, arn) for arn in arns])
        return Succession(seconds=now - since, healthy_targets=dict(zip(arns, healthy, strict=True)))

    async def _healthy(self, arn: str) -> int:
        try:
            return await self._reads.healthy_targets(arn)
        except NotFound:
            return 0


def _doubled(records: Iterable[LoadBalancerRecord | TargetGroupRecord], key: StackKey) -> frozenset[str]:
    """Resources that several stand for."""
    counted = Counter(_resource(record.tags, key) for record in records)
    return frozenset(resource for resource, number in counted.items() if number > 1)


def _resource(tags: Mapping[str, str], key: StackKey) -> str:
    return tags.get(f"{key.tag_prefix}/resource", "")

"""What there is of Classic Load Balancers, by their names: those that Services of our class stand for.

* One is read in three calls when it is first asked for, and again when it was written to, or is older than the window.
* Which instances it has is kept true by our own calls, so that nodes come and go for one call each.
* `look` finds changes by others with one listing for all that are known.

Part of `Inventory`, which passes on what was written and what is in doubt.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from albc.aws.calls import Aws
from albc.aws.facts.parse import tag_map
from albc.aws.inventory.drift import Drifted
from albc.aws.inventory.shelf import StackKey
from albc.errors import NotFound
from albc.model.inventory import ActualClassicLoadBalancer

PAGE_SIZE: Final = 100
_OF_INSTANCES: Final = ("register_instances_with_load_balancer", "deregister_instances_from_load_balancer")

Shape = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Known:
    read_at: float
    stack: StackKey
    actual: ActualClassicLoadBalancer


class ClassicBalancers:
    def __init__(self, aws: Aws, window: float, on_drift: Drifted, clock: Callable[[], float]) -> None:
        self._aws = aws
        self._window = window
        self._tell = on_drift
        self._clock = clock
        self._known: dict[str, _Known] = {}

    async def named(self, name: str, stack: StackKey) -> ActualClassicLoadBalancer | None:
        """None when AWS shows none of that name, which is asked anew each time. Raises what calls raise."""
        known = self._known.pop(name, None)
        if known is None or self._clock() - known.read_at >= self._window:
            read_at = self._clock()
            if (actual := await self._read(name)) is None:
                return None
            known = _Known(read_at, stack, actual)
        self._known[name] = known
        return known.actual

    async def users_of(self, group: str) -> frozenset[str]:
        """Names of all Classic Load Balancers of the account that have this security group."""
        return frozenset(one["LoadBalancerName"] for one in await self._listed() if group in one["SecurityGroups"])

    def wrote(self, action: str, request: Shape, answer: Shape) -> None:
        names = request.get("LoadBalancerNames") or [request["LoadBalancerName"]]
        for name in names:
            known = self._known.pop(name, None)
            if known and action in _OF_INSTANCES:
                aws = {**known.actual.aws, "Instances": answer["Instances"]}
                self._known[name] = replace(known, actual=replace(known.actual, aws=aws))

    def doubt(self, stack: StackKey) -> None:
        self._known = {name: known for name, known in self._known.items() if known.stack != stack}

    async def look(self) -> None:
        """Has those looked at again that others have changed or deleted."""
        if not self._known:
            return
        listed = {one["LoadBalancerName"]: one for one in await self._listed()}
        for name, known in list(self._known.items()):
            if _lasting(listed.get(name)) != _lasting(known.actual.aws):
                self._known.pop(name, None)
                self._tell(known.stack)

    async def _read(self, name: str) -> ActualClassicLoadBalancer | None:
        try:
            described = await self._aws.call("elb", "describe_load_balancers", LoadBalancerNames=[name])
            attributes = await self._aws.call("elb", "describe_load_balancer_attributes", LoadBalancerName=name)
            tags = await self._aws.call("elb", "describe_tags", LoadBalancerNames=[name])
        except NotFound:
            return None
        return ActualClassicLoadBalancer(
            name=name,
            aws=described["LoadBalancerDescriptions"][0],
            attributes=attributes["LoadBalancerAttributes"],
            tags=tag_map(tags["TagDescriptions"][0].get("Tags")),
        )

    async def _listed(self) -> list[Shape]:
        return await self._aws.paginate(
            "elb", "describe_load_balancers", "LoadBalancerDescriptions", PageSize=PAGE_SIZE
        )


def _lasting(shape: Shape | None) -> Shape | None:
    """Whatever order AWS gives its lists in."""
    if shape is None:
        return None
    return {name: sorted(map(str, value)) if isinstance(value, list) else value for name, value in shape.items()}

"""Keeps the nodes behind Classic Load Balancers: who is registered, and who lets the load balancer in (spec/service.md
B9).

* A node that comes or goes costs each load balancer one call to register or deregister.
* A missing rule is granted before an instance is registered; instances are registered before others are deregistered.
* A node whose security group is not clear keeps no other node from being served.

Called by the Service controller; calls `classic_access` for the rules.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from albc.aws.calls import Aws
from albc.aws.inventory import Inventory, StackKey
from albc.errors import Refused
from albc.kube.objects import Node
from albc.model.inventory import ActualClassicLoadBalancer
from albc.targets.classic_access import VALUES_AT_ONCE, NodeAccess, Sources
from albc.targets.classic_nodes import instance_ids
from albc.targets.remembered import Remembered

_GONE: Final = frozenset({"terminated", "shutting-down"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a Service says of its nodes."""

    labels: Mapping[str, str] = field(default_factory=dict)
    manage_rules: bool = True
    sources: Sources = field(default_factory=Sources)


class ClassicTargets:
    def __init__(
        self,
        aws: Aws,
        inventory: Inventory,
        cluster_name: str,
        global_group: str = "",
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`global_group` is that of --classic-elb-security-group."""
        self._aws = aws
        self._inventory = inventory
        self._access = NodeAccess(aws, inventory, cluster_name, global_group, clock)
        self._instances: Remembered[tuple[str, ...]] = Remembered(clock)

    async def sync(
        self, balancer: ActualClassicLoadBalancer, stack: StackKey, nodes: Iterable[Node], wishes: Wishes
    ) -> bool:
        """Whether there is any node for the load balancer.

        Raises `Invalid` for a node whose security group is not clear, when all else is done.
        """
        candidates = instance_ids(nodes, wishes.labels)
        instances = await self._described(candidates)
        faults = await self._access.open(balancer, instances, wishes.sources) if wishes.manage_rules else []
        registered = balancer.instances
        if missing := sorted(instances.keys() - registered):
            await self._register("register_instances_with_load_balancer", balancer.name, missing, stack)
        if surplus := sorted(registered.difference(candidates)):
            await self._register("deregister_instances_from_load_balancer", balancer.name, surplus, stack)
        if faults:
            raise faults[0]
        return bool(instances)

    async def close(self, name: str, sources: Iterable[str], doomed: Iterable[str]) -> None:
        """Nodes no longer let in the groups that a load balancer had; nothing refers to `doomed` ones any more."""
        doomed = frozenset(doomed)
        await self._access.forget(doomed)
        await self._access.close(name, frozenset(sources) - doomed)

    async def forget(self, doomed: Iterable[str]) -> None:
        """Nothing refers any more to these groups, which are about to be deleted."""
        await self._access.forget(doomed)

    async def _register(self, action: str, name: str, ids: Sequence[str], stack: StackKey) -> None:
        request = {"LoadBalancerName": name, "Instances": [{"InstanceId": id_} for id_ in ids]}
        try:
            answer = await self._aws.call("elb", action, **request)
        except Refused:
            # One of them has gone since it was described.
            self._instances.forget(*ids)
            self._inventory.classic.doubt(stack)
            raise
        self._inventory.wrote("elb", action, request, answer)

    async def _described(self, ids: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Those of the instances that EC2 knows, with their security groups."""
        wanted = list(ids)
        missing = self._instances.missing(wanted)
        for start in range(0, len(missing), VALUES_AT_ONCE):
            filters = [{"Name": "instance-id", "Values": missing[start : start + VALUES_AT_ONCE]}]
            for one in await self._aws.paginate("ec2", "describe_instances", "Reservations", Filters=filters):
                for instance in one["Instances"]:
                    if (instance.get("State") or {}).get("Name") not in _GONE:
                        has = tuple(group["GroupId"] for group in instance.get("SecurityGroups") or ())
                        self._instances.keep(instance["InstanceId"], has)
        return {id_: groups for id_ in wanted if (groups := self._instances.get(id_)) is not None}

"""Opens nodes to Classic Load Balancers, and closes them again (spec/service.md B9.2).

* A rule on a node's group is ours if it opens everything to the load balancer's group. It is revoked only on groups
  with the cluster's tag, or, when the load balancer's group is about to be deleted, on all but those of other clusters;
  and never while another Classic Load Balancer has that group, too.
* A new source is let in before the old one is shut out.
* What AWS said is believed for ten minutes, so that a sync without a change costs no call.

Called by `albc.targets.classic`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from albc.aws.calls import Aws
from albc.aws.inventory import Inventory
from albc.errors import Conflict, Invalid, NotFound
from albc.model.inventory import ActualClassicLoadBalancer, is_anothers
from albc.targets.classic_rules import Group, everything, node_group, source_group
from albc.targets.remembered import Remembered

VALUES_AT_ONCE: Final = 200
"""Of a filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The load balancer's groups in the user's words: ids or Name tags."""

    named: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()


class NodeAccess:
    def __init__(
        self, aws: Aws, inventory: Inventory, cluster_name: str, global_group: str, clock: Callable[[], float]
    ) -> None:
        self._aws = aws
        self._inventory = inventory
        self._cluster_name = cluster_name
        self._global_group = global_group
        self._groups: Remembered[Group] = Remembered(clock)
        self._referrers: Remembered[Mapping[str, Group]] = Remembered(clock)
        self._let_in: dict[str, frozenset[str]] = {}
        """By load balancer: its groups that nodes let in for its sake."""

    async def open(
        self, balancer: ActualClassicLoadBalancer, instances: Mapping[str, Sequence[str]], sources: Sources
    ) -> list[Invalid]:
        """Lets the load balancer in to instances (id → security groups); the faults of those where it is not clear how.

        Where one is at fault nothing is revoked: it may be the one that needs the rule.
        """
        groups = await self._described({*balancer.security_groups, *(id_ for ids in instances.values() for id_ in ids)})
        attached = [groups[id_] for id_ in balancer.security_groups if id_ in groups]
        source = source_group(attached, sources.named, sources.extra, self._cluster_name)
        if source is None:
            return [Invalid(f"could not determine security group for load balancer: {balancer.name}")]
        wanted, faults = self._chosen(instances, groups)
        referrers = await self._referring_to(source.id)
        for id_ in sorted(wanted):
            if id_ not in referrers or everything(source.id) not in referrers[id_].permissions:
                await self._authorize(id_, source.id)
        former = self._let_in.get(balancer.name, frozenset()) - {source.id}
        self._let_in[balancer.name] = former | {source.id}
        if not faults:
            await self._revoke(balancer.name, source.id, but=wanted)
            for old in sorted(former):
                await self._revoke(balancer.name, old)
            self._let_in[balancer.name] = frozenset({source.id})
        return faults

    async def close(self, name: str, sources: Iterable[str]) -> None:
        """Nodes no longer let these groups in, nor those that this load balancer had before."""
        for source in sorted({*sources, *self._let_in.get(name, ())}):
            await self._revoke(name, source)
        self._let_in.pop(name, None)

    async def forget(self, doomed: Iterable[str]) -> None:
        """Nothing of ours or nobody's refers any more to these groups, which are about to be deleted."""
        for source in sorted(doomed):
            referrers = (await self._referring_to(source)).values()
            modified = [group for group in referrers if not is_anothers(group.tags, self._cluster_name)]
            await self._drop(source, {group.id: group.from_source(source) for group in modified})

    def _chosen(
        self, instances: Mapping[str, Sequence[str]], groups: Mapping[str, Group]
    ) -> tuple[frozenset[str], list[Invalid]]:
        chosen, faults = set(), []
        for instance, ids in sorted(instances.items()):
            try:
                group = node_group(instance, [groups[id_] for id_ in ids if id_ in groups], self._cluster_name)
            except Invalid as fault:
                faults.append(fault)
            else:
                chosen |= {group} if group else set()
        return frozenset(chosen) - {self._global_group}, faults

    async def _revoke(self, name: str, source: str, *, but: frozenset[str] = frozenset()) -> None:
        rule = everything(source)
        ours = [
            group.id
            for group in (await self._referring_to(source)).values()
            if group.id not in but and group.is_tagged(self._cluster_name) and rule in group.permissions
        ]
        if ours and not await self._inventory.classic.users_of(source) - {name}:
            await self._drop(source, dict.fromkeys(ours, (rule,)))

    async def _authorize(self, group: str, source: str) -> None:
        self._referrers.forget(source)
        rules = [_request(everything(source).request())]
        try:
            await self._aws.call("ec2", "authorize_security_group_ingress", GroupId=group, IpPermissions=rules)
        except Conflict:
            return  # it is there
        except NotFound:
            self._groups.forget(group)
            raise

    async def _drop(self, source: str, rules: Mapping[str, Iterable[Any]]) -> None:
        """By group; the operator's own is never modified."""
        for group, dropped in rules.items():
            if group == self._global_group:
                continue
            self._referrers.forget(source)
            permissions = [_request(rule.request()) for rule in dropped]
            try:
                await self._aws.call("ec2", "revoke_security_group_ingress", GroupId=group, IpPermissions=permissions)
            except NotFound:
                continue  # somebody was faster

    async def _referring_to(self, source: str) -> Mapping[str, Group]:
        """Groups with a rule that lets `source` in, by id."""
        if (known := self._referrers.get(source)) is not None:
            return known
        found = {group.id: group for group in await self._ask("ip-permission.group-id", [source])}
        self._referrers.keep(source, found)
        return found

    async def _described(self, ids: Iterable[str]) -> Mapping[str, Group]:
        """Those of the groups that exist, by id."""
        wanted = frozenset(ids)
        missing = self._groups.missing(wanted)
        for start in range(0, len(missing), VALUES_AT_ONCE):
            for found in await self._ask("group-id", missing[start : start + VALUES_AT_ONCE]):
                self._groups.keep(found.id, found)
        return {id_: group for id_ in wanted if (group := self._groups.get(id_)) is not None}

    async def _ask(self, filter_: str, values: Sequence[str]) -> list[Group]:
        filters = [{"Name": filter_, "Values": values}]
        found = await self._aws.paginate("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)
        return [Group.of(one) for one in found]


def _request(permission: Mapping[str, Any]) -> dict[str, Any]:
    """EC2 takes no ports with all protocols."""
    ports = ("FromPort", "ToPort") if permission["IpProtocol"] == "-1" else ()
    return {name: value for name, value in permission.items() if name not in ports}

"""Reads and changes the inbound rules of security groups on targets (spec/targets.md §10.2)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from albc.aws.calls import Aws
from albc.errors import Conflict, NotFound, Refused
from albc.model.permissions import Permission, PermissionChange, change, from_answer

CACHE_SECONDS = 600.0
_STALE = {"InvalidPermission.Duplicate", "InvalidPermission.NotFound", "RulesPerSecurityGroupLimitExceeded"}
"""Codes that say that what we believed of the group is not so."""


@dataclass(frozen=True, slots=True)
class GroupState:
    id: str
    tags: Mapping[str, str]
    permissions: tuple[Permission, ...]


class SecurityGroupRules:
    def __init__(self, aws: Aws, clock: Callable[[], float] = monotonic) -> None:
        self._aws = aws
        self._clock = clock
        self._cache: dict[str, tuple[float, GroupState]] = {}

    async def read(self, ids: Iterable[str]) -> Mapping[str, GroupState]:
        """Groups by id, from the cache or in one call. Raises `NotFound` when AWS does not know one of them."""
        wanted = sorted(set(ids))
        missing = [id_ for id_ in wanted if id_ not in self._cache or self._cache[id_][0] <= self._clock()]
        if missing:
            answer = await self._aws.call("ec2", "describe_security_groups", GroupIds=missing)
            self._keep(answer["SecurityGroups"])
        absent = [id_ for id_ in wanted if id_ not in self._cache]
        if absent:
            raise NotFound(f"couldn't fetch security groups {absent}", "InvalidGroup.NotFound")
        return {id_: self._cache[id_][1] for id_ in wanted}

    async def tagged_for(self, cluster_name: str, vpc_id: str) -> Mapping[str, GroupState]:
        """Groups of the VPC that belong to the cluster's nodes."""
        filters = [
            {"Name": f"tag:kubernetes.io/cluster/{cluster_name}", "Values": ["owned", "shared"]},
            {"Name": "vpc-id", "Values": [vpc_id]},
        ]
        return self._keep(
            await self._aws.paginate("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)
        )

    async def reconcile(
        self, group_id: str, desired: Iterable[Permission], *, labels: Mapping[str, str], authorize_only: bool
    ) -> None:
        """Grants what is missing; then, unless `authorize_only`, revokes what bears `labels` and is not desired."""
        wanted = tuple(desired)
        try:
            await self._attempt(group_id, wanted, labels, authorize_only, revoke_first=False)
        except (Conflict, NotFound, Refused) as error:
            if error.code not in _STALE:
                raise
            self._cache.pop(group_id, None)
            full = error.code == "RulesPerSecurityGroupLimitExceeded"
            await self._attempt(group_id, wanted, labels, authorize_only, revoke_first=full)

    async def _attempt(
        self,
        group_id: str,
        desired: tuple[Permission, ...],
        labels: Mapping[str, str],
        authorize_only: bool,
        *,
        revoke_first: bool,
    ) -> None:
        state = (await self.read([group_id]))[group_id]
        difference = change(state.permissions, desired, labels=labels)
        revoke = PermissionChange((), ()) if authorize_only else PermissionChange((), difference.revoke)
        steps = [PermissionChange(difference.grant, ()), revoke]
        for step in reversed(steps) if revoke_first else steps:
            await self._write(group_id, step)

    async def _write(self, group_id: str, step: PermissionChange) -> None:
        for operation, permissions in (
            ("authorize_security_group_ingress", step.grant),
            ("revoke_security_group_ingress", step.revoke),
        ):
            if permissions:
                self._cache.pop(group_id, None)
                request = [permission.request() for permission in permissions]
                await self._aws.call("ec2", operation, GroupId=group_id, IpPermissions=request)

    def _keep(self, groups: Iterable[Mapping[str, Any]]) -> Mapping[str, GroupState]:
        found = {state.id: state for state in map(_state, groups)}
        expires = self._clock() + CACHE_SECONDS
        self._cache |= {id_: (expires, state) for id_, state in found.items()}
        return found


def _state(group: Mapping[str, Any]) -> GroupState:
    tags = {tag["Key"]: tag["Value"] for tag in group.get("Tags", ())}
    return GroupState(group["GroupId"], tags, from_answer(group.get("IpPermissions", ())))

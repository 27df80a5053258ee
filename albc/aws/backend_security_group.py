"""The security group that all load balancers of a cluster share towards its nodes and pods (spec/targets.md §12).

`ensure` finds it by its tags or creates it, once in the life of the process; `delete` removes it when nobody needs it.
Who needs it is known to the controllers. Called by `albc.aws.facts.account` and `albc.controllers`.
"""

from collections.abc import Mapping
from typing import Any, Final

import anyio

from albc.aws.calls import Aws
from albc.aws.facts.parse import tag_map
from albc.aws.facts.questions import (
    BACKEND_SECURITY_GROUP,
    CLUSTER_TAG,
    RESOURCE_TAG,
    Scope,
    backend_security_group,
    backend_security_group_name,
)
from albc.errors import Conflict, NotFound, Pending

DESCRIPTION: Final = "[k8s] Shared Backend SecurityGroup for LoadBalancer"
_IN_USE_SECONDS: Final = 5.0


class BackendSecurityGroup:
    """`given` is the group of `--backend-security-group`: it is used as it is and never deleted."""

    def __init__(self, aws: Aws, scope: Scope, default_tags: Mapping[str, str], given: str = "") -> None:
        self._aws = aws
        self._scope = scope
        self._tags = {
            **dict(sorted(default_tags.items())),
            CLUSTER_TAG: scope.cluster_name,
            RESOURCE_TAG: BACKEND_SECURITY_GROUP,
        }
        self._given = given
        self._id = ""
        self._lock = anyio.Lock()

    async def ensure(self) -> str:
        """Its id."""
        if self._given or self._id:
            return self._given or self._id
        async with self._lock:
            if not self._id:
                self._id = await self._found() or await self._created()
            return self._id

    async def delete(self) -> None:
        """Deletes the group if this process has used it; `Pending` while a load balancer still holds it."""
        async with self._lock:
            if self._given or not self._id:
                return
            try:
                await self._aws.call("ec2", "delete_security_group", GroupId=self._id)
            except NotFound:
                pass
            except Conflict as error:
                raise Pending(f"security group {self._id} is still in use", _IN_USE_SECONDS) from error
            self._id = ""

    async def _found(self) -> str:
        question = backend_security_group(self._scope)
        groups = await self._aws.paginate("ec2", question.operation, question.result, **question.request())
        if not groups:
            return ""
        await self._reconcile_tags(groups[0])
        return str(groups[0]["GroupId"])

    async def _created(self) -> str:
        answer = await self._aws.call(
            "ec2",
            "create_security_group",
            VpcId=self._scope.vpc_id,
            GroupName=backend_security_group_name(self._scope.cluster_name),
            Description=DESCRIPTION,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": _pairs(self._tags)}],
        )
        return str(answer["GroupId"])

    async def _reconcile_tags(self, group: Mapping[str, Any]) -> None:
        actual = {key: value for key, value in tag_map(group.get("Tags")).items() if not key.startswith("aws:")}
        wrong = {key: value for key, value in sorted(self._tags.items()) if actual.get(key) != value}
        extra = {key: value for key, value in sorted(actual.items()) if key not in self._tags}
        if wrong:
            await self._aws.call("ec2", "create_tags", Resources=[group["GroupId"]], Tags=_pairs(wrong))
        if extra:
            await self._aws.call("ec2", "delete_tags", Resources=[group["GroupId"]], Tags=_pairs(extra))


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]

"""Security groups (spec/aws.md §4): what a lost answer, a full group or a lingering network interface leads to."""

from collections.abc import Mapping
from typing import Any

from albc.deploy.apply.step import NOTHING, Handler, Step, just_call
from albc.deploy.fields.security_groups import actual_permissions
from albc.errors import Conflict, NotFound, Refused
from albc.model.reference import Ref
from albc.model.security_group import SecurityGroup


async def create(step: Step) -> Mapping[Ref, str]:
    answer = await step.create()
    return {Ref(SecurityGroup.type, step.operation.resource.id, "groupID"): answer["GroupId"]}


async def authorize(step: Step) -> Mapping[Ref, str]:
    """One more try with fresh data when AWS knows some of the rules already; revoke first when the group is full."""
    try:
        await step.call()
    except Conflict:
        if missing := await _missing(step):
            await step.call(IpPermissions=missing)
    except Refused as refused:
        if refused.code != "RulesPerSecurityGroupLimitExceeded" or not await step.take("revoke_security_group_ingress"):
            raise
        await step.call()
    return NOTHING


async def revoke(step: Step) -> Mapping[Ref, str]:
    try:
        await step.call()
    except NotFound:
        if left := await _left(step):
            await step.call(IpPermissions=left)
    return NOTHING


async def delete(step: Step) -> Mapping[Ref, str]:
    try:
        await step.call()
    except Conflict as conflict:
        raise step.later(f"security group {step.params['GroupId']} is still in use") from conflict
    return NOTHING


async def _missing(step: Step) -> list[Mapping[str, Any]]:
    known = await _known(step)
    return [one.shape for one in actual_permissions(step.params) if one.identity not in known]


async def _left(step: Step) -> list[Mapping[str, Any]]:
    known = await _known(step)
    return [one.shape for one in actual_permissions(step.params) if one.identity in known]


async def _known(step: Step) -> set[str]:
    group = await step.tools.inventory.refresh_security_group(step.params["GroupId"])
    return {one.identity for one in actual_permissions(group or {})}


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("ec2", "create_security_group"): create,
    ("ec2", "authorize_security_group_ingress"): authorize,
    ("ec2", "revoke_security_group_ingress"): revoke,
    ("ec2", "delete_security_group"): delete,
    ("ec2", "create_tags"): just_call,
    ("ec2", "delete_tags"): just_call,
}

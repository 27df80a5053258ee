"""Security groups (spec/aws.md §4): what a lost answer, a full group or a lingering network interface leads to."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from albc.deploy.apply.step import NOTHING, Handler, Step, just_call
from albc.errors import AlbcError, Conflict, NotFound
from albc.model.permissions import TARGETS_LABEL, Permission, from_answer, with_shapes
from albc.model.reference import Ref
from albc.model.security_group import SecurityGroup


async def create(step: Step) -> Mapping[Ref, str]:
    answer = await step.create()
    return {Ref(SecurityGroup.type, step.operation.resource.id, "groupID"): answer["GroupId"]}


async def authorize(step: Step) -> Mapping[Ref, str]:
    """One more try with fresh data when AWS knows some of the rules already."""
    try:
        await step.call_making_room()
    except Conflict:
        if missing := await _missing(step):
            await step.call(IpPermissions=missing)
    return NOTHING


async def revoke(step: Step) -> Mapping[Ref, str]:
    try:
        await step.call()
    except NotFound:
        if left := await _left(step):
            await step.call(IpPermissions=left)
    return NOTHING


async def delete(step: Step) -> Mapping[Ref, str]:
    """Our own rules on other groups that name it are revoked; network interfaces are waited for."""
    try:
        await step.call()
    except Conflict as conflict:
        with suppress(AlbcError):  # it is tried again with the deletion
            await _revoke_rules_that_name(step)
        raise step.in_use(f"security group {step.params['GroupId']} is still in use") from conflict
    return NOTHING


async def _revoke_rules_that_name(step: Step) -> None:
    id = step.params["GroupId"]
    for group in await step.tools.inventory.security_groups_that_name(id):
        rules = [
            shape
            for permission, shape in with_shapes(group.get("IpPermissions") or ())
            if permission.value == id and TARGETS_LABEL.items() <= permission.labels.items()
        ]
        if rules:
            request = {"GroupId": group["GroupId"], "IpPermissions": rules}
            await step.tools.aws.call("ec2", "revoke_security_group_ingress", **request)


async def _missing(step: Step) -> list[Mapping[str, Any]]:
    known = await _known(step)
    return [shape for permission, shape in with_shapes(step.params["IpPermissions"]) if permission not in known]


async def _left(step: Step) -> list[Mapping[str, Any]]:
    known = await _known(step)
    return [shape for permission, shape in with_shapes(step.params["IpPermissions"]) if permission in known]


async def _known(step: Step) -> frozenset[Permission]:
    group = await step.tools.inventory.refresh_security_group(step.params["GroupId"])
    return frozenset(from_answer((group or {}).get("IpPermissions") or ()))


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("ec2", "create_security_group"): create,
    ("ec2", "authorize_security_group_ingress"): authorize,
    ("ec2", "revoke_security_group_ingress"): revoke,
    ("ec2", "delete_security_group"): delete,
    ("ec2", "create_tags"): just_call,
    ("ec2", "delete_tags"): just_call,
}

"""Target groups (spec/aws.md §5.1)."""

from collections.abc import Mapping

from albc.deploy.apply.step import NOTHING, Handler, Step, just_call
from albc.errors import Conflict
from albc.model.reference import Ref
from albc.model.target_group import TargetGroup


async def create(step: Step) -> Mapping[Ref, str]:
    answer = await step.create()
    arn = answer["TargetGroups"][0]["TargetGroupArn"]
    return {Ref(TargetGroup.type, step.operation.resource.id, "targetGroupARN"): arn}


async def delete(step: Step) -> Mapping[Ref, str]:
    try:
        await step.call()
    except Conflict as conflict:
        raise step.in_use(f"target group {step.params['TargetGroupArn']} is still in use") from conflict
    return NOTHING


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("elbv2", "create_target_group"): create,
    ("elbv2", "modify_target_group"): just_call,
    ("elbv2", "modify_target_group_attributes"): just_call,
    ("elbv2", "delete_target_group"): delete,
}

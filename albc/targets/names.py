"""ARNs of target groups that a binding names by their name (spec/targets.md §4.2, `getArnFromNameIfNeeded`).

The admission webhook writes the ARN into the binding; without it, the name is looked up here. Called by
`albc.targets.reconciler`.
"""

from collections.abc import Callable
from time import monotonic

from albc.aws.calls import Aws
from albc.crds.target_group_binding import TargetGroupBindingSpec
from albc.errors import Invalid
from albc.targets.remembered import Remembered


class TargetGroupNames:
    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._known: Remembered[str] = Remembered(clock)

    async def arn(self, aws: Aws, spec: TargetGroupBindingSpec) -> str:
        """`aws` has the credentials of the binding. Raises `NotFound` for an unknown name, `Invalid` without any."""
        if spec.target_group_arn:
            return spec.target_group_arn
        if not spec.target_group_name:
            raise Invalid("must provide either TargetGroupARN or TargetGroupName")
        if known := self._known.get(_key(spec)):
            return known
        answer = await aws.call("elbv2", "describe_target_groups", Names=[spec.target_group_name])
        groups = answer["TargetGroups"]
        if len(groups) != 1:
            raise Invalid(f"expecting a single targetGroup with query [{spec.target_group_name}] but got {len(groups)}")
        arn = str(groups[0]["TargetGroupArn"])
        self._known.keep(_key(spec), arn)
        return arn

    def forget(self, spec: TargetGroupBindingSpec) -> None:
        """The target group of that name may be another one now."""
        self._known.forget(_key(spec))


def _key(spec: TargetGroupBindingSpec) -> str:
    """One name may stand for target groups of several accounts."""
    return f"{spec.iam_role_arn_to_assume} {spec.assume_role_external_id} {spec.target_group_name}"

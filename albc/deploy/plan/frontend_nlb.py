"""The registration of an ALB as target of the Network Load Balancer in front of it (spec/aws.md §5.8).

An ALB that is a registered target cannot be deleted, so it is taken out of target groups that disappear before
anything else; it is put in when listeners stand on both.
"""

from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.plan.target_groups import TargetGroups
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import FrontendNLBTargets


def deregistrations(groups: TargetGroups, scope: Scope) -> list[Operation]:
    """From target groups of type `alb` that are unwanted."""
    return [
        Operation(
            verb=Verb.DELETE,
            resource=ResourceID(FrontendNLBTargets.type, group.tags.get(f"{scope.tag_prefix}/resource", group.arn)),
            service="elbv2",
            action="deregister_targets",
            params={"TargetGroupArn": group.arn, "Targets": [{"Id": target} for target in group.targets]},
            target=group.arn,
            before={"Targets": list(group.targets)},
            because="the target group is no longer wanted",
        )
        for group in groups.unwanted
        if group.aws.get("TargetType") == "alb" and group.targets
    ]


def registrations(stack: Stack, groups: TargetGroups, scope: Scope, needs: frozenset[ResourceID]) -> list[Operation]:
    """Into target groups of type `alb`; `needs` holds the listeners of both load balancers."""
    registered = {wanted.arn: actual.targets for wanted, actual in groups.pairs}
    operations = []
    for targets in stack.all(FrontendNLBTargets):
        for wanted in targets.targets:
            balancer = scope.resolve(wanted.target_arn)
            if balancer in registered.get(wanted.arn, ()):
                continue
            operations.append(
                Operation(
                    verb=Verb.CREATE,
                    resource=ResourceID(FrontendNLBTargets.type, wanted.arn.id),
                    service="elbv2",
                    action="register_targets",
                    params={
                        "TargetGroupArn": scope.resolve(wanted.arn),
                        "Targets": [{"Id": balancer, "Port": wanted.target_port}],
                    },
                    after={"Targets": [balancer]},
                    because="the load balancer is not registered",
                    needs=needs | {ResourceID(TargetGroup.type, wanted.arn.id)},
                )
            )
    return operations

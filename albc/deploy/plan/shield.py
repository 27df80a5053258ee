"""Protection by Shield Advanced (spec/aws.md §7.3): ours is created and deleted, that of others is left alone."""

from collections.abc import Mapping
from typing import Final

from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.model.addons import ShieldProtection
from albc.model.inventory import ActualLoadBalancer, InventoryView
from albc.model.stack import Stack

NAME: Final = "managed by aws-load-balancer-controller"
OUR_NAMES: Final = frozenset({NAME, "managed by aws-alb-ingress-controller"})


def changes(
    stack: Stack, view: InventoryView, balancers: Mapping[str, ActualLoadBalancer], scope: Scope
) -> list[Operation]:
    """Nothing without a subscription. `balancers` by ARN: those that exist."""
    if not (scope.settings.enable_shield and view.shield_subscribed):
        return []
    operations: list[Operation] = []
    for wanted in stack.all(ShieldProtection):
        arn = scope.resolve(wanted.resource_arn)
        actual = balancers.get(str(arn))
        protections = (actual.protections or ()) if actual else ()
        resource = ResourceID(ShieldProtection.type, wanted.id)
        target = arn if isinstance(arn, str) else ""
        if wanted.enabled and not protections:
            operations.append(
                Operation(
                    verb=Verb.CREATE,
                    resource=resource,
                    service="shield",
                    action="create_protection",
                    params={"ResourceArn": arn, "Name": NAME},
                    target=target,
                    after={"Name": NAME},
                    because="not protected",
                )
            )
        if not wanted.enabled:
            operations += [
                Operation(
                    verb=Verb.DELETE,
                    resource=resource,
                    service="shield",
                    action="delete_protection",
                    params={"ProtectionId": protection.id},
                    target=target,
                    before={"Name": protection.name},
                    because="no protection is wanted",
                )
                for protection in protections
                if protection.name in OUR_NAMES
            ]
    return operations

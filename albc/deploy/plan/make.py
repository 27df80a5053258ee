"""Puts the parts of a plan together: first who is who, then what is made or changed, then what goes.

* Create and modify come before delete. What is deleted needs everything before it, so one failure keeps all that
  might still be in use.
* An empty stack's plan deletes everything that bears the stack's tags.
* Same stack, same view, same plan.
"""

from collections.abc import Iterable
from dataclasses import replace

from albc.deploy.plan import (
    bindings,
    certificates,
    frontend_nlb,
    listeners,
    load_balancers,
    rules,
    security_groups,
    shield,
    target_groups,
    web_acls,
)
from albc.deploy.plan.keep import kept
from albc.deploy.plan.operation import Operation, Plan, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.settings import DeploySettings
from albc.deploy.values import references
from albc.model.inventory import InventoryView
from albc.model.stack import Stack


def make_plan(stack: Stack, view: InventoryView, settings: DeploySettings, keep: Iterable[str] = ()) -> Plan:
    """What has to be done so that AWS and the cluster are as the stack wants them.

    `keep` names those whose live share stays although the stack has nothing of it (`albc.deploy.plan.keep`).
    """
    settings = _for_controller(settings, view.tag_prefix)
    groups = security_groups.match(stack, view)
    issued = certificates.match(stack, view, settings)
    balancers = load_balancers.match(stack, view, settings)
    targets = target_groups.match(stack, view, settings, balancers)
    ports = listeners.match(stack, balancers)
    known = groups.known() | issued.known() | balancers.known() | targets.known() | ports.known()
    scope = Scope(stack=stack.id, tag_prefix=view.tag_prefix, settings=settings, known=known, kept=kept(keep, view))
    routing = rules.match(stack, ports, scope)
    existing = {actual.arn: actual for _, actual in balancers.pairs}

    operations = [
        *security_groups.changes(groups, scope),
        *certificates.changes(issued, scope),
        *frontend_nlb.deregistrations(targets, scope),
        *target_groups.changes(targets, scope),
        *load_balancers.changes(balancers, scope),
        *listeners.changes(ports, scope),
        *(operation for one in routing for operation in rules.changes(one, scope)),
        *bindings.changes(stack, view, scope),
        *web_acls.changes(stack, existing, scope),
        *shield.changes(stack, view, existing, scope),
        *load_balancers.capacity(balancers, scope),
    ]
    operations += frontend_nlb.registrations(stack, targets, scope, _all(operations))
    operations += [operation for one in routing for operation in rules.deletions(one, scope)]
    operations += listeners.deletions(ports, scope, _all(operations))
    operations += load_balancers.deletions(balancers, scope, _all(operations))
    if not balancers.protected:
        operations += bindings.deletions(stack, view, scope, _all(operations))
        operations += target_groups.deletions(targets, scope, _all(operations))
        operations += certificates.deletions(issued, scope, _all(operations))
        operations += security_groups.deletions(groups, view, _all(operations))
    return Plan(
        stack=stack.id,
        tag_prefix=view.tag_prefix,
        operations=tuple(_with_needs(operation) for operation in operations),
        known=known,
    )


def _for_controller(settings: DeploySettings, tag_prefix: str) -> DeploySettings:
    """Gateways are always deployed with enhanced defaults (spec/aws.md §2)."""
    if tag_prefix.startswith("gateway."):
        return replace(settings, enhanced_default_behavior=True)
    return settings


def _all(operations: Iterable[Operation]) -> frozenset[ResourceID]:
    return frozenset(operation.resource for operation in operations if operation.verb is not Verb.BLOCKED)


def _with_needs(operation: Operation) -> Operation:
    """What a parameter refers to must be there first."""
    needs = operation.needs | {ResourceID.of(ref) for ref in references(operation.params)}
    return replace(operation, needs=needs - {operation.resource})

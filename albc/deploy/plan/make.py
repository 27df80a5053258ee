"""Puts the parts of a plan together: first who is who, then what is made or changed, then what goes.

* Create and modify come before delete. What is deleted needs everything before it, so one failure keeps all that
  might still be in use.
* An empty stack's plan deletes everything that bears the stack's tags.
* Same stack, same view, same plan.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from albc.deploy.plan import (
    bindings,
    certificates,
    classic,
    frontend_nlb,
    handovers,
    imported_certificates,
    listeners,
    load_balancer_match,
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
from albc.errors import Invalid
from albc.model.inventory import InventoryView
from albc.model.stack import Stack


def make_plan(stack: Stack, view: InventoryView, settings: DeploySettings, keep: Iterable[str] = ()) -> Plan:
    """What has to be done so that AWS and the cluster are as the stack wants them.

    `keep` names those whose live share stays although the stack has nothing of it (`albc.deploy.plan.keep`).
    """
    _check_tags(view)
    settings = _for_controller(settings, view.tag_prefix)
    keeping = kept(keep, view)
    stack = keeping.steady(stack, view)
    groups = security_groups.match(stack, view)
    issued = certificates.match(stack, view, settings)
    imported = imported_certificates.match(stack, view, settings)
    balancers = load_balancer_match.match(stack, view, settings)
    targets = target_groups.match(stack, view, settings, balancers)
    moving = handovers.find(targets, balancers, view, settings)
    in_the_end = stack
    stack = moving.eased(stack)
    ports = listeners.match(stack, balancers)
    classic_one = classic.match(stack, view)
    known = groups.known() | issued.known() | imported.known() | balancers.known() | targets.known() | ports.known()
    known |= classic_one.known()
    scope = Scope(
        stack=stack.id,
        tag_prefix=view.tag_prefix,
        settings=settings,
        known=known,
        kept=keeping,
        quotas=view.quotas,
    )
    stuck = load_balancers.blocked(balancers, scope) if balancers.is_stuck else classic.blocked(classic_one, scope)
    if stuck:
        return Plan(stack=stack.id, tag_prefix=view.tag_prefix, operations=tuple(stuck), known=known)
    routing = rules.match(stack, ports, scope)
    existing = {actual.arn: actual for _, actual in balancers.pairs}

    operations = [
        *security_groups.changes(groups, scope, in_use=bool(balancers.doomed())),
        *certificates.changes(issued, scope),
        *imported_certificates.changes(imported, scope),
        *frontend_nlb.deregistrations(targets, scope),
        *target_groups.changes(targets, scope),
        *load_balancers.changes(balancers, scope),
        *classic.changes(classic_one, scope),
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
    unready = target_groups.waiting_for_health(targets, in_the_end, view, settings)
    operations += load_balancers.deletions(balancers, scope, _all(operations), unready)
    if balancers.doomed():
        operations += security_groups.revocations(groups, scope, _all(operations))
    operations += classic.deletions(classic_one, _all(operations))
    if not balancers.protected:
        operations += bindings.deletions(stack, view, scope, _all(operations))
        operations += target_groups.deletions(targets, scope, _all(operations))
        operations += certificates.deletions(issued, scope, _all(operations))
        operations += imported_certificates.deletions(imported, scope, _all(operations))
        operations += security_groups.deletions(groups, view, _all(operations))
    operations = list(moving.guarded(filter(keeping.allows, operations), in_the_end, scope))
    return Plan(
        stack=stack.id,
        tag_prefix=view.tag_prefix,
        operations=tuple(map(_with_needs, operations)),
        known=known,
        unmanaged=(
            *load_balancers.unmanaged(balancers),
            *target_groups.unmanaged(targets),
            *listeners.unmanaged(ports),
        ),
        notes=tuple(load_balancers.notes(balancers, scope)),
    )


def _check_tags(view: InventoryView) -> None:
    """Nobody can tell what it is of the stack, so it must neither stay unseen nor be deleted."""
    tagged: list[tuple[str, Mapping[str, str]]] = [
        *((one.arn, one.tags) for one in view.load_balancers),
        *((one.arn, one.tags) for one in view.target_groups),
        *((one.arn, one.tags) for one in view.certificates),
        *((one.id, one.tags) for one in view.security_groups),
    ]
    for name, tags in tagged:
        if not view.resource_id(tags):
            raise Invalid(
                f"{name} bears the tags of {view.stack} but no {view.tag_prefix}/resource; "
                f"remove its tag {view.tag_prefix}/stack, or give it the tag that it has lost"
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

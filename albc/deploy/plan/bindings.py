"""TargetGroupBindings: one for each target group of the stack, matched by its ARN (spec/aws.md §5.7)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from albc.deploy.plan.free_names import free_name
from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.model.inventory import ActualBinding, InventoryView
from albc.model.stack import Stack
from albc.model.target_group_binding import TargetGroupBinding, binding_spec_wire

MARK = "elbv2.k8s.aws/deployed-stack"
"""Annotation that `albc.deploy.marks` leaves behind."""
BOOKKEEPING = frozenset({"elbv2.k8s.aws/checkpoint", "elbv2.k8s.aws/checkpoint-timestamp", MARK})
"""Annotations that no stack asks for; rewriting a binding drops them, so that it is looked at anew."""


def changes(stack: Stack, view: InventoryView, scope: Scope) -> list[Operation]:
    """Creations and patches."""
    by_arn = {binding.spec.get("targetGroupARN"): binding for binding in view.bindings}
    operations: list[Operation] = []
    for binding in stack.all(TargetGroupBinding):
        wanted = scope.resolve(replace(binding, labels={**binding.labels, **scope.labels()}))
        actual = by_arn.get(wanted.target_group_arn)
        if actual is None:
            taken = {other.name for other in view.bindings if other.namespace == wanted.namespace}
            operations.append(_create(replace(wanted, name=free_name(wanted.name, taken))))
        else:
            operations += _patch(wanted, actual)
    return operations


def deletions(stack: Stack, view: InventoryView, scope: Scope, needs: frozenset[ResourceID]) -> list[Operation]:
    """Of bindings to target groups that are no longer the stack's; each waits until its finalizer is through."""
    wanted = {scope.resolve(binding.target_group_arn) for binding in stack.all(TargetGroupBinding)}
    return [
        Operation(
            verb=Verb.DELETE,
            resource=ResourceID(TargetGroupBinding.type, f"{binding.namespace}/{binding.name}"),
            service="kubernetes",
            action="delete_binding",
            params={"namespace": binding.namespace, "name": binding.name},
            target=f"{binding.namespace}/{binding.name}",
            before={"targetGroupARN": binding.spec.get("targetGroupARN", "")},
            because="no longer wanted",
            needs=needs,
            waits_for="the TargetGroupBinding to deregister its targets" if binding.deleting else "",
        )
        for binding in view.bindings
        if binding.spec.get("targetGroupARN") not in wanted | scope.kept.target_groups
    ]


def spec_of(binding: TargetGroupBinding) -> dict[str, Any]:
    """The custom resource's spec; the binding's references must be resolved."""
    spec: dict[str, Any] = binding_spec_wire(binding)["template"]["spec"]
    return spec


def _create(wanted: TargetGroupBinding) -> Operation:
    return Operation(
        verb=Verb.CREATE,
        resource=ResourceID(TargetGroupBinding.type, wanted.id),
        service="kubernetes",
        action="create_binding",
        params={"binding": wanted},
        after={"name": f"{wanted.namespace}/{wanted.name}"},
        because="does not exist",
    )


def _patch(wanted: TargetGroupBinding, actual: ActualBinding) -> Iterator[Operation]:
    wanted = replace(wanted, namespace=actual.namespace, name=actual.name)
    mine = {"labels": wanted.labels, "annotations": wanted.annotations, "spec": spec_of(wanted)}
    annotations = {key: value for key, value in actual.annotations.items() if key not in BOOKKEEPING}
    theirs = {"labels": actual.labels, "annotations": annotations, "spec": actual.spec}
    changed = [part for part in mine if _full(mine[part]) != _full(theirs[part])]
    if changed:
        yield Operation(
            verb=Verb.MODIFY,
            resource=ResourceID(TargetGroupBinding.type, wanted.id),
            service="kubernetes",
            action="patch_binding",
            params={"binding": wanted},
            target=f"{actual.namespace}/{actual.name}",
            before={part: theirs[part] for part in changed},
            after={part: mine[part] for part in changed},
            because=f"{', '.join(changed)} changed",
        )


def _full(value: Any) -> Any:
    """Without what is empty: the API server may leave it out."""
    match value:
        case Mapping():
            members = {key: _full(item) for key, item in value.items()}
            return {key: item for key, item in members.items() if item not in (None, "", False, {}, [])}
        case list() | tuple():
            return [_full(item) for item in value]
        case _:
            return value

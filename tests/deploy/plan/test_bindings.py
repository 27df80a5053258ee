"""TargetGroupBindings follow their target groups (spec/aws.md §5.7)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from albc.deploy.plan import make_plan
from albc.deploy.settings import DeploySettings
from albc.model.inventory import InventoryView
from albc.model.stack import Stack, StackID

View = Callable[..., InventoryView]


@pytest.fixture
def stack(site: Any) -> Stack:
    result: Stack = site.stack("a.example.com")
    return result


def edited(view: InventoryView, **edit: Any) -> InventoryView:
    [binding] = view.bindings
    return replace(view, bindings=(replace(binding, **edit),))


def test_labels_tell_whose_a_binding_is(stack: Stack, deployed: View) -> None:
    [binding] = deployed(stack).bindings
    [of_group] = deployed(Stack(StackID("", "team"), stack.resources)).bindings

    assert binding.labels == {"ingress.k8s.aws/stack-namespace": "shop", "ingress.k8s.aws/stack-name": "web"}
    assert of_group.labels == {"ingress.k8s.aws/stack": "team"}


def test_a_checkpoint_is_no_difference_but_goes_with_the_next_patch(
    stack: Stack, deployed: View, settings: DeploySettings
) -> None:
    checked = edited(deployed(stack), annotations={"elbv2.k8s.aws/checkpoint": "x"})

    assert make_plan(stack, checked, settings).is_empty
    relabelled = edited(checked, labels={**checked.bindings[0].labels, "extra": "1"})
    [patch] = make_plan(stack, relabelled, settings).operations
    assert patch.action == "patch_binding"
    assert patch.params["binding"].annotations == {}


def test_what_the_api_server_leaves_out_is_no_difference(
    stack: Stack, deployed: View, settings: DeploySettings
) -> None:
    view = deployed(stack)
    spec = {**view.bindings[0].spec, "networking": {}, "nodeSelector": None}

    assert make_plan(stack, edited(view, spec=spec), settings).is_empty


def test_a_binding_that_is_going_is_waited_for_not_deleted_again(
    stack: Stack, deployed: View, settings: DeploySettings
) -> None:
    plan = make_plan(Stack(stack.id), edited(deployed(stack), deleting=True), settings)

    [binding] = [operation for operation in plan.operations if operation.service == "kubernetes"]
    assert "deregister" in binding.waits_for


def test_another_target_group_gets_a_binding_of_its_own(site: Any, deployed: View, settings: DeploySettings) -> None:
    before = site.stack("a.example.com")
    group = replace(site.target_group("a.example.com"), target_type="ip")
    after = Stack.of(before.id, [group, *before.resources])

    plan = make_plan(after, deployed(before), settings)

    create, delete = [operation for operation in plan.operations if operation.service == "kubernetes"]
    assert (create.action, delete.action) == ("create_binding", "delete_binding")
    assert create.params["binding"].name != delete.params["name"]

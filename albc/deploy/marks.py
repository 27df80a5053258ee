"""What a deployed stack leaves behind in the cluster, so that a restarted controller need not read all of AWS at once.

A stack that stands marks one of its TargetGroupBindings with a fingerprint of all that its plan is made of on our side.
A controller that finds the fingerprint which it would write itself, and nothing missing in what one listing of the
account tells, takes the stack to be in order, and reads what hangs below its load balancers later, in the background.
A stack that was changed meanwhile has another fingerprint; one without bindings has none; both are read at once.

Pure. Called by `albc.controllers.deployer`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any, Final

from albc.deploy.plan.bindings import MARK
from albc.deploy.plan.operation import Operation, Plan
from albc.deploy.settings import DeploySettings
from albc.model.inventory import ActualBinding, secret_digest
from albc.model.load_balancer import LoadBalancer
from albc.model.names import digest
from albc.model.reference import SecretText
from albc.model.stack import Stack

BELOW_THE_LISTING: Final = frozenset(
    {
        "create_listener",
        "create_rule",
        "modify_listener_attributes",
        "add_listener_certificates",
        "modify_load_balancer_attributes",
        "modify_target_group_attributes",
        "register_targets",
        "associate_web_acl",
        "create_protection",
    }
)
"""Actions that a plan holds for everything that a listing does not tell, whether or not it is there."""


def fingerprint(stack: Stack, settings: DeploySettings, keep: Iterable[str]) -> str:
    """The same for the same stack under the same settings, in any process."""
    ours = json.dumps([asdict(settings), sorted(keep)], default=sorted, sort_keys=True)
    return digest(_in_order(stack).to_json(), ours, *map(secret_digest, _secrets(stack.resources)))


def is_marked(bindings: Iterable[ActualBinding], print_: str) -> bool:
    """Whether what is left behind is this fingerprint, and no other."""
    return {mark for binding in bindings if (mark := binding.annotations.get(MARK))} == {print_}


def to_mark(bindings: Iterable[ActualBinding], print_: str) -> list[ActualBinding]:
    """Those whose mark must become the fingerprint, so that `is_marked` says yes."""
    living = sorted((one for one in bindings if not one.deleting), key=lambda one: (one.namespace, one.name))
    if is_marked(living, print_):
        return []
    return [one for one in living if MARK in one.annotations] or living[:1]


def bindings_after(bindings: Iterable[ActualBinding], done: Iterable[Operation]) -> list[ActualBinding]:
    """The stack's bindings as they are when these operations are done, which the informer may not have seen yet."""
    known = {(one.namespace, one.name): one for one in bindings}
    for operation in done:
        if operation.action in ("create_binding", "patch_binding"):
            one = operation.params["binding"]
            known[one.namespace, one.name] = ActualBinding(
                namespace=one.namespace, name=one.name, annotations=one.annotations
            )
    return list(known.values())


def stands(plan: Plan) -> bool:
    """Whether nothing is missing, by a plan from what a listing tells."""
    return all(operation.action in BELOW_THE_LISTING for operation in plan.operations)


def _in_order(stack: Stack) -> Stack:
    """A load balancer that stands is wanted in its own subnets, in the order in which AWS tells them."""
    return Stack.of(
        stack.id,
        [
            replace(one, subnet_mapping=tuple(sorted(one.subnet_mapping, key=lambda mapping: mapping.subnet_id)))
            if isinstance(one, LoadBalancer)
            else one
            for one in stack.resources
        ],
    )


def _secrets(value: Any) -> Iterator[str]:
    match value:
        case SecretText():
            yield value.value
        case Mapping():
            for item in value.values():
                yield from _secrets(item)
        case list() | tuple():
            for item in value:
                yield from _secrets(item)
        case _ if is_dataclass(value):
            for field in fields(value):
                yield from _secrets(getattr(value, field.name))

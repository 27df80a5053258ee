"""`-o json` and `-o stack-json`: plans for machines. The first one's schema is in docs/plan.md."""

from typing import Any

from albc.cli.plan.outlook import Outlook, Planned
from albc.cli.plan.words import plain
from albc.deploy.plan import Operation, ResourceID, Verb
from albc.model.problem import Problem

FORMAT_VERSION = "1"
"""Grows when a field goes or changes its meaning, not when one is added."""


def plan_document(outlook: Outlook) -> dict[str, Any]:
    return {
        "formatVersion": FORMAT_VERSION,
        "stacks": [_planned(one) for one in outlook.planned],
        "problems": [_problem(problem) for problem in outlook.problems],
        "notes": list(outlook.notes),
        "summary": {str(verb): outlook.count(verb) for verb in Verb},
    }


def stack_document(outlook: Outlook) -> dict[str, Any]:
    """The stacks in the reference's JSON form."""
    return {
        "stacks": [one.stack.to_plain() for one in outlook.planned],
        "problems": [_problem(problem) for problem in outlook.problems],
    }


def _planned(one: Planned) -> dict[str, Any]:
    return {
        "id": str(one.stack.id),
        "tagPrefix": one.unit.tag_prefix,
        "operations": [_operation(operation) for operation in one.plan.operations],
        "unmanaged": [
            {"resource": _resource(left.resource), "attributes": dict(left.attributes)} for left in one.plan.unmanaged
        ],
        "notes": list(one.plan.notes),
    }


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "verb": str(operation.verb),
        "resource": _resource(operation.resource),
        "service": operation.service,
        "action": operation.action,
        "target": operation.target,
        "before": plain(operation.before),
        "after": plain(operation.after),
        "because": operation.because,
        "needs": [_resource(resource) for resource in sorted(operation.needs)],
        "waitsFor": operation.waits_for,
    }


def _resource(resource: ResourceID) -> dict[str, str]:
    return {"type": resource.type, "id": resource.id}


def _problem(problem: Problem) -> dict[str, str]:
    return {
        "kind": problem.object.kind,
        "namespace": problem.object.namespace,
        "name": problem.object.name,
        "reason": problem.reason,
        "message": problem.message,
        "severity": problem.severity,
    }

"""A fault or a hint, as a `Problem` on the Service that has it. Called by the `build` of either kind."""

from dataclasses import replace
from typing import Literal

from albc.kube.objects import Service
from albc.mapping.invalid import Invalid
from albc.model.problem import ObjectRef, Problem


def fault_of(service: Service, fault: Invalid) -> Problem:
    return replace(problem_on(service, fault.reason, fault.message), category=fault.category)


def problem_on(service: Service, reason: str, message: str, severity: Literal["error", "warning"] = "error") -> Problem:
    return Problem(ObjectRef("Service", service.namespace, service.name), reason, message, severity)

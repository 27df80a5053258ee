"""A fault or a hint, as a `Problem` on the Service that has it. Called by the `build` of either kind."""

from typing import Literal

from albc.kube.objects import Service
from albc.model.problem import ObjectRef, Problem


def problem_on(service: Service, reason: str, message: str, severity: Literal["error", "warning"] = "error") -> Problem:
    return Problem(ObjectRef("Service", service.namespace, service.name), reason, message, severity)

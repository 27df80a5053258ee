"""The readiness gate of a target group, from the health of a Pod's target (spec/targets.md §7.10). Pure."""

from dataclasses import dataclass

from albc.kube.objects import Pod
from albc.kube.objects.core import PodCondition
from albc.targets.registration import TargetHealth

GATE_PREFIX = "target-health.elbv2.k8s.aws"

GATE_PREFIXES = (GATE_PREFIX, "target-health.alb.ingress.k8s.aws")
"""Ours and the one of the reference's first version."""


@dataclass(frozen=True, slots=True)
class GateStatus:
    """What the Pod's condition should say, and whether the target's health must be asked for again."""

    status: str
    reason: str = ""
    message: str = ""
    probe_again: bool = False

    def says(self, condition: PodCondition) -> bool:
        """The condition already reads like this."""
        return (condition.status, condition.reason, condition.message) == (self.status, self.reason, self.message)


REGISTERING = GateStatus("False", "Elb.RegistrationInProgress", "Target registration is in progress", probe_again=True)
BINDING_GONE = GateStatus("True", "", "Target Group Binding is deleted")


def gate_type(binding_name: str) -> str:
    return f"{GATE_PREFIX}/{binding_name}"


def has_gate(pod: Pod, binding_name: str) -> bool:
    wanted = gate_type(binding_name)
    return any(gate.condition_type == wanted for gate in pod.spec.readiness_gates)


def gate_status(health: TargetHealth) -> GateStatus:
    match health.state:
        case None:
            return GateStatus("Unknown", probe_again=True)
        case "healthy":
            return GateStatus("True", health.reason, health.description)
        case _:
            return GateStatus("False", health.reason, health.description, probe_again=True)


def current_condition(pod: Pod, binding_name: str) -> PodCondition | None:
    wanted = gate_type(binding_name)
    return next((condition for condition in pod.status.conditions if condition.type == wanted), None)


def held_back(pod: Pod, binding_name: str) -> bool:
    """The Pod waits for the target's health: its gate's condition is not True, or was lost."""
    if not has_gate(pod, binding_name):
        return False
    condition = current_condition(pod, binding_name)
    return condition is None or condition.status != "True"

"""Pods behind a target group get a readiness gate for it: they are ready when the load balancer says so
(spec/targets.md §4.5)."""

from collections.abc import Callable, Iterable, Mapping

from albc.crds.target_group_binding import TargetGroupBinding
from albc.kube.objects import Service
from albc.targets.readiness import GATE_PREFIXES, gate_type
from albc.webhooks.pods import NewPod
from albc.webhooks.review import ALLOWED, Allowed, Review, Verdict, typed

CHECK = "podReadinessGateInjector"

FindService = Callable[[str, str], Service | None]
"""By namespace and name."""

_, LEGACY_PREFIX = GATE_PREFIXES


def inject_readiness_gates(review: Review, bindings: Iterable[TargetGroupBinding], find: FindService) -> Verdict:
    """A gate for each of the bindings (those of the request's namespace) whose Service selects the Pod.

    Gates of the reference's first version go as soon as one of ours comes; all others stay where they are.
    """
    pod = typed(review.object, NewPod)
    wanted = [
        gate_type(binding.name)
        for binding in bindings
        if binding.spec.target_type == "ip"
        and _selects(find(review.namespace, binding.spec.service_ref.name), pod.metadata.labels)
    ]
    if not wanted:
        return ALLOWED
    present = [gate.condition_type for gate in pod.spec.readiness_gates or ()]
    kept = [gate for gate in present if not gate.startswith(LEGACY_PREFIX)]
    gates = list(dict.fromkeys([*kept, *wanted]))
    if gates == present:
        return ALLOWED
    value = [{"conditionType": gate} for gate in gates]
    return Allowed(({"op": "add", "path": "/spec/readinessGates", "value": value},))


def _selects(service: Service | None, labels: Mapping[str, str]) -> bool:
    """A Service without selector selects nothing; so does one that does not exist (yet)."""
    selector = service.spec.selector if service else {}
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())

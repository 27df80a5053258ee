"""Writes the conditions of readiness gates on Pods (spec/targets.md §7.10).

Only the one condition of the binding is touched; a Pod that is gone, or is another by now, is nobody's concern.
Called by `albc.targets.reconciler`; what a condition should say is in `albc.targets.readiness`.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Final

from opentelemetry.metrics import Meter

from albc.aws.together import together
from albc.errors import Conflict, NotFound
from albc.kube.client import Client
from albc.kube.objects import PODS, Pod
from albc.kube.objects.core import PodCondition
from albc.kube.patches import StrategicMergePatch
from albc.targets.readiness import GateStatus, current_condition, gate_type

AT_ONCE: Final = 16
"""Pods that are written to at the same time."""
_BUCKETS: Final = (10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600)


def _now() -> datetime:
    return datetime.now(UTC)


class Gates:
    def __init__(self, client: Client, meter: Meter, now: Callable[[], datetime] = _now) -> None:
        self._client = client
        self._now = now
        self._ready_seconds = meter.create_histogram(
            "awslbc_readiness_gate_ready_seconds", explicit_bucket_boundaries_advisory=_BUCKETS
        )

    async def write(self, binding_name: str, statuses: Iterable[tuple[Pod, GateStatus]]) -> bool:
        """True if some target's health must be asked for again. Pods that already say so are left alone."""
        open_ = list(statuses)
        probe = False
        for start in range(0, len(open_), AT_ONCE):
            part = open_[start : start + AT_ONCE]
            there = await together([partial(self._write, binding_name, pod, status) for pod, status in part])
            probe |= any(is_there and status.probe_again for is_there, (_, status) in zip(there, part, strict=True))
        return probe

    async def _write(self, binding_name: str, pod: Pod, status: GateStatus) -> bool:
        """False if the Pod is gone."""
        current = current_condition(pod, binding_name)
        if current and status.says(current):
            return True
        now = self._now()
        since = current.last_transition_time if current and current.status == status.status else None
        condition = {
            "type": gate_type(binding_name),
            "status": status.status,
            "reason": status.reason or None,
            "message": status.message or None,
            "lastTransitionTime": since or now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        patch = StrategicMergePatch({"metadata": {"uid": pod.metadata.uid}, "status": {"conditions": [condition]}})
        try:
            await self._client.patch_status(PODS, pod.name, patch, pod.namespace)
        except (NotFound, Conflict):
            return False
        if status.status == "True" and (waited := _waited(current, now)) is not None:
            self._ready_seconds.record(waited, {"namespace": pod.namespace, "name": binding_name})
        return True


def _waited(before: PodCondition | None, now: datetime) -> float | None:
    """Seconds that the gate was shut, if it was."""
    if before is None or before.status == "True" or not before.last_transition_time:
        return None
    return (now - datetime.fromisoformat(before.last_transition_time.replace("Z", "+00:00"))).total_seconds()

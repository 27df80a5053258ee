"""ReplicaSets make and delete pods until there are as many as they should."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.controllers.recorder import News, Recorder
from albc.local.kubernetes.controllers.world import (
    PODS,
    REPLICA_SETS,
    World,
    condition_of,
    controller_of,
    owned_by,
    reference_to,
)
from albc.local.kubernetes.selectors import from_object
from albc.local.kubernetes.store import Event, Key, StorageName, copy

_BATCH = 500


class ReplicaSets:
    """Keeps ReplicaSets' pods in number."""

    workers = 2

    def __init__(self, world: World, recorder: Recorder) -> None:
        self._world = world.named("kube-controller-manager")
        self._recorder = recorder

    def keys(self, source: StorageName, event: Event) -> Iterable[Key]:
        if source == REPLICA_SETS:
            return (event.stored.key,)
        if source == PODS and b'"ownerReferences"' in event.stored.raw:
            owner = controller_of(event.stored.object())
            if owner and owner["kind"] == "ReplicaSet":
                return (Key(event.stored.key.namespace, owner["name"]),)
        return ()

    async def reconcile(self, key: Key) -> float | None:
        replica_set = self._world.get(REPLICA_SETS, key)
        if replica_set is None:
            return None
        spec = replica_set["spec"]
        selected = self._world.select(PODS, key.namespace, from_object(spec["selector"]))
        own = [pod for pod in selected if owned_by(pod, replica_set) and _counts(pod)]
        active = [pod for pod in own if not pod["metadata"].get("deletionTimestamp")]
        wanted = spec.get("replicas", 1)
        if not replica_set["metadata"].get("deletionTimestamp"):
            missing = min(wanted - len(active), _BATCH)
            for _ in range(missing):
                pod = await self._world.create(PODS, key.namespace, _pod(replica_set))
                active.append(pod)
                self._say(replica_set, "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
            surplus = sorted(active, key=_worth)[: max(0, len(active) - wanted)]
            for pod in surplus:
                pod_key = Key(key.namespace, pod["metadata"]["name"])
                await self._world.delete(PODS, pod_key, uid=pod["metadata"]["uid"])
                active.remove(pod)
                self._say(replica_set, "SuccessfulDelete", f"Deleted pod: {pod_key.name}")
        await self._world.set_status(REPLICA_SETS, replica_set, _status(replica_set, active))
        return _until_available(replica_set, active)

    def _say(self, replica_set: Object, reason: str, message: str) -> None:
        self._recorder.say(replica_set, News("replicaset-controller", reason, message))


def _counts(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")


def _pod(replica_set: Object) -> Object:
    template = copy(replica_set["spec"]["template"])
    metadata = template.get("metadata") or {}
    name = replica_set["metadata"]["name"]
    return {
        "metadata": {
            "generateName": f"{name}-",
            "labels": metadata.get("labels") or {},
            "annotations": metadata.get("annotations") or {},
            "ownerReferences": [reference_to(replica_set)],
        },
        "spec": template["spec"],
    }


def _worth(pod: Object) -> tuple[Any, ...]:
    """Which pod goes first: those without a node, then those not ready, then the youngest."""
    placed = bool(pod["spec"].get("nodeName"))
    ready = condition_of(pod, "Ready") == "True"
    return (placed, ready, _inverted(pod["metadata"]["creationTimestamp"]), pod["metadata"]["name"])


def _inverted(text: str) -> tuple[int, ...]:
    return tuple(-ord(char) for char in text)


def is_available(pod: Object, min_ready_seconds: int) -> bool:
    """Ready for long enough."""
    return condition_of(pod, "Ready") == "True" and seconds_ready(pod) >= min_ready_seconds


def seconds_ready(pod: Object) -> float:
    """How long the pod has been ready."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition["type"] == "Ready" and condition["status"] == "True":
            since = datetime.fromisoformat(condition["lastTransitionTime"].replace("Z", "+00:00"))
            return (datetime.now(UTC) - since).total_seconds()
    return 0.0


def _until_available(replica_set: Object, pods: list[Object]) -> float | None:
    needed = replica_set["spec"].get("minReadySeconds", 0)
    if not needed:
        return None
    waits = [needed - seconds_ready(pod) for pod in pods if condition_of(pod, "Ready") == "True"]
    return min((wait for wait in waits if wait > 0), default=None)


def _status(replica_set: Object, pods: list[Object]) -> dict[str, Any]:
    needed = replica_set["spec"].get("minReadySeconds", 0)
    template = (replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}
    ready = [pod for pod in pods if condition_of(pod, "Ready") == "True"]
    status = {
        "replicas": len(pods),
        "fullyLabeledReplicas": sum(template.items() <= (p["metadata"].get("labels") or {}).items() for p in pods),
        "readyReplicas": len(ready),
        "availableReplicas": sum(is_available(pod, needed) for pod in ready),
        "observedGeneration": replica_set["metadata"].get("generation", 1),
    }
    return {"replicas": status["replicas"], **{k: v for k, v in status.items() if v}}

"""Deployments make a ReplicaSet for each template and move replicas from the old ones to the new one, step by step."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from typing import Any

from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.calls import timestamp
from albc.local.kubernetes.controllers.recorder import News, Recorder
from albc.local.kubernetes.controllers.world import (
    DEPLOYMENTS,
    REPLICA_SETS,
    World,
    controller_of,
    owned_by,
    reference_to,
    with_condition,
)
from albc.local.kubernetes.selectors import from_object
from albc.local.kubernetes.store import Event, Key, StorageName, copy, encode

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


class Deployments:
    """Keeps Deployments' ReplicaSets."""

    workers = 2

    def __init__(self, world: World, recorder: Recorder) -> None:
        self._world = world.named("kube-controller-manager")
        self._recorder = recorder

    def keys(self, source: StorageName, event: Event) -> Iterable[Key]:
        if source == DEPLOYMENTS:
            return (event.stored.key,)
        if source == REPLICA_SETS:
            owner = controller_of(event.stored.object())
            if owner and owner["kind"] == "Deployment":
                return (Key(event.stored.key.namespace, owner["name"]),)
        return ()

    async def reconcile(self, key: Key) -> float | None:
        deployment = self._world.get(DEPLOYMENTS, key)
        if deployment is None or deployment["metadata"].get("deletionTimestamp"):
            return None
        selector = from_object(deployment["spec"]["selector"])
        own = [rs for rs in self._world.select(REPLICA_SETS, key.namespace, selector) if owned_by(rs, deployment)]
        own.sort(key=lambda rs: (rs["metadata"]["creationTimestamp"], rs["metadata"]["name"]))
        new = next((rs for rs in own if _same_template(rs, deployment)), None)
        old = [rs for rs in own if rs is not new]
        paused = bool(deployment["spec"].get("paused"))
        if new is None and not paused:
            new = await self._world.create(REPLICA_SETS, key.namespace, _replica_set(deployment, old))
            self._say_scaled(deployment, new, 0)
        if not paused:
            await self._mark_revision(deployment, new, old)
            for replica_set, replicas in _step(deployment, new, old):
                await self._scale(deployment, replica_set, replicas)
            await self._clean_up(deployment, old)
        await self._report(deployment, new, old)
        return None

    def _say_scaled(self, deployment: Object, replica_set: Object, before: int) -> None:
        now = replica_set["spec"].get("replicas", 0)
        if now != before:
            way = "up" if now > before else "down"
            text = f"Scaled {way} replica set {replica_set['metadata']['name']} from {before} to {now}"
            self._recorder.say(deployment, News("deployment-controller", "ScalingReplicaSet", text))

    async def _scale(self, deployment: Object, replica_set: Object, replicas: int) -> None:
        before = replica_set["spec"].get("replicas", 0)
        if before == replicas:
            return
        replica_set["spec"]["replicas"] = replicas
        key = Key(replica_set["metadata"]["namespace"], replica_set["metadata"]["name"])
        await self._world.modify(
            REPLICA_SETS, key, lambda live: {**live, "spec": {**live["spec"], "replicas": replicas}}
        )
        self._say_scaled(deployment, replica_set, before)

    async def _mark_revision(self, deployment: Object, new: Object | None, old: list[Object]) -> None:
        """A template that comes back gets the newest revision; the Deployment shows it."""
        if new is None:
            return
        revision = max([_revision(rs) for rs in old], default=0) + 1
        if _revision(new) < revision:
            key = Key(new["metadata"]["namespace"], new["metadata"]["name"])
            await self._world.modify(REPLICA_SETS, key, lambda live: _annotated(live, str(revision)))
        else:
            revision = _revision(new)
        if (deployment["metadata"].get("annotations") or {}).get(REVISION) != str(revision):
            key = Key(deployment["metadata"]["namespace"], deployment["metadata"]["name"])
            await self._world.modify(DEPLOYMENTS, key, lambda live: _annotated(live, str(revision)))

    async def _clean_up(self, deployment: Object, old: list[Object]) -> None:
        limit = deployment["spec"].get("revisionHistoryLimit", 10)
        empty = [rs for rs in old if not rs["spec"].get("replicas") and not (rs.get("status") or {}).get("replicas")]
        for replica_set in sorted(empty, key=_revision)[: max(0, len(empty) - limit)]:
            metadata = replica_set["metadata"]
            key = Key(metadata["namespace"], metadata["name"])
            await self._world.delete(REPLICA_SETS, key, uid=metadata["uid"])

    async def _report(self, deployment: Object, new: Object | None, old: list[Object]) -> None:
        status = _status(deployment, new, old)
        await self._world.set_status(DEPLOYMENTS, deployment, status)


def _annotated(obj: Object, revision: str) -> Object:
    metadata = {**obj["metadata"], "annotations": {**(obj["metadata"].get("annotations") or {}), REVISION: revision}}
    return {**obj, "metadata": metadata}


def _revision(replica_set: Object) -> int:
    return int((replica_set["metadata"].get("annotations") or {}).get(REVISION, 0))


def _template(template: Mapping[str, Any]) -> Object:
    """A template without the label that tells templates apart."""
    result: Object = copy(template)
    labels = (result.get("metadata") or {}).get("labels") or {}
    labels.pop(HASH_LABEL, None)
    return result


def _same_template(replica_set: Object, deployment: Object) -> bool:
    return _template(replica_set["spec"]["template"]) == _template(deployment["spec"]["template"])


def _hash(deployment: Object, collisions: int) -> str:
    number = int.from_bytes(hashlib.sha256(encode(_template(deployment["spec"]["template"]))).digest()[:8], "big")
    number += collisions
    letters = []
    for _ in range(10):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    return "".join(letters)


def _replica_set(deployment: Object, old: list[Object]) -> Object:
    suffix = _hash(deployment, (deployment.get("status") or {}).get("collisionCount", 0))
    template = copy(deployment["spec"]["template"])
    labels = template.setdefault("metadata", {}).setdefault("labels", {})
    labels[HASH_LABEL] = suffix
    selector = copy(deployment["spec"]["selector"])
    selector.setdefault("matchLabels", {})[HASH_LABEL] = suffix
    spec = deployment["spec"]
    revision = max([_revision(rs) for rs in old], default=0) + 1
    return {
        "metadata": {
            "name": f"{deployment['metadata']['name']}-{suffix}",
            "labels": labels,
            "annotations": {REVISION: str(revision)},
            "ownerReferences": [reference_to(deployment)],
        },
        "spec": {
            "replicas": 0 if old else spec.get("replicas", 1),
            "minReadySeconds": spec.get("minReadySeconds", 0),
            "selector": selector,
            "template": template,
        },
    }


def _amount(value: int | str, total: int, *, up: bool) -> int:
    """A number, or a percentage of `total`."""
    if isinstance(value, int):
        return value
    share = int(value.rstrip("%")) * total / 100
    return math.ceil(share) if up else math.floor(share)


def _bounds(deployment: Object) -> tuple[int, int]:
    """The most pods that there may be, and the fewest that must be available."""
    spec = deployment["spec"]
    replicas = spec.get("replicas", 1)
    if spec["strategy"].get("type") == "Recreate":
        return replicas, 0
    rolling = spec["strategy"].get("rollingUpdate") or {}
    surge = _amount(rolling.get("maxSurge", 1), replicas, up=True)
    unavailable = _amount(rolling.get("maxUnavailable", 0), replicas, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return replicas + surge, replicas - min(unavailable, replicas)


def _step(deployment: Object, new: Object | None, old: list[Object]) -> list[tuple[Object, int]]:
    """The next size of each ReplicaSet whose size should change."""
    wanted = deployment["spec"].get("replicas", 1)
    active = [rs for rs in old if rs["spec"].get("replicas") or (rs.get("status") or {}).get("replicas")]
    if new is None:
        return []
    if not active:
        return [(new, wanted)]
    if deployment["spec"]["strategy"].get("type") == "Recreate":
        return [(rs, 0) for rs in active]
    most, fewest = _bounds(deployment)
    steps: list[tuple[Object, int]] = []
    size = new["spec"].get("replicas", 0)
    total = size + sum(rs["spec"].get("replicas", 0) for rs in active)
    if size != wanted:
        size = min(wanted, size + max(0, most - total)) if size < wanted else wanted
        steps.append((new, size))
    # By what is wanted, not only by what is reported: a report may not know yet of the last step.
    missing = size - min(size, (new.get("status") or {}).get("availableReplicas", 0))
    room = size + sum(rs["spec"].get("replicas", 0) for rs in active) - fewest - missing
    spare = sum((rs.get("status") or {}).get("availableReplicas", 0) for rs in [new, *active]) - fewest
    for replica_set in active:
        have = replica_set["spec"].get("replicas", 0)
        broken = max(0, have - (replica_set.get("status") or {}).get("availableReplicas", 0))
        going = min(broken, max(0, room))
        healthy = min(have - broken, max(0, spare), max(0, room - going))
        room -= going + healthy
        spare -= healthy
        if going + healthy:
            steps.append((replica_set, have - going - healthy))
    return steps


def _status(deployment: Object, new: Object | None, old: list[Object]) -> Object:
    now = timestamp()
    before = deployment.get("status") or {}
    every = [rs.get("status") or {} for rs in [*([new] if new else []), *old]]
    total = sum(s.get("replicas", 0) for s in every)
    available = sum(s.get("availableReplicas", 0) for s in every)
    wanted = deployment["spec"].get("replicas", 1)
    counts = {
        "replicas": total,
        "updatedReplicas": ((new or {}).get("status") or {}).get("replicas", 0),
        "readyReplicas": sum(s.get("readyReplicas", 0) for s in every),
        "availableReplicas": available,
        "unavailableReplicas": max(0, max(total, wanted) - available),
    }
    _, fewest = _bounds(deployment)
    enough = available >= fewest
    complete = counts["updatedReplicas"] == wanted == total == available
    name = new["metadata"]["name"] if new else deployment["metadata"]["name"]
    conditions = with_condition(
        before.get("conditions") or [],
        {
            "type": "Available",
            "status": "True" if enough else "False",
            "lastUpdateTime": now,
            "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
            "message": f"Deployment {'has' if enough else 'does not have'} minimum availability.",
        },
        now,
    )
    conditions = with_condition(
        conditions,
        {
            "type": "Progressing",
            "status": "True",
            "lastUpdateTime": now,
            "reason": "NewReplicaSetAvailable" if complete else "ReplicaSetUpdated",
            "message": f'ReplicaSet "{name}" {"has successfully progressed" if complete else "is progressing"}.',
        },
        now,
    )
    kept = {c["type"]: c for c in before.get("conditions") or []}
    conditions = [_quiet(c, kept.get(c["type"])) for c in conditions]
    status = {k: v for k, v in counts.items() if v}
    return {"observedGeneration": deployment["metadata"].get("generation", 1), **status, "conditions": conditions}


def _quiet(new: Object, old: Mapping[str, Any] | None) -> Object:
    """The condition with its former update time, if nothing else changed."""
    if old and {**new, "lastUpdateTime": ""} == {**old, "lastUpdateTime": ""}:
        return dict(old)
    return new

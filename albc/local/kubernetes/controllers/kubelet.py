"""Scheduler and kubelet in one: pods get a node, an address and a runtime, become Ready, and end.

A pod is Ready when its runtime serves and the conditions of its readiness gates are True. A deleted pod has as long as
its grace period for `lifecycle.preStop` (`sleep`, or `exec` of a sleep) and for its runtime to stop.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import anyio

from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.calls import timestamp
from albc.local.kubernetes.controllers.recorder import News, Recorder, Type
from albc.local.kubernetes.controllers.world import NODES, PODS, World, with_condition
from albc.local.kubernetes.kinds.pool import AddressRange, Pool
from albc.local.kubernetes.options import ClusterOptions
from albc.local.kubernetes.runtime import ImageUnknown, PodRuntime
from albc.local.kubernetes.store import Event, Key, StorageName

_SCHEDULER = "default-scheduler"
_FIRST_POD_ADDRESS = 256
_PULL_RETRY = 5.0
_RETRY = 1.0
_ENDED = ("Succeeded", "Failed")


class Kubelet:
    """Plays every node's kubelet, and the scheduler."""

    workers = 32

    def __init__(self, world: World, options: ClusterOptions, runtime: PodRuntime | None, recorder: Recorder) -> None:
        self._world = world.named("kubelet")
        self._recorder = recorder
        self._runtime = runtime
        self._nodes = {node.name: node for node in options.nodes}
        self._pools = {n.name: Pool(AddressRange(n.pod_cidr, _FIRST_POD_ADDRESS)) for n in options.nodes}
        self._turn = itertools.count()
        self._started: dict[str, tuple[str, str]] = {}  # pod uid -> node and address
        self._not_before: dict[str, float] = {}  # pod uid -> when to try again what failed
        self._by_key: dict[Key, str] = {}  # pod -> uid of the one that was started under this name

    def keys(self, source: StorageName, event: Event) -> Iterable[Key]:
        if source != PODS:
            return ()
        return () if event.type == "DELETED" and event.stored.key not in self._by_key else (event.stored.key,)

    async def reconcile(self, key: Key) -> float | None:
        pod = self._world.get(PODS, key)
        started = self._by_key.get(key)
        if started is not None and (pod is None or pod["metadata"]["uid"] != started):
            await self._release(key)  # deleted at once, without asking its kubelet
        if pod is None:
            return None
        if pod["metadata"].get("deletionTimestamp"):
            await self._terminate(key, pod)
            return None
        if (pod.get("status") or {}).get("phase") in _ENDED:
            return None
        if not pod["spec"].get("nodeName"):
            node = self._place(pod)
            if node is None:
                await self._report(key, pod["metadata"]["uid"], _unschedulable)
                if not pod["spec"].get("schedulingGates"):
                    text = f"0/{len(self._nodes)} nodes are available."
                    self._recorder.say(pod, News(_SCHEDULER, "FailedScheduling", text, "Warning"))
                return _PULL_RETRY
            pod["spec"]["nodeName"] = node
            self._recorder.say(pod, News(_SCHEDULER, "Scheduled", f"Successfully assigned {'/'.join(key)} to {node}"))
            await self._world.modify(PODS, key, lambda live: {**live, "spec": {**live["spec"], "nodeName": node}})
        if pod["spec"]["nodeName"] not in self._nodes:
            return None
        return await self._run(key, pod)

    # -- placing ---------------------------------------------------------------------------------------------------

    def _place(self, pod: Object) -> str | None:
        """The next node in turn that takes the pod."""
        if pod["spec"].get("schedulingGates"):
            return None
        stored = [self._world.get(NODES, Key("", name)) for name in self._nodes]
        wanted = (pod["spec"].get("nodeSelector") or {}).items()
        fit = [
            node["metadata"]["name"]
            for node in stored
            if node is not None
            and not (node.get("spec") or {}).get("unschedulable")
            and wanted <= (node["metadata"].get("labels") or {}).items()
        ]
        return fit[next(self._turn) % len(fit)] if fit else None

    # -- running ---------------------------------------------------------------------------------------------------

    async def _run(self, key: Key, pod: Object) -> float | None:
        uid, node = pod["metadata"]["uid"], pod["spec"]["nodeName"]
        pause = self._not_before.get(uid, 0.0) - anyio.current_time()
        if pause > 0:
            return pause  # its own failure, written down, has woken us
        if uid not in self._started:
            pool = self._pools[node]
            address = pool.pick()
            pool.take(address)
            self._started[uid] = (node, address)
            self._by_key[key] = uid
            try:
                await self._begin(key, pod, address)
            except ImageUnknown as unknown:
                why = str(unknown)
                await self._release(key)
                self._not_before[uid] = anyio.current_time() + _PULL_RETRY
                await self._report(key, uid, lambda live: _waiting(live, live["status"], "ErrImagePull", why))
                self._say(pod, "Failed", f'Failed to pull image "{unknown.image}": {why}', type="Warning")
                return _PULL_RETRY
            except BaseException:
                await self._release(key)
                self._not_before[uid] = anyio.current_time() + _RETRY
                raise
            self._not_before.pop(uid, None)
            for container in pod["spec"]["containers"]:
                name, image = container["name"], container.get("image", "")
                self._say(pod, "Pulled", f'Container image "{image}" already present on machine', container=name)
                self._say(pod, "Created", f"Created container: {name}", container=name)
                self._say(pod, "Started", f"Started container {name}", container=name)
        address = self._started[uid][1]
        await self._report(key, uid, lambda live: _running(live, self._with_address(live, address)))
        return None

    def _say(self, pod: Object, reason: str, message: str, *, container: str = "", type: Type = "Normal") -> None:
        self._recorder.say(pod, News("kubelet", reason, message, type, pod["spec"]["nodeName"], container))

    async def _begin(self, key: Key, pod: Object, address: str) -> None:
        """Gives the pod its address and has its runtime serve there. Raises what the runtime raises."""
        if self._runtime is None:
            return
        creating = "ContainerCreating"
        await self._report(
            key, pod["metadata"]["uid"], lambda live: _waiting(live, self._with_address(live, address), creating, "")
        )
        await self._runtime.start({**pod, "status": self._with_address(pod, address)})

    async def _report(self, key: Key, uid: str, status: Callable[[Object], Object]) -> None:
        """Writes what `status` makes of the pod as it is then: conditions that others set meanwhile are not lost."""
        pod = self._world.get(PODS, key)
        if pod is None or pod["metadata"]["uid"] != uid or status(pod) == pod.get("status"):
            return

        def change(live: Object) -> Object:
            return {**live, "status": status(live)} if live["metadata"]["uid"] == uid else live

        await self._world.modify(PODS, key, change, "status")

    def _with_address(self, pod: Object, address: str) -> dict[str, Any]:
        host = self._nodes[pod["spec"]["nodeName"]].internal_ip
        if pod["spec"].get("hostNetwork"):
            address = host
        status = dict(pod.get("status") or {})
        status |= {"hostIP": host, "hostIPs": [{"ip": host}], "podIP": address, "podIPs": [{"ip": address}]}
        status.setdefault("startTime", timestamp())
        return status

    # -- ending ----------------------------------------------------------------------------------------------------

    async def _terminate(self, key: Key, pod: Object) -> None:
        uid = pod["metadata"]["uid"]
        grace = pod["metadata"].get("deletionGracePeriodSeconds") or 0
        if uid in self._started:
            for container in pod["spec"]["containers"]:
                name = container["name"]
                self._say(pod, "Killing", f"Stopping container {name}", container=name)
            with anyio.move_on_after(grace):
                await anyio.sleep(_pre_stop_seconds(pod))
            await self._release(key)
        self._not_before.pop(uid, None)
        await self._world.delete(PODS, key, uid=uid, grace=0)

    async def _release(self, key: Key) -> None:
        """Stops the pod's runtime and takes its address back."""
        uid = self._by_key.pop(key)
        node, address = self._started.pop(uid)
        if self._runtime is not None:
            await self._runtime.stop(uid)
        self._pools[node].release(address)


def _pre_stop_seconds(pod: Object) -> float:
    """How long the longest preStop hook takes."""
    longest = 0.0
    for container in pod["spec"].get("containers") or []:
        hook = (container.get("lifecycle") or {}).get("preStop") or {}
        if "sleep" in hook:
            longest = max(longest, float(hook["sleep"].get("seconds", 0)))
        command = " ".join((hook.get("exec") or {}).get("command") or []).split()
        if "sleep" in command[:-1]:
            amount = command[command.index("sleep") + 1]
            longest = max(longest, float(amount) if amount.isdigit() else 0.0)
    return longest


def _container(container: Mapping[str, Any], uid: str, state: Mapping[str, Any], *, ready: bool) -> dict[str, Any]:
    status = {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": container.get("image", "") if ready else "",
        "ready": ready,
        "started": ready,
        "restartCount": 0,
        "state": dict(state),
    }
    return {**status, "containerID": f"albc://{uid}/{container['name']}"} if ready else status


def _waiting(pod: Object, status: Object, reason: str, message: str) -> Object:
    """The status of a pod whose containers do not run yet."""
    status = dict(status)
    waiting = {"reason": reason, "message": message} if message else {"reason": reason}
    containers = [
        _container(c, pod["metadata"]["uid"], {"waiting": waiting}, ready=False) for c in pod["spec"]["containers"]
    ]
    names = [c["name"] for c in pod["spec"]["containers"]]
    why = f"containers with unready status: [{' '.join(names)}]"
    for kind, good in (("PodScheduled", True), ("Initialized", True), ("ContainersReady", False), ("Ready", False)):
        _set(status, kind, good, "" if good else "ContainersNotReady", "" if good else why)
    return {**status, "phase": "Pending", "containerStatuses": containers}


def _unschedulable(pod: Object) -> dict[str, Any]:
    status = dict(pod.get("status") or {"phase": "Pending"})
    gated = bool(pod["spec"].get("schedulingGates"))
    _set(
        status,
        "PodScheduled",
        False,
        "SchedulingGated" if gated else "Unschedulable",
        "Scheduling is blocked due to non-empty scheduling gates" if gated else "0 nodes are available",
    )
    return status


def _running(pod: Object, status: dict[str, Any]) -> dict[str, Any]:
    """The status of a pod whose containers run: Ready if its readiness gates agree."""
    before = {c["name"]: c for c in (pod.get("status") or {}).get("containerStatuses") or []}
    containers = []
    for container in pod["spec"]["containers"]:
        old = before.get(container["name"]) or {}
        started = ((old.get("state") or {}).get("running") or {}).get("startedAt") or timestamp()
        state = {"running": {"startedAt": started}}
        containers.append(_container(container, pod["metadata"]["uid"], state, ready=True))
    for kind in ("PodReadyToStartContainers", "PodScheduled", "Initialized", "ContainersReady"):
        _set(status, kind, True)
    have = {c["type"]: c["status"] for c in status.get("conditions") or []}
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates") or []]
    missing = [gate for gate in gates if gate not in have]
    refusing = [gate for gate in gates if have.get(gate, "True") != "True"]
    texts = [f'corresponding condition of pod readiness gate "{gate}" does not exist.' for gate in missing]
    texts += [f'the status of pod readiness gate "{gate}" is not "True", but {have[gate]}' for gate in refusing]
    _set(status, "Ready", not texts, "ReadinessGatesNotReady" if texts else "", ", ".join(texts))
    return {**status, "phase": "Running", "containerStatuses": containers}


def _set(status: dict[str, Any], kind: str, good: bool, reason: str = "", message: str = "") -> None:
    condition = {"type": kind, "status": "True" if good else "False"}
    old = [
        {k: v for k, v in have.items() if k not in ("reason", "message")} if have["type"] == kind else have
        for have in status.get("conditions") or []
    ]
    if reason:
        condition |= {"reason": reason, "message": message}
    status["conditions"] = with_condition(old, condition, timestamp())

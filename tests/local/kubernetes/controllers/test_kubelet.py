"""The played kubelet and whoever runs the pods: when a runtime starts and stops, what the pod says meanwhile."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from albc.local.kubernetes import Cluster, ImageUnknown
from albc.local.kubernetes.calls import Target, WriteOptions
from albc.local.kubernetes.deleting import DeleteOptions
from albc.local.kubernetes.store import Key, StorageName

Object = dict[str, Any]
pytestmark = pytest.mark.anyio
PODS = StorageName("", "pods")
KEY = Key("default", "p")


class Runtime:
    """Remembers what it was told; waits for `gate` before it serves, raises `fault` instead of serving."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str]] = []
        self.stopped: list[str] = []
        self.gate = anyio.Event()
        self.gate.set()
        self.fault: Exception | None = None

    async def start(self, pod: Mapping[str, Any]) -> None:
        self.started.append((pod["metadata"]["name"], pod["status"]["podIP"]))
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault

    async def stop(self, pod_uid: str) -> None:
        self.stopped.append(pod_uid)


@asynccontextmanager
async def running(runtime: Runtime) -> AsyncIterator[Cluster]:
    async with Cluster(runtime=runtime) as cluster:
        yield cluster


async def create(cluster: Cluster, **spec: Any) -> Object:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "echo:1"}], **spec}}
    target = Target(cluster.registry.builtin("v1", "Pod"), "default")
    return (await cluster.writer.create(target, pod, WriteOptions())).object


async def delete(cluster: Cluster, grace: int | None = None) -> None:
    target = Target(cluster.registry.builtin("v1", "Pod"), *KEY)
    await cluster.deleter.delete(target, DeleteOptions(grace), WriteOptions())


async def until(cluster: Cluster, fits: Callable[[Object | None], bool]) -> Object:
    """The pod as soon as it fits (an empty object when it has gone)."""
    collection = cluster.store.collection(PODS)
    with anyio.fail_after(60):
        while True:
            changed = collection.log.changed
            stored = collection.get(KEY)
            pod = stored.object() if stored else None
            if fits(pod):
                return pod or {}
            await changed.wait()


def condition(pod: Object | None, kind: str) -> str:
    conditions = ((pod or {}).get("status") or {}).get("conditions") or []
    return next((c["status"] for c in conditions if c["type"] == kind), "")


def waiting(pod: Object | None) -> str:
    statuses = ((pod or {}).get("status") or {}).get("containerStatuses") or [{}]
    return str(((statuses[0].get("state") or {}).get("waiting") or {}).get("reason", ""))


async def test_a_pod_is_ready_when_its_runtime_serves_and_not_before() -> None:
    runtime = Runtime()
    runtime.gate = anyio.Event()
    async with running(runtime) as cluster:
        await create(cluster)
        creating = await until(cluster, lambda pod: waiting(pod) == "ContainerCreating")
        assert condition(creating, "Ready") == "False"
        runtime.gate.set()
        ready = await until(cluster, lambda pod: condition(pod, "Ready") == "True")
        assert runtime.started == [("p", ready["status"]["podIP"])]


async def test_a_condition_that_is_set_while_the_runtime_starts_is_not_lost() -> None:
    runtime = Runtime()
    runtime.gate = anyio.Event()
    async with running(runtime) as cluster:
        await create(cluster, readinessGates=[{"conditionType": "example.com/in"}])
        await until(cluster, lambda pod: waiting(pod) == "ContainerCreating")
        target = Target(cluster.registry.builtin("v1", "Pod"), *KEY, "status")

        def register(pod: Object) -> Object:
            pod["status"]["conditions"].append({"type": "example.com/in", "status": "True"})
            return pod

        await cluster.writer.modify(target, register, WriteOptions(manager="tester"))
        runtime.gate.set()
        await until(cluster, lambda pod: condition(pod, "Ready") == "True")


async def test_a_deleted_pod_goes_when_its_runtime_has_stopped() -> None:
    runtime = Runtime()
    async with running(runtime) as cluster:
        pod = await create(cluster)
        await until(cluster, lambda pod: condition(pod, "Ready") == "True")
        await delete(cluster)
        await until(cluster, lambda pod: pod is None)
        assert runtime.stopped == [pod["metadata"]["uid"]]


async def test_a_pod_that_was_deleted_at_once_is_stopped_too() -> None:
    runtime = Runtime()
    async with running(runtime) as cluster:
        first = await create(cluster)
        await until(cluster, lambda pod: condition(pod, "Ready") == "True")
        await delete(cluster, grace=0)
        second = await create(cluster)
        await until(cluster, lambda pod: condition(pod, "Ready") == "True")
        assert runtime.stopped == [first["metadata"]["uid"]]
        assert first["metadata"]["uid"] != second["metadata"]["uid"]


async def test_an_unknown_image_is_told_and_nothing_is_ready() -> None:
    runtime = Runtime()
    runtime.fault = ImageUnknown("echo:1")
    async with running(runtime) as cluster:
        await create(cluster)
        pod = await until(cluster, lambda pod: waiting(pod) == "ErrImagePull")
        assert condition(pod, "Ready") == "False"
        assert "echo:1" in pod["status"]["containerStatuses"][0]["state"]["waiting"]["message"]


async def test_what_a_runtime_cannot_start_is_not_ready_and_holds_up_nobody() -> None:
    runtime = Runtime()
    runtime.fault = OSError("no port is free")
    async with running(runtime) as cluster:
        await create(cluster)
        await until(cluster, lambda pod: bool(runtime.stopped))
        assert condition(await until(cluster, lambda pod: True), "Ready") == "False"


@pytest.mark.parametrize("hook", [{"sleep": {"seconds": 60}}, {"exec": {"command": ["sleep", "60"]}}])
async def test_a_pod_has_no_longer_than_its_grace_period(hook: Object) -> None:
    runtime = Runtime()
    async with running(runtime) as cluster:
        containers = [{"name": "c", "image": "echo:1", "lifecycle": {"preStop": hook}}]
        await create(cluster, containers=containers)
        await until(cluster, lambda pod: condition(pod, "Ready") == "True")
        await delete(cluster, grace=1)
        going = await until(cluster, lambda pod: pod is not None and "deletionTimestamp" in pod["metadata"])
        assert condition(going, "Ready") == "True"
        await until(cluster, lambda pod: pod is None)


async def test_an_address_is_used_again_only_after_its_pod_has_gone() -> None:
    runtime = Runtime()
    async with running(runtime) as cluster:
        await create(cluster)
        first = await until(cluster, lambda pod: condition(pod, "Ready") == "True")
        await delete(cluster)
        await until(cluster, lambda pod: pod is None)
        await create(cluster)
        second = await until(cluster, lambda pod: condition(pod, "Ready") == "True")
        assert first["status"]["podIP"] != second["status"]["podIP"]

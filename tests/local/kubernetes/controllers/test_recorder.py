"""What the played scheduler, kubelet and controllers say of what they do."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from albc.local.kubernetes import Cluster
from albc.local.kubernetes.calls import Target, WriteOptions
from albc.local.kubernetes.store import Key, StorageName

Object = dict[str, Any]
pytestmark = pytest.mark.anyio
EVENTS = StorageName("", "events")
CONTAINER = {"name": "c", "image": "echo:1"}


async def create(cluster: Cluster, api_version: str, kind: str, body: Object) -> Object:
    target = Target(cluster.registry.builtin(api_version, kind), "default")
    return (await cluster.writer.create(target, body, WriteOptions())).object


async def heard(cluster: Cluster, enough: Callable[[list[Object]], bool]) -> list[Object]:
    """The events, as soon as there are enough of them."""
    collection = cluster.store.collection(EVENTS)
    with anyio.fail_after(60):
        while True:
            changed = collection.log.changed
            events = [stored.object() for stored in collection.values()]
            if enough(events):
                return events
            await changed.wait()


def reasons(events: list[Object], kind: str) -> set[str]:
    return {event["reason"] for event in events if event["involvedObject"]["kind"] == kind}


async def test_a_pod_s_way_into_life_is_told() -> None:
    async with Cluster() as cluster:
        pod = await create(cluster, "v1", "Pod", {"metadata": {"name": "p"}, "spec": {"containers": [CONTAINER]}})
        wanted = {"Scheduled", "Pulled", "Created", "Started"}
        events = await heard(cluster, lambda events: reasons(events, "Pod") == wanted)
    (started,) = [event for event in events if event["reason"] == "Started"]
    assert started["involvedObject"]["uid"] == pod["metadata"]["uid"]
    assert started["involvedObject"]["fieldPath"] == "spec.containers{c}"
    assert started["source"]["component"] == "kubelet"
    assert started["source"]["host"].startswith("node-")


async def test_a_deployment_tells_what_it_scales_and_its_replica_set_whom_it_makes() -> None:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    async with Cluster() as cluster:
        await create(cluster, "apps/v1", "Deployment", {"metadata": {"name": "web"}, "spec": spec})
        events = await heard(cluster, lambda events: "SuccessfulCreate" in reasons(events, "ReplicaSet"))
    (scaled,) = [event for event in events if event["reason"] == "ScalingReplicaSet"]
    assert scaled["message"].startswith("Scaled up replica set web-")
    assert scaled["message"].endswith("from 0 to 2")


async def test_the_same_news_again_is_counted() -> None:
    def twice(events: list[Object]) -> bool:
        return [event["count"] for event in events if event["reason"] == "FailedScheduling"] == [2]

    async with Cluster() as cluster:
        spec = {"containers": [CONTAINER], "nodeSelector": {"no": "where"}}
        await create(cluster, "v1", "Pod", {"metadata": {"name": "p"}, "spec": spec})
        await heard(cluster, lambda events: bool(events))
        target = Target(cluster.registry.builtin("v1", "Pod"), *Key("default", "p"))
        await cluster.writer.modify(  # a change has the scheduler look again
            target, lambda pod: {**pod, "metadata": {**pod["metadata"], "labels": {"a": "b"}}}, WriteOptions()
        )
        events = await heard(cluster, twice)
    assert [event["type"] for event in events] == ["Warning"]

"""A binding that its checkpoint let off is looked at in full once, later."""

from types import SimpleNamespace
from typing import Any

import pytest
from memory_cluster import MemoryCluster

from albc.controllers.deferred_bindings import LEAST_SECONDS, SPREAD_SECONDS, Deferral, DeferredBindings, delay
from albc.engine.outcome import Done, Requeue
from albc.engine.store import ObjectKey
from albc.local.aws import ManualClock

pytestmark = pytest.mark.anyio

KEY = ObjectKey("shop", "web")
SYNC_SECONDS = 36_000.0


class Queue:
    def __init__(self) -> None:
        self.added: list[tuple[ObjectKey, float]] = []

    def add_after(self, key: ObjectKey, seconds: float) -> None:
        self.added.append((key, seconds))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def deferral(queue: Queue, clock: ManualClock) -> Deferral:
    given: Any = queue
    return Deferral(given, SYNC_SECONDS, clock)


def test_a_deferred_binding_waits_30_to_45_minutes(deferral: Deferral, queue: Queue) -> None:
    deferral.defer(KEY)
    ((key, seconds),) = queue.added
    assert key == KEY
    assert LEAST_SECONDS <= seconds < LEAST_SECONDS + SPREAD_SECONDS


def test_delays_are_spread() -> None:
    assert len({delay() for _ in range(20)}) > 1


def test_a_binding_is_deferred_once_in_a_sync_period(deferral: Deferral, queue: Queue, clock: ManualClock) -> None:
    for _ in range(3):
        deferral.defer(KEY)
    assert len(queue.added) == 1
    clock.advance(SYNC_SECONDS)
    deferral.defer(KEY)
    assert len(queue.added) == 2


def test_a_binding_that_had_a_full_pass_is_not_deferred(deferral: Deferral, queue: Queue) -> None:
    deferral.processed(KEY)
    deferral.defer(KEY)
    assert queue.added == []


def test_a_binding_that_is_gone_is_forgotten(deferral: Deferral, queue: Queue) -> None:
    deferral.defer(KEY)
    deferral.forget(KEY)
    deferral.defer(KEY)
    assert len(queue.added) == 2


# When its time has come


def cluster_with(checkpoint: str) -> MemoryCluster:
    cluster = MemoryCluster()
    metadata = {"name": "web", "annotations": {"elbv2.k8s.aws/checkpoint": checkpoint}}
    spec = {"serviceRef": {"name": "web", "port": 80}}
    cluster.apply("TargetGroupBinding", {"metadata": metadata, "spec": spec})
    return cluster


async def expire(cluster: MemoryCluster) -> Any:
    client: Any = cluster
    context: Any = SimpleNamespace()
    return await DeferredBindings(client).reconcile(KEY, context)


async def test_its_checkpoint_is_taken_back_with_the_time() -> None:
    cluster = cluster_with("fits")
    assert await expire(cluster) == Done()
    annotations = cluster.read("TargetGroupBinding", "web")["metadata"]["annotations"]
    assert annotations["elbv2.k8s.aws/checkpoint"] == ""
    assert annotations["elbv2.k8s.aws/checkpoint-timestamp"].isdigit()


async def test_a_binding_that_is_gone_is_dropped() -> None:
    assert await expire(MemoryCluster()) == Done()


async def test_when_the_api_server_is_away_it_waits_anew() -> None:
    cluster = cluster_with("fits")
    cluster.down = True
    outcome = await expire(cluster)
    assert isinstance(outcome, Requeue)
    assert outcome.after is not None
    assert outcome.after >= LEAST_SECONDS

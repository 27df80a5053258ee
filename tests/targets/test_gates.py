"""Conditions of readiness gates on Pods, and how long Pods waited for them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from memory_cluster import MemoryCluster

from albc.targets.gates import Gates
from albc.targets.readiness import REGISTERING, GateStatus
from albc.telemetry.metrics import Metrics

pytestmark = pytest.mark.anyio

GATE = "target-health.elbv2.k8s.aws/web"
OPEN = GateStatus("True")
SHUT = GateStatus("False", "Target.Timeout", "Request timed out", probe_again=True)


class Time:
    now = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    made = Metrics()
    yield made
    made.shutdown()


@pytest.fixture
def cluster() -> MemoryCluster:
    made = MemoryCluster()
    made.apply("Pod", {"metadata": {"name": "a"}, "spec": {"readinessGates": [{"conditionType": GATE}]}})
    return made


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def gates(cluster: MemoryCluster, metrics: Metrics, time: Time) -> Gates:
    client: Any = cluster
    return Gates(client, metrics.meter, time)


async def say(gates: Gates, cluster: MemoryCluster, status: GateStatus) -> bool:
    return await gates.write("web", [(pod, status) for pod in cluster.typed("Pod")])


def condition(cluster: MemoryCluster) -> dict[str, Any]:
    (found,) = cluster.read("Pod", "a")["status"]["conditions"]
    return dict(found)


async def test_the_transition_time_says_when_the_status_changed_not_the_reason(
    gates: Gates, cluster: MemoryCluster, time: Time
) -> None:
    await say(gates, cluster, REGISTERING)
    time.now = datetime(2026, 1, 1, 12, 0, 20, tzinfo=UTC)
    await say(gates, cluster, SHUT)
    assert condition(cluster)["lastTransitionTime"] == "2026-01-01T12:00:00Z"
    await say(gates, cluster, OPEN)
    assert condition(cluster) == {"type": GATE, "status": "True", "lastTransitionTime": "2026-01-01T12:00:20Z"}


async def test_health_is_asked_for_again_until_the_gate_is_open(gates: Gates, cluster: MemoryCluster) -> None:
    assert await say(gates, cluster, SHUT)
    assert await say(gates, cluster, SHUT)
    assert not await say(gates, cluster, OPEN)


async def test_a_pod_that_is_gone_needs_no_probe(gates: Gates, cluster: MemoryCluster) -> None:
    pods = cluster.typed("Pod")
    cluster.remove("Pod", "a")
    assert not await gates.write("web", [(pod, SHUT) for pod in pods])


async def test_the_time_until_a_gate_opened_is_measured_once(
    gates: Gates, cluster: MemoryCluster, metrics: Metrics, time: Time
) -> None:
    await say(gates, cluster, REGISTERING)
    time.now = datetime(2026, 1, 1, 12, 0, 45, tzinfo=UTC)
    for _ in range(2):
        await say(gates, cluster, OPEN)
    shown = metrics.render().decode()
    assert 'awslbc_readiness_gate_ready_seconds_sum{name="web",namespace="shop"} 45.0' in shown
    assert 'awslbc_readiness_gate_ready_seconds_count{name="web",namespace="shop"} 1.0' in shown

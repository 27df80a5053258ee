"""What a running controller shows: every metric of spec/runtime.md §15, and the leader's event."""

import re

import aiohttp
import pytest
from metric_names import ENGINE
from world import KINDS, World, free_port

from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.kube.client import Selection

pytestmark = pytest.mark.anyio

AWS = {
    "aws_api_calls_total",
    "aws_api_call_duration_seconds",
    "aws_api_call_retries",
    "aws_api_requests_total",
    "aws_api_request_duration_seconds",
    "aws_target_group_info",
}
"""Those of errors show with the first error: `tests/aws/test_metrics.py`."""
CONTROLLER = {
    "awslbc_controller_reconcile_stage_duration",
    "awslbc_controller_cache_object_total",
}
FRAMEWORK = {
    *ENGINE,
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
}


@pytest.fixture(scope="module")
async def shown(world: World) -> str:
    """The page of a controller that has an Ingress in hand: the second one, as the first one shows none."""
    await world.stop_controller()
    port = free_port()
    await world.start_controller(f"--metrics-bind-addr=127.0.0.1:{port}")
    await world.apply_example("ingress")
    await world.reconciled("Ingress", "shop", "cart")

    async def bound() -> bool:
        return any(binding.metadata.finalizers for binding in (await world.client.list(TARGET_GROUP_BINDINGS)).items)

    await world.until(bound, "the binding is in hand")
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as response:
        return await response.text()


async def test_every_metric_that_dashboards_rely_on_is_there(shown: str) -> None:
    types = {line.split()[2] for line in shown.splitlines() if line.startswith("# TYPE")}
    assert sorted((AWS | CONTROLLER | FRAMEWORK) - types) == []


async def test_controllers_queues_and_caches_bear_the_references_names(shown: str) -> None:
    assert set(re.findall(r'workqueue_depth\{controller="([^"]+)"', shown)) >= {
        "ingress",
        "service",
        "targetGroupBinding",
        "gateway.k8s.aws/alb",
        "gateway.k8s.aws/nlb",
        "aws-lbc-gateway-class-controller",
        "aws-lbc-loadbalancerconfiguration-controller",
        "aws-lbc-targetgroupconfiguration-controller",
        "aws-lbc-listenerruleconfiguration-controller",
    }
    cached = set(re.findall(r'awslbc_controller_cache_object_total\{resource="([^"]+)"', shown))
    assert cached >= {"service", "ingress", "targetgroupbinding"}


async def test_a_target_group_is_shown_with_its_service(shown: str) -> None:
    assert re.search(
        r'aws_target_group_info\{namespace="shop",service="[^"]+",target_group="targetgroup/[^"]+/[0-9a-f]+"\} 1\.0',
        shown,
    )


async def test_no_label_grows_with_objects_but_where_the_reference_names_them(shown: str) -> None:
    with_names = {
        line.partition("{")[0]
        for line in shown.splitlines()
        if re.search(r'[{,](namespace|name)="', line) and not line.startswith(("workqueue_", "leader_election_"))
    }
    assert with_names <= {
        "aws_target_group_info",
        "awslbc_controller_top_talkers",
        "awslbc_readiness_gate_ready_seconds",
    }


async def test_the_leader_leaves_events_on_the_lease(world: World, shown: str) -> None:
    assert 'leader_election_master_status{name="aws-load-balancer-controller-leader"} 1.0' in shown

    async def told() -> bool:
        events = (await world.client.list(KINDS["Event"], Selection("kube-system"))).items
        said = [event["message"].partition(" ")[2] for event in events if event["reason"] == "LeaderElection"]
        return "became leader" in said

    await world.until(told, "an event says who leads")

"""Pods behind a load balancer: gates open with their targets' health, and a rollout drops no request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from world import KINDS, World

pytestmark = pytest.mark.anyio

INGRESS = ("Ingress", "roll", "web")
APP = """
apiVersion: v1
kind: Namespace
metadata: {name: roll}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: roll}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: web
          image: nginx:stable
          ports: [{name: http, containerPort: 80}]
          lifecycle: {preStop: {sleep: {seconds: 1}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: roll}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: roll
  annotations:
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/healthcheck-interval-seconds: "5"
    alb.ingress.kubernetes.io/healthcheck-timeout-seconds: "2"
    alb.ingress.kubernetes.io/target-group-attributes: deregistration_delay.timeout_seconds=5
spec:
  ingressClassName: alb
  rules:
    - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""


async def answers(world: World) -> bool:
    answer = await world.ask("http://web.example.com/", INGRESS)
    return answer is not None and answer.status == 200


async def binding_name(world: World) -> str:
    (binding,) = [
        each
        for each in (await world.client.list(KINDS["TargetGroupBinding"])).items
        if each["metadata"]["namespace"] == "roll"
    ]
    return str(binding["metadata"]["name"])


async def roll_out(world: World, changes: object) -> None:
    """Changes the pods' template, and waits until all of them are of the new kind and ready."""
    await world.edit("Deployment", "roll", "web", {"spec": {"template": changes}})

    async def done() -> bool:
        deployment = await world.get("Deployment", "roll", "web")
        status = deployment.get("status") or {}
        return bool(
            status.get("observedGeneration") == deployment["metadata"]["generation"]
            and status.get("updatedReplicas") == status.get("readyReplicas") == status.get("replicas") == 3
        )

    await world.until(done, "the rollout is complete")


async def pods(world: World) -> list[dict[str, Any]]:
    """All of them, those that are about to go included."""
    return [each for each in (await world.client.list(KINDS["Pod"])).items if each["metadata"]["namespace"] == "roll"]


async def only_three(world: World) -> bool:
    return len(await pods(world)) == 3


@dataclass
class Visits:
    sent: int = 0
    wrong: list[object] = field(default_factory=list)
    """Answers that no visitor should get; None where there was none."""


@asynccontextmanager
async def visited(world: World, *, visitors: int, pause: float) -> AsyncIterator[Visits]:
    """People ask all the time, each again `pause` seconds after his last answer."""
    visits = Visits()

    async def visitor() -> None:
        while True:
            answer = await world.ask("http://web.example.com/", INGRESS)
            visits.sent += 1
            if answer is None or answer.status != 200:
                visits.wrong.append(answer)
            await anyio.sleep(pause)

    async with anyio.create_task_group() as tasks:
        for _ in range(visitors):
            tasks.start_soon(visitor)
        yield visits
        tasks.cancel_scope.cancel()


async def served(world: World) -> None:
    """The web server behind targets of type ip, its pods with a gate that has opened."""
    await world.apply_yaml(APP)
    await world.until(lambda: answers(world), "the web server answers")
    await world.until(lambda: has_only(world, "ip"), "the pods are the targets")
    gate = {"conditionType": f"target-health.elbv2.k8s.aws/{await binding_name(world)}"}
    await roll_out(world, {"spec": {"readinessGates": [gate]}})
    await world.until(lambda: only_three(world), "the old pods are gone")


async def has_only(world: World, target_type: str) -> bool:
    """One target group, of this type."""
    groups = world.stack.account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]
    return [group["TargetType"] for group in groups] == [target_type]


async def test_a_rollout_behind_readiness_gates_drops_no_request(world: World) -> None:
    await served(world)

    async with visited(world, visitors=4, pause=0.0) as visits:
        await roll_out(world, {"metadata": {"labels": {"version": "2"}}})
        await world.until(lambda: only_three(world), "the old pods are gone")

    assert visits.sent > 20, "the rollout was over before anybody asked"
    assert visits.wrong == []


async def test_a_pod_is_ready_only_when_its_target_is_healthy(world: World) -> None:
    await served(world)

    gates = [
        {condition["type"]: condition["status"] for condition in pod["status"]["conditions"]}
        for pod in await pods(world)
    ]
    opened = [
        status for each in gates for type_, status in each.items() if type_.startswith("target-health.elbv2.k8s.aws/")
    ]
    assert opened == ["True"] * 3


async def test_a_target_group_that_must_be_replaced_drops_no_request(world: World) -> None:
    await served(world)
    await world.edit("Service", "roll", "web", {"spec": {"type": "NodePort"}})

    async with visited(world, visitors=1, pause=0.05) as visits:
        annotations = {"alb.ingress.kubernetes.io/target-type": "instance"}
        await world.edit("Ingress", "roll", "web", {"metadata": {"annotations": annotations}})
        await world.until(lambda: has_only(world, "instance"), "the old target group is gone")

    assert visits.sent > 20, "it was over before anybody asked"
    assert visits.wrong == []

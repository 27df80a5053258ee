"""Configurations of Gateways stay as long as they are used, and dry runs show their plan; on the local stack."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from world import KINDS, World, running_world

from albc.errors import NotFound

pytestmark = pytest.mark.anyio

OBJECTS = """
apiVersion: v1
kind: Namespace
metadata: {name: held}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: held}
spec: {controllerName: gateway.k8s.aws/alb}
---
apiVersion: gateway.k8s.aws/v1
kind: LoadBalancerConfiguration
metadata: {name: edge, namespace: held}
spec: {scheme: internet-facing, defaultTargetGroupConfiguration: {name: everywhere}}
---
apiVersion: gateway.k8s.aws/v1
kind: TargetGroupConfiguration
metadata: {name: everywhere, namespace: held}
spec: {defaultConfiguration: {targetType: ip}}
---
apiVersion: gateway.k8s.aws/v1
kind: ListenerRuleConfiguration
metadata: {name: login, namespace: held}
spec:
  actions:
  - type: authenticate-oidc
    authenticateOIDCConfig:
      issuer: https://id.example.com
      authorizationEndpoint: https://id.example.com/a
      tokenEndpoint: https://id.example.com/t
      userInfoEndpoint: https://id.example.com/u
      secret: {name: client}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: edge
  namespace: held
  annotations: {gateway.k8s.aws/dry-run: "true"}
spec:
  gatewayClassName: held
  infrastructure:
    parametersRef: {group: gateway.k8s.aws, kind: LoadBalancerConfiguration, name: edge}
  listeners:
  - {name: web, port: 80, protocol: HTTP}
"""
CONFIGURATIONS = (
    ("LoadBalancerConfiguration", "edge"),
    ("TargetGroupConfiguration", "everywhere"),
    ("ListenerRuleConfiguration", "login"),
)


@pytest.fixture
async def world(anyio_backend: str, tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as found:
        await found.apply_yaml(OBJECTS)
        yield found


async def test_a_dry_run_shows_the_plan_and_makes_nothing(world: World) -> None:
    async def planned() -> bool:
        metadata = (await world.get("Gateway", "held", "edge"))["metadata"]
        plan = metadata.get("annotations", {}).get("gateway.k8s.aws/dry-run-plan")
        return bool(plan) and json.loads(plan)["id"] == "held/edge" and not metadata.get("finalizers")

    await world.until(planned, "a plan on the Gateway")
    assert "CreateLoadBalancer" not in world.writes()


async def test_a_dry_run_that_ends_is_deployed_and_its_plan_goes(world: World) -> None:
    await world.edit("Gateway", "held", "edge", {"metadata": {"annotations": {"gateway.k8s.aws/dry-run": None}}})

    async def deployed() -> bool:
        metadata = (await world.get("Gateway", "held", "edge"))["metadata"]
        shown = "gateway.k8s.aws/dry-run-plan" in (metadata.get("annotations") or {})
        return not shown and metadata.get("finalizers") == ["gateway.k8s.aws/alb"]

    await world.until(deployed, "deployed")


async def test_a_rule_configuration_says_which_secret_is_missing_until_it_is_there(world: World) -> None:
    async def says(message: str) -> bool:
        found = await world.get("ListenerRuleConfiguration", "held", "login")
        status = found.get("status") or {}
        return bool(status.get("message") == message and status["observedGeneration"] == 1)

    await world.until(lambda: says("secret [held/client] not found"), "a missing Secret told")
    await world.apply_yaml("{apiVersion: v1, kind: Secret, metadata: {name: client, namespace: held}}")
    await world.until(lambda: says("Accepted"), "accepted")


async def test_configurations_in_use_outlive_their_deletion_until_the_last_user_goes(world: World) -> None:
    async def held() -> bool:
        found = [await world.get(kind, "held", name) for kind, name in CONFIGURATIONS]
        return all(len(each["metadata"].get("finalizers") or []) == 1 for each in found)

    await world.until(held, "finalizers on all configurations")
    for kind, name in CONFIGURATIONS:
        await world.client.delete(KINDS[kind], name, "held")

    async def gone(kind: str, name: str) -> bool:
        try:
            await world.get(kind, "held", name)
        except NotFound:
            return True
        return False

    await world.until(lambda: gone("ListenerRuleConfiguration", "login"), "the unused one gone")
    for kind, name in CONFIGURATIONS[:2]:
        assert (await world.get(kind, "held", name))["metadata"]["deletionTimestamp"]

    await world.client.delete(KINDS["Gateway"], "edge", "held")
    for kind, name in CONFIGURATIONS[:2]:
        await world.until(lambda kind=kind, name=name: gone(kind, name), f"{kind} gone")  # type: ignore[misc]

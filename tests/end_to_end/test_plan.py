"""`albc plan` against a cluster and an account: it tells what `albc run` then does, and writes nothing anywhere."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from world import KINDS, World, running_world

from albc.local.stack import write_kubeconfig

pytestmark = pytest.mark.anyio

CART = ("Ingress", "shop", "cart")


@pytest.fixture
async def world(anyio_backend: str, tmp_path: Path) -> AsyncIterator[World]:
    """Each plan begins with an empty account, and a controller that runs."""
    async with running_world(tmp_path) as found:
        yield found


@pytest.fixture
def kubeconfig(world: World, tmp_path: Path) -> Path:
    file = tmp_path / "kubeconfig-of-plan"
    write_kubeconfig(world.stack, file)
    return file


async def plan(world: World, kubeconfig: Path, *arguments: str, stdin: str = "") -> tuple[int, str]:
    """Exit status and standard output, as anyone would start it."""
    line = [
        *(sys.executable, "-m", "albc", "plan", "--detailed-exitcode"),
        f"--cluster-name={world.stack.options.cluster_name}",
        f"--kubeconfig={kubeconfig}",
        f"--aws-vpc-id={world.stack.vpc_id}",
        *arguments,
    ]
    environment = {**os.environ, **world.stack.aws_environment()}
    done = await anyio.run_process(line, input=stdin.encode(), check=False, stderr=subprocess.PIPE, env=environment)
    assert not done.stderr, done.stderr.decode()
    return done.returncode, done.stdout.decode()


def operations(document: str) -> list[Mapping[str, Any]]:
    return [operation for stack in json.loads(document)["stacks"] for operation in stack["operations"]]


def api_name(action: str) -> str:
    """`create_rule` → `CreateRule`."""
    return "".join(part.capitalize() for part in action.split("_"))


async def versions(world: World) -> dict[str, str]:
    """Of every object that a controller would write to."""
    listings = [await world.client.list(KINDS[kind]) for kind in ("Ingress", "Service", "TargetGroupBinding", "Event")]
    return {obj["metadata"]["uid"]: obj["metadata"]["resourceVersion"] for each in listings for obj in each.items}


async def test_what_was_planned_is_done_and_then_there_is_nothing_left(world: World, kubeconfig: Path) -> None:
    await world.stop_controller()
    world.certificate("catalogue.example.com")
    await world.apply_example("ingress")
    before = await versions(world)
    world.forget_calls()

    status, shown = await plan(world, kubeconfig, "-o", "json")
    assert status == 2
    assert {operation["verb"] for operation in operations(shown)} <= {"create", "modify"}
    assert world.stack.account.calls, "it has asked AWS"
    assert world.writes() == []
    assert await versions(world) == before

    planned = Counter(api_name(one["action"]) for one in operations(shown) if one["service"] != "kubernetes")
    await world.start_controller()
    await world.reconciled(*CART)
    await world.reconciled("Ingress", "shop", "catalogue")
    assert planned <= Counter(world.writes())
    status, shown = await plan(world, kubeconfig)
    assert (status, shown.splitlines()[-1]) == (0, "Plan: no changes.")


async def test_an_edit_is_told_before_it_is_made(world: World, kubeconfig: Path) -> None:
    world.certificate("catalogue.example.com")
    await world.apply_example("ingress")
    await world.reconciled(*CART)
    await world.stop_controller()
    annotation = "alb.ingress.kubernetes.io/healthcheck-interval-seconds"
    await world.edit(*CART, {"metadata": {"annotations": {annotation: "7"}}})

    status, shown = await plan(world, kubeconfig, "-o", "diff")
    assert status == 2
    assert "~ HealthCheckIntervalSeconds: 5 → 7" in shown
    assert "Plan: 0 to create, 1 to change, 0 to replace, 0 to delete." in shown


async def test_manifests_are_planned_against_the_account(world: World, kubeconfig: Path) -> None:
    await world.stop_controller()
    world.forget_calls()
    service = """
apiVersion: v1
kind: Service
metadata:
  name: lines
  namespace: shop
  annotations: {service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip}
spec:
  type: LoadBalancer
  loadBalancerClass: service.k8s.aws/nlb
  selector: {app: lines}
  ports: [{port: 9000, protocol: TCP}]
"""
    status, shown = await plan(world, kubeconfig, "-f", "-", stdin=service)
    assert status == 2
    assert "Service shop/lines" in shown
    assert "Listener TCP:9000" in shown
    assert world.writes() == []


async def test_an_api_server_that_is_not_there_is_named(world: World, kubeconfig: Path) -> None:
    await world.stop_controller()
    file = anyio.Path(kubeconfig)
    await file.write_text((await file.read_text()).replace("https://127.0.0.1:", "https://127.0.0.2:"))
    line = [sys.executable, "-m", "albc", "plan", "--cluster-name=x", f"--kubeconfig={kubeconfig}"]
    done = await anyio.run_process(line, check=False)
    assert done.returncode == 2
    assert b"does not answer" in done.stderr

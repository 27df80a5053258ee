"""`albc preflight` beside the reference's Deployment, before anything is taken over."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from world import World

from albc.kube.client import Client
from albc.kube.patches import ApplyPatch
from albc.local.aws import Fault, FaultKind
from albc.local.demo.kinds import KINDS
from albc.local.kubernetes import ClusterOptions
from albc.local.stack import StackOptions, connection, local_stack, write_kubeconfig

pytestmark = pytest.mark.anyio

FLAGS = ["--cluster-name=local", "--ingress-class=alb", "--enable-shield=false", "--aws-vpc-cache-ttl=5m"]
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "aws-load-balancer-controller",
        "namespace": "kube-system",
        "labels": {"app.kubernetes.io/name": "aws-load-balancer-controller"},
    },
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"app": "lbc"}},
        "template": {
            "metadata": {"labels": {"app": "lbc"}},
            "spec": {
                "serviceAccountName": "lbc",
                "containers": [{"name": "controller", "image": "example.com/lbc:v3.5.0"}],
            },
        },
    },
}


class Site(World):
    kubeconfig: Path

    async def preflight(self, *flags: str) -> tuple[int, dict[str, list[Any]]]:
        """Exit status, and what it says of each area."""
        done = await self.run("-o", "json", *flags)
        findings: dict[str, list[Any]] = {}
        for finding in json.loads(done.stdout):
            findings.setdefault(finding["area"], []).append(finding)
        return done.returncode, findings

    async def run(self, *flags: str) -> "subprocess.CompletedProcess[bytes]":
        line = [sys.executable, "-m", "albc", "preflight", f"--kubeconfig={self.kubeconfig}", *flags]
        environment = {**os.environ, **self.stack.aws_environment()}
        reach = f"--aws-api-endpoints=*={environment.pop('AWS_ENDPOINT_URL')}"
        return await anyio.run_process([*line, reach], env=environment, check=False)


@pytest.fixture(scope="module")
async def site(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    options = StackOptions(cluster=ClusterOptions(authorize=True))
    async with local_stack(options) as stack, Client(connection(stack.cluster)) as client:
        found = Site(stack, client, folder)
        found.kubeconfig = folder / "kubeconfig"
        write_kubeconfig(stack, found.kubeconfig)
        flags = [*FLAGS, f"--aws-region={stack.account.options.region}", f"--aws-vpc-id={stack.vpc_id}"]
        body: Any = json.loads(json.dumps(DEPLOYMENT))
        body["spec"]["template"]["spec"]["containers"][0]["args"] = flags
        await client.patch(KINDS["Deployment"], body["metadata"]["name"], ApplyPatch(body, "test"), "kube-system")
        yield found


async def test_it_reads_the_references_flags_and_finds_what_is_missing(site: Site) -> None:
    status, findings = await site.preflight()

    texts = [finding["text"] for finding in findings["The controller that runs now"]]
    assert "carry over --enable-shield=false" in texts
    assert "albc does not know --aws-vpc-cache-ttl=5m" in texts
    missing = [finding["text"] for finding in findings["Rights in the cluster"]]
    assert "system:serviceaccount:kube-system:lbc may not patch services/status" in missing
    assert status == 1


async def test_it_says_what_would_change(site: Site) -> None:
    await site.apply_example("ingress")

    _, findings = await site.preflight()

    assert any("create" in finding["text"] for finding in findings["Taking over"])


async def test_it_writes_nothing(site: Site) -> None:
    site.forget_calls()

    await site.preflight()

    assert site.writes() == []


async def test_a_right_that_is_missing_in_the_account_is_named(site: Site) -> None:
    site.stack.account.faults.add(Fault(FaultKind.ACCESS_DENIED, service="elbv2", operation="DescribeTrustStores"))

    _, findings = await site.preflight()

    site.stack.account.faults.clear()
    (told,) = findings["Rights in the account"]
    assert told["text"].endswith("may not elasticloadbalancing:DescribeTrustStores")


async def test_it_says_what_is_left_of_the_quotas(site: Site) -> None:
    _, findings = await site.preflight()

    assert "application-load-balancers: 0 of 50 in use" in [finding["text"] for finding in findings["Quotas"]]


async def test_people_get_a_table(site: Site) -> None:
    done = await site.run()

    assert "✓ Deployment kube-system/aws-load-balancer-controller" in done.stdout.decode()

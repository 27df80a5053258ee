"""What benchmarks of the whole controller have in common: the local stack with one application, Ingresses that lead to
it, and `albc run` in a process of its own beside it. Used by benchmarks/aws.py and benchmarks/controller.py.
"""

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import Process

from albc.kube.client import Client, Selection
from albc.kube.patches import ApplyPatch, MergePatch
from albc.local.aws import AccountOptions
from albc.local.demo.controller import command, controller
from albc.local.demo.kinds import KINDS, hostname_of
from albc.local.network import free_port
from albc.local.stack import LocalStack, StackOptions, connection, local_stack, write_kubeconfig

NAMESPACE = "bench"
PROBE_PORT = 18081
"""Or the next that is free."""


class Bench:
    """A local stack, and the controller, which may be started again."""

    def __init__(self, stack: LocalStack, client: Client, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        self._client = client
        self._kubeconfig = folder / "kubeconfig"
        write_kubeconfig(stack, self._kubeconfig)

    @asynccontextmanager
    async def controller(self, *flags: str, module: str = "albc") -> AsyncIterator[Process]:
        """Runs it until the block ends, with further flags; `module` is what Python starts."""
        port = free_port(PROBE_PORT)
        _, *line = command(self.stack, self._kubeconfig, probe_port=port)
        line.remove("--targetgroupbinding-requeue-duration=1s")  # the demo's haste
        line = [module, *line, *flags]
        async with controller(self.stack, line, self.folder / "controller.log", probe_port=port) as process:
            yield process

    async def apply(self, *objects: dict[str, Any]) -> None:
        for obj in objects:
            name, namespace = obj["metadata"]["name"], obj["metadata"].get("namespace")
            await self._client.patch(KINDS[obj["kind"]], name, ApplyPatch(obj, "bench", force=True), namespace)

    async def touch(self, number: int) -> None:
        """Changes an Ingress without effect."""
        changes = {"metadata": {"annotations": {"bench": str(time.time())}}}
        await self._client.patch(KINDS["Ingress"], f"web-{number}", MergePatch(changes), NAMESPACE)

    async def served(self, number: int) -> None:
        """Waits until so many Ingresses have an address."""
        while True:
            found = (await self._client.list(KINDS["Ingress"], Selection(NAMESPACE))).items
            if sum(bool(hostname_of(one)) for one in found) >= number:
                return
            await anyio.sleep(0.2)


@asynccontextmanager
async def opened(account: AccountOptions) -> AsyncIterator[Bench]:
    """With the application, and no Ingress; the controller is not started."""
    with tempfile.TemporaryDirectory() as folder:
        async with local_stack(StackOptions(account=account)) as stack, Client(connection(stack.cluster)) as client:
            bench = Bench(stack, client, Path(folder))
            await bench.apply(*_application())
            yield bench


def ingress(number: int, host: str = "") -> dict[str, Any]:
    backend = {"service": {"name": "echo", "port": {"number": 80}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": f"web-{number}",
            "namespace": NAMESPACE,
            "annotations": {"alb.ingress.kubernetes.io/target-type": "ip"},
        },
        "spec": {
            "ingressClassName": "alb",
            "rules": [
                {
                    "host": host or f"web-{number}.example.com",
                    "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
                }
            ],
        },
    }


def _application() -> list[dict[str, Any]]:
    """One pod behind one Service, for all Ingresses."""
    labels = {"app": "echo"}
    pod = {"containers": [{"name": "echo", "image": "nginx:stable", "ports": [{"name": "http", "containerPort": 80}]}]}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "alb"},
            "spec": {"controller": "ingress.k8s.aws/alb"},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "echo", "namespace": NAMESPACE},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "echo", "namespace": NAMESPACE},
            "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
        },
    ]

"""albc as the chart installs it on the local stack: its ServiceAccount's rights and no others, its webhooks asked by
the API server, and as many replicas under one lease as are started.

The chart's Deployment is played: a replica is a process of this test, and its endpoint is there as long as it runs.
"""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import yaml
from anyio.abc import Process
from world import KINDS, World, free_port

from albc.kube.client import Client
from albc.kube.objects import ENDPOINT_SLICES
from albc.kube.patches import ApplyPatch
from albc.local.aws import AccountOptions
from albc.local.demo.controller import command, controller
from albc.local.kubernetes import ClusterOptions
from albc.local.kubernetes.calls import User
from albc.local.stack import StackOptions, connection, local_stack

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NAMESPACE = "kube-system"
ACCOUNT = User(
    f"system:serviceaccount:{NAMESPACE}:aws-load-balancer-controller",
    ("system:serviceaccounts", f"system:serviceaccounts:{NAMESPACE}", "system:authenticated"),
)


@dataclass
class Replica:
    """One process; `host` is the loopback address on which its webhooks listen."""

    host: str
    process: Process
    log_file: Path
    metrics_port: int
    ends: AsyncExitStack = field(repr=False)

    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    async def metrics(self) -> str:
        """What it shows to Prometheus."""
        return (await self._page("metrics")).decode()

    async def metric(self, name: str, /, **labels: str) -> float:
        """Sum of the samples of that name which bear these labels; 0 without one."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = [line for line in (await self.metrics()).splitlines() if line.startswith((f"{name}{{", f"{name} "))]
        return sum(float(line.rpartition(" ")[2]) for line in lines if all(each in line for each in wanted))

    async def state(self) -> dict[str, Any]:
        """What `/debug/state` says."""
        found: dict[str, Any] = json.loads(await self._page("debug/state"))
        return found

    async def _page(self, path: str) -> bytes:
        url = f"http://127.0.0.1:{self.metrics_port}/{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return await response.read()


class Installed(World):
    """The local stack with the chart applied; replicas are started one by one, kubectl is an administrator's."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.replicas: list[Replica] = []
        self._port = free_port()

    async def install(self) -> None:
        """Applies all of the chart but its Deployment."""
        _kubeconfig(self._folder / "admin", self.stack.cluster.kubeconfig())
        self.account_kubeconfig = _kubeconfig(
            self._folder / "account", self.stack.cluster.kubeconfig(ACCOUNT), NAMESPACE
        )
        text = await anyio.to_thread.run_sync(_rendered)
        done = await anyio.to_thread.run_sync(lambda: self.kubectl("apply", "--server-side", "-f", "-", stdin=text))
        assert done.returncode == 0, done.stderr

    async def start_replica(self, *flags: str) -> Replica:
        """With further flags, if any; returns when it is ready and its webhooks are asked."""
        number = self._starts = self._starts + 1
        probe, metrics, host = free_port(), free_port(), f"127.0.0.{number}"
        log = self._folder / f"controller-{number}.log"
        line = [
            *command(self.stack, self.account_kubeconfig, probe_port=probe),
            f"--leader-election-namespace={NAMESPACE}",
            "--webhook-certificates=managed",
            f"--webhook-cert-dir={self._folder / f'certs-{number}'}",
            f"--webhook-bind-host={host}",
            f"--webhook-bind-port={self._port}",
            f"--metrics-bind-addr=127.0.0.1:{metrics}",
            *flags,
        ]
        ends = AsyncExitStack()
        process = await ends.enter_async_context(controller(self.stack, line, log, probe_port=probe))
        replica = Replica(host, process, log, metrics, ends)
        self.replicas.append(replica)
        await self._publish()
        return replica

    async def stop_replica(self, replica: Replica) -> None:
        """As an orderly roll-out does: its endpoint goes first."""
        self.replicas.remove(replica)
        await self._publish()
        await replica.ends.aclose()

    async def kill_replica(self, replica: Replica) -> None:
        """SIGKILL; the endpoint goes as soon as the kubelet has seen it."""
        replica.process.kill()
        await replica.process.wait()
        await self.stop_replica(replica)

    async def leader(self) -> Replica:
        """The replica that holds the lease."""

        async def leading() -> list[Replica]:
            return [each for each in self.replicas if (await each.state())["engine"]["leader"]["leading"]]

        await self.until(leading, "a replica leads")
        return (await leading())[0]

    async def events(self, kind: str, name: str) -> list[dict[str, Any]]:
        """What kubectl describe shows of an object."""
        found = (await self.client.list(KINDS["Event"])).items
        return [
            event
            for event in found
            if (event["involvedObject"]["kind"], event["involvedObject"]["name"]) == (kind, name)
        ]

    def kubectl(self, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        line = [str(BIN / "kubectl"), f"--kubeconfig={self._folder / 'admin'}", *arguments]
        return subprocess.run(line, input=stdin, capture_output=True, text=True, check=False)

    async def refused(self, text: str) -> str:
        """What kubectl says to an object that must not be made."""
        done = await anyio.to_thread.run_sync(lambda: self.kubectl("create", "-f", "-", stdin=text))
        assert done.returncode != 0, done.stdout
        return done.stderr

    async def _publish(self) -> None:
        """The endpoints of the webhook's Service, which the cluster's controllers make of ready pods."""
        endpoints = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "webhook",
                "namespace": NAMESPACE,
                "labels": {"kubernetes.io/service-name": "aws-load-balancer-webhook-service"},
            },
            "addressType": "IPv4",
            "ports": [{"name": "webhook-server", "port": self._port, "protocol": "TCP"}],
            "endpoints": [{"addresses": [each.host], "conditions": {"ready": True}} for each in self.replicas],
        }
        await self.client.patch(ENDPOINT_SLICES, "webhook", ApplyPatch(endpoints, "test", force=True), NAMESPACE)


@asynccontextmanager
async def installed_world(folder: Path, *, account: AccountOptions | None = None) -> AsyncIterator[Installed]:
    """The chart applied to a stack of its own, RBAC enforced, and no replica yet; what was started ends with it."""
    options = StackOptions(cluster=ClusterOptions(authorize=True), account=account or AccountOptions())
    async with local_stack(options) as stack, Client(connection(stack.cluster)) as client:
        world = Installed(stack, client, folder)
        await world.install()
        try:
            yield world
        finally:
            for replica in list(world.replicas):
                await world.stop_replica(replica)


def _kubeconfig(file: Path, content: dict[str, Any], namespace: str = "default") -> Path:
    content["contexts"][0]["context"]["namespace"] = namespace
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


def _rendered() -> str:
    line = [str(BIN / "helm"), "template", "aws-load-balancer-controller", str(ROOT / "deploy" / "helm" / "albc")]
    done = subprocess.run(
        [*line, f"--namespace={NAMESPACE}", "--set=clusterName=local", "--kube-version=1.34.0"],
        capture_output=True,
        text=True,
        check=True,
    )
    objects = [obj for obj in yaml.safe_load_all(done.stdout) if obj and obj["kind"] != "Deployment"]
    return "\n---\n".join(json.dumps(obj) for obj in objects)

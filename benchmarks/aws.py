"""What albc's work costs in calls to AWS, and how close it comes to the rates that AWS allows.

    python -m benchmarks.aws [--balancers N,N,…] [--ingresses N] [--json FILE]

Calls: `albc run` in a process of its own beside the local cluster and account, as `albc demo` has them; each Ingress
has a load balancer of its own, one rule, and one pod behind. Counted in the account's call log: all that the process
asks or writes, bindings and targets included, from the change until three seconds pass without a call; after a
restart one second, for then the background checks begin, one load balancer every three seconds.

Rates (`benchmarks.aws_rates`): so many new Ingresses at once, 50 ms a call, and the rates that AWS publishes.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from albc.kube.client import Client, Selection
from albc.kube.patches import ApplyPatch, MergePatch
from albc.local.aws import AccountOptions, Quotas
from albc.local.demo.controller import command, controller
from albc.local.demo.kinds import KINDS, hostname_of
from albc.local.stack import LocalStack, StackOptions, connection, local_stack, write_kubeconfig
from benchmarks.aws_rates import Pace, pace

NAMESPACE = "bench"
QUIET_SECONDS = 3.0
QUIET_SECONDS_AFTER_RESTART = 1.0
PROBE_PORT = 18081
Calls = Counter[str]
REFERENCE = {
    "new Ingress": {30: "25", 200: "26"},
    "touched, no change": {30: "16", 200: "22"},
    "one host edited": {30: "13", 200: "19"},
    "restart": {30: "14 N", 200: "20 N"},
}
"""By step and load balancers; from the issue that asked for this."""


@dataclass(frozen=True)
class Cost:
    balancers: int
    step: str
    calls: Calls

    @property
    def writes(self) -> int:
        return sum(number for name, number in self.calls.items() if not name.startswith(("Describe", "Get", "List")))

    @property
    def reads(self) -> int:
        return self.calls.total() - self.writes


class Bench:
    """A local stack, and the controller, which may be started again."""

    def __init__(self, stack: LocalStack, client: Client, folder: Path) -> None:
        self._stack = stack
        self._client = client
        self._kubeconfig = folder / "kubeconfig"
        self._log = folder / "controller.log"
        write_kubeconfig(stack, self._kubeconfig)

    @asynccontextmanager
    async def controller(self) -> AsyncIterator[None]:
        line = command(self._stack, self._kubeconfig, probe_port=PROBE_PORT)
        line.remove("--targetgroupbinding-requeue-duration=1s")  # the demo's haste
        async with controller(self._stack, line, self._log, probe_port=PROBE_PORT):
            yield

    async def apply(self, *objects: dict[str, Any]) -> None:
        for obj in objects:
            name, namespace = obj["metadata"]["name"], obj["metadata"].get("namespace")
            await self._client.patch(KINDS[obj["kind"]], name, ApplyPatch(obj, "bench", force=True), namespace)

    async def annotate(self, name: str) -> None:
        changes = {"metadata": {"annotations": {"bench": "touched"}}}
        await self._client.patch(KINDS["Ingress"], name, MergePatch(changes), NAMESPACE)

    async def programmed(self, number: int) -> None:
        """Waits until so many Ingresses have an address, and the bindings of all are at rest."""
        while True:
            found = (await self._client.list(KINDS["Ingress"], Selection(NAMESPACE))).items
            if sum(bool(hostname_of(one)) for one in found) >= number:
                break
            await anyio.sleep(0.5)
        await self.calls()

    async def calls(self, quiet: float = QUIET_SECONDS) -> Calls:
        """Since the last time, when no more come."""
        log, last = self._stack.account.calls, -1
        while log.last_number != last:
            last = log.last_number
            await anyio.sleep(quiet)
        counted: Calls = Counter(call.operation for call in log)
        log.clear()
        return counted


def application() -> list[dict[str, Any]]:
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


async def costs(balancers: int) -> list[Cost]:
    """Of each step, with so many load balancers there already."""
    account = AccountOptions(quotas=Quotas(application_load_balancers=1000))
    with tempfile.TemporaryDirectory() as folder:
        async with local_stack(StackOptions(account=account)) as stack, Client(connection(stack.cluster)) as client:
            bench = Bench(stack, client, Path(folder))
            await bench.apply(*application(), *map(ingress, range(balancers)))
            found: list[Cost] = []

            async def step(name: str, change: Callable[[], Awaitable[None]]) -> None:
                await change()
                found.append(Cost(balancers, name, await bench.calls()))

            async with bench.controller():
                await bench.programmed(balancers)
                await step("new Ingress", partial(bench.apply, ingress(balancers)))
                await step("touched, no change", partial(bench.annotate, "web-0"))
                await step("one host edited", partial(bench.apply, ingress(1, "other.example.com")))
            stack.account.calls.clear()
            async with bench.controller():
                found.append(Cost(balancers, "restart", await bench.calls(QUIET_SECONDS_AFTER_RESTART)))
            return found


def print_costs(found: list[Cost]) -> None:
    print(f"{'load balancers':>14}  {'step':<20}{'writes':>7}{'reads':>7}{'reference':>11}  calls")
    for cost in found:
        reference = REFERENCE[cost.step].get(cost.balancers, "-")
        what = ", ".join(f"{name} {number}" for name, number in sorted(cost.calls.items()))
        print(f"{cost.balancers:>14}  {cost.step:<20}{cost.writes:>7}{cost.reads:>7}{reference:>11}  {what}")


def print_paces(found: list[Pace]) -> None:
    print(f"{'Ingresses':>9}{'load balancers':>16}{'calls':>7}{'refused':>9}{'seconds':>9}{'bound':>8}  by")
    for one in found:
        print(
            f"{one.ingresses:>9}{one.balancers:>16}{one.calls:>7}{one.throttled:>9}{one.seconds:>9.0f}"
            f"{one.bound_seconds:>8.0f}  {one.bound_by}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--balancers", default="30,200")
    parser.add_argument("--ingresses", type=int, default=200)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = [cost for number in map(int, arguments.balancers.split(",")) for cost in anyio.run(costs, number)]
    print_costs(found)
    print()
    paces = [pace(arguments.ingresses, per_group=size) for size in (1, 10)]
    print_paces(paces)
    if arguments.json:
        result = {
            "calls": [{"balancers": one.balancers, "step": one.step, "calls": one.calls} for one in found],
            "paces": [vars(one) for one in paces],
        }
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

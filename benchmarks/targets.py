"""How soon targets follow their Pods, and what it costs in AWS calls.

    python -m benchmarks.targets [--groups N] [--pods N] [--within SECONDS] [--idle N] [--json FILE]

The local stack in this process: cluster with Deployments, kubelet and EndpointSlices, an account that answers after
200 ms and refuses calls above AWS's published rates, and the TargetGroupBinding controllers with their default
settings. Three tables:

* rollouts: all Deployments are rolled (25 % surge, 25 % unavailable, readiness gates), each starting at a random moment
  within `--within` seconds; containers take 3 to 4 s to start, targets 5 s to be healthy. From ready containers to
  RegisterTargets, and from deletionTimestamp to DeregisterTargets. Once more with all of them starting at one moment:
  there AWS's rate is the bound (20 calls at once, then 4 a second).
* churn: a target group of 1,000 targets, of which 1 % is replaced.
* idle: so many Pods behind bindings with checkpoints, a controller that starts, and nothing to do.
"""

import argparse
import random
import resource
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import structlog

from albc.crds.manifests import manifests as our_crds
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.crds.target_group_binding import TargetGroupBindingSpec
from albc.engine.manager import Manager
from albc.kube.client import Client
from albc.kube.patches import ApplyPatch, MergePatch
from albc.local.aws import Account, AccountOptions, AwsServer
from albc.local.aws.options import Quotas
from albc.local.bindings import Beside, binding_controllers
from albc.local.demo.kinds import KINDS
from albc.local.gateway_api import manifests as gateway_api_crds
from albc.local.kubernetes import Cluster
from albc.local.kubernetes.store import Key, StorageName
from albc.local.stack import CRDS, connection
from albc.settings import Settings
from albc.targets.checkpoint import ANNOTATION, checkpoint
from albc.targets.registration import Target
from benchmarks.report import Row, save, show

PODS = StorageName("", "pods")
SLICES = StorageName("discovery.k8s.io", "endpointslices")
SLICE = 100
"""Endpoints of a slice."""
LATENCY_SECONDS = 0.2
HEALTHY_SECONDS = 5.0
START_SECONDS = (3.0, 4.0)
REQUEUE_SECONDS = 5.0
CREATED = "2026-01-01T00:00:00Z"


class Containers:
    """A runtime whose containers take a while to start, and serve nothing."""

    def __init__(self, least: float, most: float) -> None:
        self._seconds = (least, most)

    async def start(self, pod: Mapping[str, Any]) -> None:
        await anyio.sleep(random.uniform(*self._seconds))

    async def stop(self, pod_uid: str) -> None:
        return


class Ground:
    """Cluster, account and client, before any controller runs."""

    def __init__(self, cluster: Cluster, account: Account, aws: AwsServer, client: Client) -> None:
        self.cluster = cluster
        self.account = account
        self.client = client
        self.beside = Beside(
            cluster=cluster,
            account=account,
            aws=aws,
            vpc_id=str(account.call("ec2", "DescribeVpcs", {})["Vpcs"][0]["VpcId"]),
            settings=Settings(cluster_name="local", targetgroupbinding_requeue_duration=REQUEUE_SECONDS),
            paced=True,
        )

    def harden(self) -> None:
        """From now on the account is as slow and as strict as AWS."""
        self.account.options = replace(self.account.options, latency_seconds=LATENCY_SECONDS, throttling=True)
        self.account.calls.clear()

    def target_groups(self, count: int) -> list[str]:
        """ARNs of so many, each behind a listener of its own."""
        call = self.account.call
        vpc = call("ec2", "DescribeVpcs", {})["Vpcs"][0]["VpcId"]
        subnets = {each["AvailabilityZone"]: each["SubnetId"] for each in call("ec2", "DescribeSubnets", {})["Subnets"]}
        balancer = call(
            "elbv2", "CreateLoadBalancer", {"Name": "all", "Type": "network", "Subnets": [*subnets.values()]}
        )
        arns = []
        for number in range(count):
            request = {"Name": f"app-{number}", "Protocol": "TCP", "Port": 80, "VpcId": vpc, "TargetType": "ip"}
            arn = str(call("elbv2", "CreateTargetGroup", request)["TargetGroups"][0]["TargetGroupArn"])
            arns.append(arn)
            if number < 50:  # as many listeners as a load balancer has
                listener = {
                    "LoadBalancerArn": balancer["LoadBalancers"][0]["LoadBalancerArn"],
                    "Protocol": "TCP",
                    "Port": 1000 + number,
                    "DefaultActions": [{"Type": "forward", "TargetGroupArn": arn}],
                }
                call("elbv2", "CreateListener", listener)
        return arns

    async def apply(self, obj: Mapping[str, Any]) -> None:
        metadata = obj["metadata"]
        patch = ApplyPatch(obj, "benchmark", force=True)
        await self.client.patch(KINDS[obj["kind"]], metadata["name"], patch, metadata.get("namespace"))

    async def deploy(self, number: int, arn: str, replicas: int) -> None:
        for obj in objects(number, arn, replicas):
            await self.apply(obj)

    async def settled(self, deployments: int, replicas: int) -> None:
        """All Pods are new and ready, and the old ones gone."""
        while not await self._is_settled(deployments, replicas):  # noqa: ASYNC110 - nobody tells
            await anyio.sleep(0.5)

    async def _is_settled(self, deployments: int, replicas: int) -> bool:
        items = (await self.client.list(KINDS["Deployment"])).items
        done = [
            each
            for each in items
            if (status := each.get("status") or {}).get("observedGeneration") == each["metadata"]["generation"]
            and status.get("updatedReplicas") == status.get("readyReplicas") == status.get("replicas") == replicas
        ]
        return len(done) == deployments and len(self.cluster.store.collection(PODS)) == deployments * replicas


def objects(number: int, arn: str, replicas: int) -> list[dict[str, Any]]:
    name, labels = f"app-{number}", {"app": f"app-{number}"}
    metadata = {"name": name, "namespace": "default"}
    gate = {"conditionType": f"target-health.elbv2.k8s.aws/{name}"}
    container = {"name": "web", "image": "web", "ports": [{"name": "http", "containerPort": 8080}]}
    template = {
        "metadata": {"labels": labels},
        "spec": {
            "containers": [container | {"lifecycle": {"preStop": {"sleep": {"seconds": 10}}}}],
            "readinessGates": [gate],
            "terminationGracePeriodSeconds": 300,
        },
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
        },
        {
            "apiVersion": "elbv2.k8s.aws/v1beta1",
            "kind": "TargetGroupBinding",
            "metadata": metadata,
            "spec": spec(name, arn),
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
        },
    ]


def spec(service: str, arn: str) -> dict[str, Any]:
    rule = {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"protocol": "TCP", "port": 8080}]}
    return {
        "targetGroupARN": arn,
        "targetType": "ip",
        "serviceRef": {"name": service, "port": "http"},
        "networking": {"ingress": [rule]},
    }


@asynccontextmanager
async def ground(runtime: Containers) -> AsyncIterator[Ground]:
    async with AsyncExitStack() as parts:
        # Targets that drain count, so a full target group could take nobody in.
        quotas = Quotas(targets_per_target_group=1100)
        account = Account(AccountOptions(health_seconds=HEALTHY_SECONDS, quotas=quotas))
        cluster = await parts.enter_async_context(Cluster(runtime=runtime))
        aws = await parts.enter_async_context(AwsServer(account))
        client = await parts.enter_async_context(Client(connection(cluster)))
        for manifest in (*gateway_api_crds(), *our_crds()):
            await client.patch(CRDS, manifest["metadata"]["name"], ApplyPatch(manifest, "benchmark"))
        yield Ground(cluster, account, aws, client)


# Rollouts


class Moments:
    """When Pods' containers became ready, and when Pods were told to go: by address and Pod."""

    def __init__(self) -> None:
        self.ready: dict[tuple[str, str], float] = {}
        self.going: dict[tuple[str, str], float] = {}

    async def follow(self, cluster: Cluster) -> None:
        log = cluster.store.collection(PODS).log
        seen = max((event.revision for event in log.since(log.oldest)), default=log.oldest)
        while True:
            changed = log.changed
            for event in log.since(seen):
                seen = event.revision
                self._note(event.stored.object())
            await changed.wait()

    def _note(self, pod: Mapping[str, Any]) -> None:
        status = pod.get("status") or {}
        who = (str(status.get("podIP", "")), str(pod["metadata"]["uid"]))
        conditions = {each["type"]: each["status"] for each in status.get("conditions") or ()}
        if conditions.get("ContainersReady") == "True":
            self.ready.setdefault(who, time.time())
        if pod["metadata"].get("deletionTimestamp"):
            self.going.setdefault(who, time.time())


def delays(moments: Mapping[tuple[str, str], float], account: Account, operation: str) -> list[float]:
    """Seconds from each moment to the first call after it that names the address."""
    calls: dict[str, list[float]] = {}
    for call in account.calls:
        if call.operation == operation and call.outcome == "ok":
            for target in call.params["Targets"]:
                calls.setdefault(target["Id"], []).append(call.at)
    return [
        min(at for at in calls.get(address, ()) if at >= moment - 0.05) - moment
        for (address, _), moment in moments.items()
    ]


async def rollouts(groups: int, pods: int, within: float) -> list[Row]:
    replicas = pods // groups
    async with ground(Containers(*START_SECONDS)) as place:
        arns = place.target_groups(groups)
        for number, arn in enumerate(arns):
            await place.deploy(number, arn, replicas)
        async with binding_controllers(place.beside):
            await place.settled(groups, replicas)
            rows: list[Row] = []
            for title, seconds in ((f"within {within:g} s", within), ("at one moment", 0.0)):
                await anyio.sleep(2)
                rows.append({"rollouts begin": title, **await _roll(place, groups, replicas, seconds)})
            return rows


async def _roll(place: Ground, groups: int, replicas: int, within: float) -> Row:
    place.harden()
    moments, started = Moments(), time.time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(moments.follow, place.cluster)
        async with anyio.create_task_group() as begun:
            for number in range(groups):
                begun.start_soon(_restart, place.client, number, random.uniform(0, within))
        await place.settled(groups, replicas)
        tasks.cancel_scope.cancel()
    counted = Counter(call.operation for call in place.account.calls)
    refused = sum(call.outcome != "ok" for call in place.account.calls)
    fresh = {who: moment for who, moment in moments.ready.items() if who not in moments.going}
    registered = delays(fresh, place.account, "RegisterTargets")
    left = delays(moments.going, place.account, "DeregisterTargets")
    return {
        "pods": len(fresh),
        "took s": round(time.time() - started),
        "ready→Register p50": _cut(registered, 50),
        "p99": _cut(registered, 99),
        "deleted→Deregister p50": _cut(left, 50),
        "p99 ": _cut(left, 99),
        "Register": counted["RegisterTargets"],
        "Deregister": counted["DeregisterTargets"],
        "Describe": sum(count for name, count in counted.items() if name.startswith("Describe")),
        "refused": refused,
    }


async def _restart(client: Client, number: int, after: float) -> None:
    await anyio.sleep(after)
    annotations = {"restartedAt": str(time.time())}
    patch = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    await client.patch(KINDS["Deployment"], f"app-{number}", MergePatch(patch), "default")


def _cut(seconds: list[float], percent: int) -> float:
    return round(statistics.quantiles(seconds, n=100)[percent - 1], 2)


# Churn


async def churn(targets: int, share: float) -> list[Row]:
    """One target group that is in order; a share of its Pods is replaced by others, in one moment."""
    replaced = round(targets * share)
    async with ground(Containers(0, 0)) as place:
        (arn,) = place.target_groups(1)
        seeded = Seeded(place.cluster, 0, targets // SLICE)
        seeded.create(arn)
        everywhere = [
            {"Id": address, "Port": 8080, "AvailabilityZone": "all"}
            for slice_ in seeded.addresses
            for address in slice_
        ]
        place.account.call("elbv2", "RegisterTargets", {"TargetGroupArn": arn, "Targets": everywhere})
        await anyio.sleep(HEALTHY_SECONDS)
        place.harden()
        async with binding_controllers(place.beside) as manager:
            await _at_rest(manager)
            await seeded.replace(replaced, place.client)
            await anyio.sleep(1)
            await _at_rest(manager)
            await anyio.sleep(2 * REQUEUE_SECONDS)
            calls = list(place.account.calls)
    return [
        {
            "operation": operation,
            "calls": len(sent := [call for call in calls if call.operation == operation]),
            "targets named": sum(len(call.params.get("Targets", ())) for call in sent),
        }
        for operation in ("RegisterTargets", "DeregisterTargets", "DescribeTargetHealth")
    ]


async def _at_rest(manager: Manager) -> None:
    """Caches are there, and no key is worked on or ready."""
    while not manager.statistics().synced:  # noqa: ASYNC110 - nobody tells
        await anyio.sleep(0.05)
    while any(sum(queue.depth.values()) or queue.working for queue in manager.statistics().queues):  # noqa: ASYNC110
        await anyio.sleep(0.05)


# Idle


async def idle(pods: int) -> list[Row]:
    """The controller starts on a cluster that another one has left in order."""
    bindings = max(1, pods // SLICE)
    async with ground(Containers(0, 0)) as place:
        for number, arn in enumerate(place.target_groups(bindings)):
            Seeded(place.cluster, number, 1).create(arn)
        place.harden()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.time()
        async with binding_controllers(place.beside) as manager:
            await _at_rest(manager)
            rested = time.time() - started
            await anyio.sleep(2 * REQUEUE_SECONDS)
            return [
                {
                    "pods": pods,
                    "bindings": bindings,
                    "at rest after s": round(rested, 1),
                    "AWS calls": len(place.account.calls),
                    "peak memory grew by MB": round(
                        (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
                    ),
                }
            ]


class Seeded:
    """A Service with slices of a hundred Pods, and a binding whose checkpoint fits, straight in the cluster's store."""

    def __init__(self, cluster: Cluster, number: int, slices: int) -> None:
        self._store = cluster.store
        self._name = f"app-{number}"
        self.addresses = [[f"10.{number}.{position}.{host + 1}" for host in range(SLICE)] for position in range(slices)]

    def create(self, arn: str) -> None:
        name = self._name
        service, binding, _ = objects(int(name.removeprefix("app-")), arn, 0)
        spec = {key: value for key, value in binding["spec"].items() if key != "networking"}
        for position, addresses in enumerate(self.addresses):
            for address in addresses:
                self._store.create(PODS, Key("default", _pod_name(address)), self._pod(address))
            self._store.create(SLICES, Key("default", f"{name}-{position}"), self._slice(position))
        whole = {**service, "metadata": _metadata(name), "spec": {**service["spec"], "selector": {}}}
        self._store.create(StorageName("", "services"), Key("default", name), whole)
        targets = [(Target(address, 8080), CREATED) for slice_ in self.addresses for address in slice_]
        metadata = {
            **_metadata(name),
            "annotations": {ANNOTATION: checkpoint(targets, TargetGroupBindingSpec.model_validate(spec))},
            "finalizers": ["elbv2.k8s.aws/resources"],
            "generation": 1,
        }
        storage = StorageName(TARGET_GROUP_BINDINGS.group, TARGET_GROUP_BINDINGS.plural)
        whole = {**binding, "metadata": metadata, "spec": spec, "status": {"observedGeneration": 1}}
        self._store.create(storage, Key("default", name), whole)

    async def replace(self, count: int, client: Client) -> None:
        """So many Pods of the first slice go, and others come."""
        fresh = [f"10.250.0.{host + 1}" for host in range(count)]
        for address in fresh:
            pod = self._pod(address)
            name = pod["metadata"].pop("name")
            status = {"status": {**pod["status"], "conditions": [{"type": "ContainersReady", "status": "True"}]}}
            whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod["spec"]}
            await client.create(KINDS["Pod"], whole, "default")
            await client.patch_status(KINDS["Pod"], name, MergePatch(status), "default")
        self.addresses[0][:count] = fresh
        key = Key("default", f"{self._name}-0")
        stored = self._store.collection(SLICES).get(key)
        assert stored is not None
        self._store.update(SLICES, key, self._slice(0), expected=stored.revision)

    def _pod(self, address: str) -> dict[str, Any]:
        gate = f"target-health.elbv2.k8s.aws/{self._name}"
        conditions = [{"type": each, "status": "True"} for each in ("ContainersReady", "Ready", gate)]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": _metadata(_pod_name(address)),
            "spec": {
                "nodeName": "elsewhere",
                "readinessGates": [{"conditionType": gate}],
                "containers": [{"name": "web", "image": "web", "ports": [{"name": "http", "containerPort": 8080}]}],
            },
            "status": {"phase": "Running", "podIP": address, "conditions": conditions},
        }

    def _slice(self, position: int) -> dict[str, Any]:
        labels = {
            "kubernetes.io/service-name": self._name,
            "endpointslice.kubernetes.io/managed-by": "benchmark",
        }
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**_metadata(f"{self._name}-{position}"), "labels": labels},
            "addressType": "IPv4",
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "endpoints": [
                {
                    "addresses": [address],
                    "conditions": {"ready": True},
                    "targetRef": {"kind": "Pod", "name": _pod_name(address), "namespace": "default"},
                }
                for address in self.addresses[position]
            ],
        }


def _pod_name(address: str) -> str:
    return f"pod-{address.replace('.', '-')}"


def _metadata(name: str) -> dict[str, Any]:
    return {"name": name, "namespace": "default", "uid": f"uid-{name}", "creationTimestamp": CREATED}


async def measure(options: argparse.Namespace) -> dict[str, list[Row]]:
    return {
        "rollouts": await rollouts(options.groups, options.pods, options.within),
        "churn": await churn(1000, 0.01),
        "idle": await idle(options.idle),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="benchmark of targets")
    parser.add_argument("--groups", type=int, default=30, help="target groups that are rolled")
    parser.add_argument("--pods", type=int, default=300, help="Pods behind them, all in all")
    parser.add_argument("--within", type=float, default=60.0, help="seconds in which the rollouts begin")
    parser.add_argument("--idle", type=int, default=10_000, help="Pods that nothing happens to")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    results = anyio.run(measure, options)
    show(f"{options.pods} Pods roll over {options.groups} target groups; seconds", results["rollouts"])
    show("1,000 targets, 1 % replaced", results["churn"])
    show("nothing to do", results["idle"])
    save(options.json, results)


if __name__ == "__main__":
    main()

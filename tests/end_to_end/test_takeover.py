"""albc takes over what the reference has made, and writes nothing to AWS.

Objects, bindings and writing calls are those of the reference's recorded runs (tests/golden/takeover: all that ran
without flags and errors, and whose calls a real account would have taken).
"""

import json
from collections.abc import AsyncIterator, Mapping, Set
from typing import Any

import pytest
from golden import FOLDER, read_cases, recorded_account
from recorded_statuses import as_input
from recorded_writes import Replayed
from world import World

from albc.kube.client import Client
from albc.kube.objects.meta import KubeObject
from albc.kube.patches import ApplyPatch, MergePatch
from albc.kube.resource import Resource
from albc.local.aws import Account, AccountOptions, AwsServer
from albc.local.aws.layout import recorded_layout
from albc.local.aws.options import Quotas
from albc.local.dataplane import DataPlane
from albc.local.demo.kinds import KINDS
from albc.local.kubernetes import Cluster, ClusterOptions
from albc.local.network import AddressBook
from albc.local.stack import LocalStack, StackOptions, apply_crds, connection

pytestmark = pytest.mark.anyio

RECORDED: Mapping[str, Any] = {
    name: recorded
    for family in ("ingress", "service")
    for name, recorded in json.loads((FOLDER / "takeover" / f"{family}.json").read_text(encoding="utf-8")).items()
}
NODES = Resource("", "v1", "Node", "nodes", False, KubeObject)


class Inherited(World):
    """A cluster and an account as the reference has left them."""

    async def inherit(self) -> None:
        groups = self.stack.account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
        (shared,) = [each["GroupId"] for each in groups if each["GroupName"].startswith("k8s-traffic-")]
        replayed = Replayed(self.stack.account, shared)
        for node in json.loads((FOLDER / "cluster.json").read_text(encoding="utf-8")):
            await self._node(node)
        cases = {name: case for family in ("ingress", "service") for name, case in read_cases(family)}
        for name, recorded in RECORDED.items():
            replayed.make_all(recorded["writes"])
            await self._case(cases[name])
            for binding in replayed.translated(recorded["made"]):
                await self.client.patch(
                    KINDS["TargetGroupBinding"],
                    binding["metadata"]["name"],
                    ApplyPatch(binding, "test"),
                    binding["metadata"]["namespace"],
                )

    async def _node(self, node: Mapping[str, Any]) -> None:
        name = node["metadata"]["name"]
        metadata = {"name": name, "labels": node["metadata"]["labels"]}
        spec = {"providerID": node["spec"]["providerID"]}
        await self.client.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec})
        ready = [{"type": "Ready", "status": "True"}]
        await self.client.patch_status(NODES, name, MergePatch({"status": {"conditions": ready}}))

    async def _case(self, case: Mapping[str, Any]) -> None:
        objects = [obj for obj in case["objects"] if obj["kind"] in KINDS and obj["kind"] != "TargetGroupBinding"]
        namespaces = {obj["metadata"]["namespace"] for obj in objects if "namespace" in obj["metadata"]}
        for namespace in namespaces:
            await self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        for obj in objects:
            inherited = as_input(obj)
            if finalizers := obj["metadata"].get("finalizers"):
                inherited["metadata"]["finalizers"] = finalizers
            await self.apply(inherited)

    def written(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The writing calls, but for the rules of the nodes' security group: those are one set for the whole cluster,
        and were recorded one case at a time, so nobody has seen them for all cases together."""
        calls = [(call.operation, call.params) for call in self.stack.account.calls.writes()]
        return [call for call in calls if "elbv2.k8s.aws/targetGroupBinding=shared" not in str(call)]

    async def are_well(self, wanted: Set[tuple[str, str]]) -> bool:
        """Whether a controller has said so of all these objects (kind and name)."""
        events = (await self.client.list(KINDS["Event"])).items
        about = [event["involvedObject"] for event in events if event["reason"] == "SuccessfullyReconciled"]
        return wanted <= {(each["kind"], each["name"]) for each in about}


@pytest.fixture
async def inherited(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Inherited]:
    quotas = Quotas(application_load_balancers=500, network_load_balancers=500)
    options = AccountOptions(cluster_name="prod", quotas=quotas, active_seconds=0.0)
    account = Account(options, layout=recorded_layout(recorded_account()["api"]))
    async with Cluster(state=ClusterOptions(nodes=())) as cluster, AwsServer(account) as aws:
        await apply_crds(cluster)
        book = AddressBook()
        plane = DataPlane(book, account.snapshot, account.report_health)
        stack = LocalStack(StackOptions(cluster_name="prod"), cluster, account, aws, plane, book)
        async with Client(connection(cluster)) as client:
            found = Inherited(stack, client, tmp_path_factory.mktemp("inherited"))
            await found.inherit()
            found.forget_calls()
            try:
                yield found
            finally:
                await found.stop_controller()


def what_was_well() -> set[tuple[str, str]]:
    """Kind and name of all objects of which the reference had said so."""
    texts = (text for recorded in RECORDED.values() for text in recorded["well"])
    return {(kind, name) for kind, _, name in (text.partition("/") for text in texts)}


async def test_nothing_is_written_when_albc_takes_over(inherited: Inherited) -> None:
    wanted = what_was_well()
    assert len(wanted) > len(RECORDED)

    await inherited.start_controller("--feature-gates=EnableTCPUDPListener=true")
    await inherited.until(lambda: inherited.are_well(wanted), "everything that was well is well")

    assert inherited.written() == []


async def test_what_the_reference_left_undone_is_done(inherited: Inherited) -> None:
    """The test above could fail: albc does look."""
    account = inherited.stack.account
    group = account.call("elbv2", "DescribeTargetGroups", {"PageSize": 1})["TargetGroups"][0]["TargetGroupArn"]
    await inherited.stop_controller()
    account.call("elbv2", "ModifyTargetGroup", {"TargetGroupArn": group, "HealthCheckIntervalSeconds": 33})
    inherited.forget_calls()

    await inherited.start_controller("--feature-gates=EnableTCPUDPListener=true")

    async def modified() -> bool:
        return "ModifyTargetGroup" in inherited.writes()

    await inherited.until(modified, "the health check is as it was")

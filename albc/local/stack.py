"""The whole local stack in one process: cluster, account, data plane, pods and node ports, put together.

`albc local up`, the demo and end-to-end tests start it. The controller is not part of it: it runs as its own process,
or its own task, and speaks HTTPS to the cluster and HTTP to the account.
"""

import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import yaml

from albc.crds.manifests import manifests as our_crds
from albc.kube.auth import ConnectionConfig, StaticToken
from albc.kube.client import Client
from albc.kube.objects.meta import KubeObject
from albc.kube.patches import ApplyPatch
from albc.kube.resource import Resource
from albc.local.aws import Account, AccountOptions, AwsServer
from albc.local.dataplane import DataPlane
from albc.local.gateway_api import manifests as gateway_api_crds
from albc.local.kubernetes import Cluster, ClusterOptions
from albc.local.kubernetes.store import Event, Key, StorageName
from albc.local.network import AddressBook
from albc.local.workloads import NodePorts, ServicePorts, Workloads
from albc.local.workloads.service_ports import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """Ports of 0 are chosen by the system."""

    cluster_name: str = "local"
    kubernetes_port: int = 0
    aws_port: int = 0
    cluster: ClusterOptions = field(default_factory=ClusterOptions)
    account: AccountOptions = field(default_factory=AccountOptions)
    propagation_delay: float = 0.0
    """Seconds between a change of the account and its effect on traffic."""


@dataclass(frozen=True, slots=True)
class LocalStack:
    """What stands while the block of `local_stack` lasts."""

    options: StackOptions
    cluster: Cluster
    account: Account
    aws: AwsServer
    data_plane: DataPlane
    book: AddressBook

    @property
    def vpc_id(self) -> str:
        return str(self.account.call("ec2", "DescribeVpcs", {})["Vpcs"][0]["VpcId"])

    def aws_environment(self) -> Mapping[str, str]:
        """What an AWS client needs in its environment to talk to the account."""
        return self.aws.environment()


@asynccontextmanager
async def local_stack(options: StackOptions | None = None) -> AsyncIterator[LocalStack]:
    """Starts everything, with the CRDs of the Gateway API and ours applied, and ends it in reverse order."""
    options = options or StackOptions()
    book = AddressBook()
    account = Account(replace(options.account, cluster_name=options.cluster_name))
    async with AsyncExitStack() as parts:
        workloads = Workloads(book)
        parts.push_async_callback(workloads.close)
        cluster = await parts.enter_async_context(
            Cluster(port=options.kubernetes_port, state=options.cluster, runtime=workloads)
        )
        aws = await parts.enter_async_context(AwsServer(account, port=options.aws_port))
        plane = await parts.enter_async_context(
            DataPlane(book, account.snapshot, account.report_health, propagation_delay=options.propagation_delay)
        )
        parts.callback(account.subscribe(plane.notify))
        node_ports = await parts.enter_async_context(NodePorts(book))
        tasks = await parts.enter_async_context(anyio.create_task_group())
        parts.callback(tasks.cancel_scope.cancel)
        tasks.start_soon(_follow_services, cluster, node_ports)
        await apply_crds(cluster)
        yield LocalStack(options, cluster, account, aws, plane, book)


CRDS = Resource(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False, KubeObject
)


def connection(cluster: Cluster) -> ConnectionConfig:
    """How our own client reaches the cluster as its admin."""
    kubeconfig = cluster.kubeconfig()
    ca = base64.b64decode(kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"]).decode()
    token = kubeconfig["users"][0]["user"]["token"]
    return ConnectionConfig(
        server=cluster.url, credentials=StaticToken(token), tls=ssl.create_default_context(cadata=ca)
    )


def write_kubeconfig(stack: LocalStack, path: Path) -> None:
    """For kubectl and for `albc run --kubeconfig`; readable by its owner only, for it holds a token."""
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(stack.cluster.kubeconfig()), encoding="utf-8")


async def apply_crds(cluster: Cluster) -> None:
    async with Client(connection(cluster)) as client:
        for manifest in (*gateway_api_crds(), *our_crds()):
            await client.patch(CRDS, manifest["metadata"]["name"], ApplyPatch(manifest, "albc-local"))


async def _follow_services(cluster: Cluster, node_ports: NodePorts) -> None:
    """Plays kube-proxy: the node ports follow Services, their endpoints and the Nodes, change by change."""
    store, seen, changed = cluster.store, ServicePorts(), anyio.Event()
    unread: set[tuple[StorageName, Key]] = {
        (name, stored.key) for name in _FOR_NODE_PORTS for stored in store.collection(name).values()
    }

    def heard(name: StorageName, event: Event) -> None:
        if name in _FOR_NODE_PORTS:
            unread.add((name, event.stored.key))
            changed.set()

    store.listeners.append(heard)
    try:
        while True:
            changed = anyio.Event()
            while unread:
                name, key = unread.pop()
                stored = store.collection(name).get(key)
                seen.note(_FOR_NODE_PORTS[name], key, stored.object() if stored else None)
            await node_ports.update(*seen.changes())
            if not unread:
                await changed.wait()
    finally:
        store.listeners.remove(heard)


_FOR_NODE_PORTS: Mapping[StorageName, Kind] = {
    StorageName("", "services"): "services",
    StorageName("discovery.k8s.io", "endpointslices"): "endpointslices",
    StorageName("", "nodes"): "nodes",
}

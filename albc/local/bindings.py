"""The TargetGroupBinding controllers alone, in this process, beside a local cluster and account.

For benchmarks and tests that bring load balancers and bindings of their own; `albc.local.demo.controller` starts the
whole controller as a process.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import anyio

from albc.aws.calls import Aws
from albc.aws.clients import AwsSettings, StaticCredentials, open_client
from albc.aws.roles import AssumedRoles
from albc.aws.services import SERVICE_IDS
from albc.aws.throttle import with_published
from albc.controllers.stores import Stores
from albc.controllers.target_assembly import BindingParts, add_target_group_bindings
from albc.engine.manager import Manager
from albc.engine.metrics import EngineMetrics
from albc.kube.client import Client
from albc.kube.events import EventRecorder
from albc.local.aws import Account, AwsServer
from albc.local.kubernetes import Cluster
from albc.local.stack import connection
from albc.settings import Settings
from albc.targets.endpoints import Leave
from albc.telemetry.metrics import Metrics

_CREDENTIALS = StaticCredentials("local", "local", "local")
_SERVICES = ("elbv2", "ec2", "sts")


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Where the controllers run, and how."""

    cluster: Cluster
    account: Account
    aws: AwsServer
    vpc_id: str
    settings: Settings = field(default_factory=Settings)
    leave: Leave = "deletion"
    paced: bool = False
    """Keep to AWS's published rates, as one does with the real AWS."""


@asynccontextmanager
async def binding_controllers(beside: Beside) -> AsyncIterator[Manager]:
    """Runs them until the block ends."""
    metrics = Metrics()
    region = beside.account.options.region
    limits = beside.settings.aws_api_throttle
    aws_settings = AwsSettings(
        region=region,
        endpoints=dict.fromkeys(SERVICE_IDS.values(), beside.aws.url),
        limits=with_published(limits, SERVICE_IDS.values()) if beside.paced else limits,
    )
    async with AsyncExitStack() as parts:
        parts.callback(metrics.shutdown)
        client = await parts.enter_async_context(Client(connection(beside.cluster)))
        clients = {
            service: await parts.enter_async_context(open_client(aws_settings, service, _CREDENTIALS))
            for service in _SERVICES
        }
        aws = Aws(clients, aws_settings)
        roles = await parts.enter_async_context(AssumedRoles(aws, aws_settings, beside.settings.cluster_name))
        manager = Manager(client, EngineMetrics(metrics.meter), resync=beside.settings.sync_period, drain=0.5)
        recorder = EventRecorder(client)
        add_target_group_bindings(
            BindingParts(
                settings=beside.settings,
                vpc_id=beside.vpc_id,
                manager=manager,
                client=client,
                stores=Stores.of(manager),
                recorder=recorder,
                aws=aws,
                roles=roles,
                meter=metrics.meter,
            ),
            beside.leave,
        )
        stop = anyio.Event()
        async with anyio.create_task_group() as tasks:

            async def run() -> None:
                await manager.run(stop)
                tasks.cancel_scope.cancel()

            tasks.start_soon(recorder.run)
            tasks.start_soon(run)
            try:
                yield manager
            finally:
                stop.set()

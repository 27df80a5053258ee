"""`albc run`: puts the process together, in the order of spec/runtime.md §1, and runs it until it is told to stop."""

import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from uuid import uuid4

import anyio
import structlog
from aiohttp.web import RouteDef

from albc import __version__
from albc.aws.calls import open_aws
from albc.aws.clients import AwsSettings
from albc.aws.discovery import discover_region, discover_vpc_id
from albc.aws.imds import InstanceMetadata
from albc.aws.metrics import CallMetrics
from albc.aws.roles import AssumedRoles
from albc.cli.connections import METADATA, endpoints, kubernetes_connection, reach_kubernetes, told_as_usage
from albc.cli.usage import UsageError
from albc.controllers.assembly import Parts, assemble
from albc.controllers.gateway_detection import detect
from albc.engine.debug import state
from albc.engine.leader import CALL_TIMEOUT, Election, Elector, LeadershipLost
from albc.engine.manager import Manager
from albc.engine.metrics import EngineMetrics
from albc.engine.signals import stop_on_signals
from albc.errors import NotLeader
from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client
from albc.kube.events import EventRecorder
from albc.settings import Settings, check, mapping_settings
from albc.telemetry import http, logs, tracing
from albc.telemetry.metrics import Metrics

log = structlog.stdlib.get_logger("setup")


def run_controller(settings: Settings) -> int:
    """Returns the exit status: 0 after an orderly end, 1 after a loss of the lease. Raises `UsageError`."""
    try:
        check(settings)
    except ValueError as error:
        raise UsageError(str(error)) from None
    match settings.log_format:
        case "json" | "console" as output:
            logs.configure(settings.log_level, output, sys.stderr)
        case other:
            raise UsageError(f"--log-format {other} is unknown; it must be json or console")
    try:
        return anyio.run(_run, settings)
    except* UsageError as errors:
        raise _first(errors) from None


async def _run(settings: Settings) -> int:
    connection = await kubernetes_connection(settings.kubeconfig)
    metrics = Metrics()
    provider = tracing.configure(__version__, os.environ)
    try:
        async with AsyncExitStack() as resources:
            return await _with_metrics(settings, connection, metrics, resources)
    finally:
        metrics.shutdown()
        if provider is not None:
            provider.shutdown()


async def _with_metrics(
    settings: Settings, connection: ConnectionConfig, metrics: Metrics, resources: AsyncExitStack
) -> int:
    engine_metrics = EngineMetrics(metrics.meter)
    elector = await _elector(settings, connection, resources)
    client = await resources.enter_async_context(
        Client(
            connection,
            fence=elector.check if elector else None,
            observe=engine_metrics.rest_client_request,
        )
    )
    await reach_kubernetes(client)
    with told_as_usage("unable to obtain CRD information"):
        gates = await detect(client, settings.gates)
    settings = replace(settings, feature_gates=gates.chosen)
    manager = Manager(client, engine_metrics, namespace=settings.watch_namespace or None, resync=settings.sync_period)
    recorder = EventRecorder(client)
    urls = endpoints(dict(settings.aws_api_endpoints))
    metadata = InstanceMetadata(urls.get(METADATA, ""))
    with told_as_usage("cannot start"):
        region = await discover_region(settings.aws_region, metadata)
    aws_settings = AwsSettings(
        region=region,
        endpoints=urls,
        max_attempts=settings.aws_max_retries,
        limits=settings.aws_api_throttle,
    )
    aws = await resources.enter_async_context(
        open_aws(aws_settings, metrics=CallMetrics(metrics.meter), may_write=partial(_may_write, elector))
    )
    roles = await resources.enter_async_context(AssumedRoles(aws, aws_settings, settings.cluster_name))
    with told_as_usage(f"cannot use the AWS account in {region}"):
        vpc_id = await discover_vpc_id(settings.aws_vpc_id, dict(settings.aws_vpc_tags), aws, metadata)
    parts = Parts(
        settings=settings,
        mapping=mapping_settings(settings, region=region, vpc_id=vpc_id),
        manager=manager,
        client=client,
        recorder=recorder,
        aws=aws,
        roles=roles,
    )
    with told_as_usage(f"cannot use the AWS account in {region}"):
        inventory = await assemble(parts)
    await resources.enter_async_context(_servers(settings, metrics, manager))

    stop = anyio.Event()
    async with anyio.create_task_group() as background:
        background.start_soon(stop_on_signals, stop)
        background.start_soon(recorder.run)
        background.start_soon(inventory.run)
        try:
            await manager.run(stop, elector)
        except LeadershipLost:
            return 1
        finally:
            background.cancel_scope.cancel()
    return 0


# Kubernetes


async def _elector(settings: Settings, connection: ConnectionConfig, resources: AsyncExitStack) -> Elector | None:
    if not settings.enable_leader_election:
        return None
    client = await resources.enter_async_context(Client(connection, timeout=CALL_TIMEOUT))
    election = Election(
        namespace=settings.leader_election_namespace or connection.namespace,
        name=settings.leader_election_id,
        identity=f"{socket.gethostname()}_{uuid4()}",
    )
    return Elector(client, election)


def _may_write(elector: Elector | None) -> bool:
    if elector is None:
        return True
    with suppress(NotLeader):
        elector.check()
        return True
    return False


# Servers


@asynccontextmanager
async def _servers(settings: Settings, metrics: Metrics, manager: Manager) -> AsyncIterator[None]:
    checks = {"health-ping": http.always_well}
    probes = [*http.probes("/healthz", checks), *http.probes("/readyz", checks)]
    shown = [*http.metrics(metrics.render), *http.debug_state(partial(state, manager))]
    async with AsyncExitStack() as servers:
        await _listen(servers, "--health-probe-bind-addr", settings.health_probe_bind_addr, probes)
        await _listen(servers, "--metrics-bind-addr", settings.metrics_bind_addr, shown)
        yield


async def _listen(servers: AsyncExitStack, flag: str, address: str, routes: list[RouteDef]) -> None:
    try:
        place = http.parse_address(address)
        if place is not None:
            await servers.enter_async_context(http.listening(*place, routes))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(
            f"cannot listen on {flag}={address}: {reason}; choose another address, or 0 for none"
        ) from error


def _first(group: BaseExceptionGroup[UsageError]) -> UsageError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return UsageError(str(error))

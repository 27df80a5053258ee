"""`albc run`: puts the process together, in the order of spec/runtime.md §1, and runs it until it is told to stop."""

import gc
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

import anyio
import structlog
from aiohttp.web import RouteDef

from albc import __version__
from albc.aws.calls import open_aws
from albc.aws.discovery import discover_account_id
from albc.aws.inventory import Inventory
from albc.aws.metrics import CallMetrics
from albc.aws.roles import AssumedRoles
from albc.cli import webhooks
from albc.cli.aws_account import aws_settings, instance_metadata, vpc_of
from albc.cli.connections import (
    kubernetes_connection,
    reach_kubernetes,
    reaching_aws,
    told_as_usage,
)
from albc.cli.election import candidate, leads
from albc.cli.memory import give_back_once_settled
from albc.cli.usage import UsageError
from albc.controllers.assembly import Parts, assemble
from albc.controllers.metrics import show_drift, show_headroom, show_target_groups
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.engine.debug import state
from albc.engine.leader import Elector, LeadershipLost
from albc.engine.manager import Manager
from albc.engine.metrics import EngineMetrics
from albc.engine.signals import stop_on_signals, tell_state_on_signal
from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client
from albc.kube.events import EventRecorder
from albc.settings import Settings, check, mapping_settings
from albc.telemetry import bounded, http, logs, tracing
from albc.telemetry.metrics import Metrics

log = structlog.stdlib.get_logger("setup")

FAILED: Final = 1
"""Exit status of whatever goes wrong once the flags are read (spec/runtime.md §1)."""


def run_controller(settings: Settings, ignored: Sequence[str] = ()) -> int:
    """Returns the exit status: 0 after an orderly end, 1 after a loss of the lease. Raises `UsageError`, for status 1.

    `ignored`: positional arguments, which mean nothing, as to the reference (spec/runtime.md §2).
    """
    try:
        check(settings)
    except ValueError as error:
        raise UsageError(str(error), FAILED) from None
    match settings.log_format:
        case "json" | "console" as output:
            logs.configure(settings.log_level, output, sys.stderr)
        case other:
            raise UsageError(f"--log-format {other} is unknown; it must be json or console", FAILED)
    log.info("version", GitVersion=__version__)
    if ignored:
        log.warning("arguments ignored; a flag's value follows an equals sign: --enable-waf=false", arguments=ignored)
    # What is loaded stays: no collection, during which the event loop stands still, has to walk it.
    gc.freeze()
    try:
        return anyio.run(_run, settings)
    except* UsageError as errors:
        raise _first(errors) from None


async def _run(settings: Settings) -> int:
    connection = await kubernetes_connection(settings.kubeconfig)
    try:
        metrics = Metrics(os.environ)
        provider = tracing.configure(__version__, os.environ)
    except ImportError as error:
        raise UsageError(
            f"OTEL_EXPORTER_OTLP_… is set, but what exports is not installed ({error.name}): unset it, or install the "
            "extra otlp (pip install '.[otlp]' in a checkout)",
            FAILED,
        ) from None
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
    engine_metrics = EngineMetrics(metrics.meter, "awslbc")
    elector = await resources.enter_async_context(candidate(settings, connection))
    client = await resources.enter_async_context(
        Client(
            connection,
            fence=elector.check if elector else None,
            observe=engine_metrics.rest_client_request,
        )
    )
    await reach_kubernetes(client)
    manager = Manager(client, engine_metrics, namespace=settings.watch_namespace or None, resync=settings.sync_period)
    recorder = EventRecorder(client)
    metadata = instance_metadata(settings)
    with told_as_usage("cannot start"):
        of_aws = await aws_settings(settings, metadata)
    region = of_aws.region
    with told_as_usage(f"cannot use the AWS account in {region}"):
        aws = await resources.enter_async_context(
            open_aws(of_aws, metrics=CallMetrics(metrics.meter), may_write=partial(leads, elector))
        )
    roles = await resources.enter_async_context(AssumedRoles(aws, of_aws, settings.cluster_name))
    async with reaching_aws(region):
        vpc_id = await vpc_of(settings, aws, metadata)
        log.info("AWS", account=await discover_account_id(aws), region=region, vpc=vpc_id)
    parts = Parts(
        settings=settings,
        mapping=mapping_settings(settings, region=region, vpc_id=vpc_id),
        manager=manager,
        client=client,
        recorder=recorder,
        aws=aws,
        roles=roles,
        meter=metrics.meter,
    )
    async with reaching_aws(region):
        inventory = await assemble(parts)
    show_target_groups(metrics.meter, manager.store(TARGET_GROUP_BINDINGS))
    show_headroom(metrics.meter, inventory.headroom)
    show_drift(metrics.meter, inventory.drifts)
    manager.report("aws", aws.statistics)
    manager.report("roles", roles.statistics)
    manager.report("inventory", inventory.statistics)
    around = webhooks.Surroundings(settings, parts.mapping, connection, manager, aws, roles, metrics.meter)
    ready_webhook = await resources.enter_async_context(webhooks.served(around))
    await resources.enter_async_context(_servers(settings, metrics, manager, ready_webhook))

    stop = anyio.Event()
    async with anyio.create_task_group() as background:
        background.start_soon(stop_on_signals, stop)
        background.start_soon(tell_state_on_signal, partial(state, manager))
        background.start_soon(recorder.run)
        background.start_soon(give_back_once_settled)
        background.start_soon(_keep_looking, inventory, elector)
        try:
            await manager.run(stop, elector)
        except LeadershipLost:
            return 1
        finally:
            background.cancel_scope.cancel()
    return 0


async def _keep_looking(inventory: Inventory, elector: Elector | None) -> None:
    """On the leader only: what a candidate had read before would be out of date when it takes over."""
    if elector is not None:
        await elector.leading.wait()
    await inventory.run()


# Servers


@asynccontextmanager
async def _servers(
    settings: Settings, metrics: Metrics, manager: Manager, ready_webhook: http.Check | None
) -> AsyncIterator[None]:
    checks: dict[str, http.Check] = {"health-ping": http.always_well}
    if ready_webhook is not None:
        checks["ready-webhook"] = ready_webhook
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
            await servers.enter_async_context(bounded.serving(routes, *place))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(
            f"cannot listen on {flag}={address}: {reason}; choose another address, or 0 for none"
        ) from error


def _first(group: BaseExceptionGroup[UsageError]) -> UsageError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return UsageError(str(error), FAILED)

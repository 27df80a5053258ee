"""Part of `benchmarks.aws`: many new Ingresses at once, under the rates that AWS publishes.

Time is virtual: a loop's clock that jumps to the next timer, so that a quarter of an hour of waiting takes seconds. The
way is the real one from Ingress objects to calls (facts, mapping, inventory, plan, apply, throttle), by as many workers
as `albc run` has by default; the account answers after `LATENCY_SECONDS` and refuses what comes faster than allowed.
Bindings are kept in memory, so their targets' registration, which has a bucket of its own, is not part of it.
"""

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError

from albc.aws.backend_security_group import BackendSecurityGroup
from albc.aws.calls import Aws
from albc.aws.clients import AwsSettings
from albc.aws.facts.account import FactsFromAWS
from albc.aws.facts.questions import Scope
from albc.aws.inventory import Inventory, InventorySettings
from albc.aws.services import SERVICE_IDS
from albc.aws.throttle import DEFAULT_LIMITS, with_published
from albc.controllers.deployer import Deployer
from albc.deploy.apply import Applier
from albc.deploy.settings import DeploySettings
from albc.engine.outcome import Requeue
from albc.errors import Pending
from albc.kube.key import NamespacedName
from albc.kube.objects import INGRESS_CLASSES, INGRESSES, SERVICES
from albc.local.aws import Account, AccountOptions, ApiError, Quotas
from albc.local.aws.throttle import buckets_of
from albc.mapping.ingress.build import build, wants
from albc.mapping.ingress.groups import GroupID
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.settings import Settings

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from memory_bindings import Bindings
from virtual_time import VirtualTimeLoop

LATENCY_SECONDS = 0.05
PREFIX = "ingress.k8s.aws"


@dataclass(frozen=True)
class Pace:
    ingresses: int
    balancers: int
    calls: int
    throttled: int
    """Calls that AWS refused."""
    seconds: float
    bound_seconds: float
    """What the tightest of AWS's buckets takes for the same calls."""
    bound_by: str


def pace(ingresses: int, *, per_group: int) -> Pace:
    """Deploys so many new Ingresses, in groups of `per_group` that share a load balancer."""
    return anyio.run(_pace, ingresses, per_group, backend_options={"loop_factory": VirtualTimeLoop})


async def _pace(ingresses: int, per_group: int) -> Pace:
    quotas = Quotas(application_load_balancers=1000, target_groups_per_application_load_balancer=1000)
    account = Account(AccountOptions(throttling=True, quotas=quotas), clock=anyio.current_time)
    vpc_id = account.call("ec2", "DescribeVpcs", {})["Vpcs"][0]["VpcId"]
    account.calls.clear()
    house = _House(account, vpc_id, ingresses, per_group)
    started = anyio.current_time()
    await house.deploy_all()
    seconds = anyio.current_time() - started
    bound, by = _bound(account)
    throttled = sum(call.outcome not in ("ok",) for call in account.calls)
    return Pace(ingresses, -(-ingresses // per_group), len(account.calls), throttled, seconds, bound, by)


class _House:
    """What `albc run` puts together, without a cluster."""

    def __init__(self, account: Account, vpc_id: str, ingresses: int, per_group: int) -> None:
        settings = AwsSettings(
            region=account.options.region, limits=with_published(DEFAULT_LIMITS, SERVICE_IDS.values())
        )
        clients = {service: _Client(account, service) for service in SERVICE_IDS}
        aws = Aws(clients, settings, clock=anyio.current_time)
        scope = Scope("bench", vpc_id, False)
        bindings = Bindings()
        self._facts = FactsFromAWS(aws, scope, BackendSecurityGroup(aws, scope, {}, ""), clock=anyio.current_time)
        inventory = Inventory(aws, InventorySettings(cluster_name="bench", vpc_id=vpc_id), clock=anyio.current_time)
        deploy = DeploySettings(cluster_name="bench", vpc_id=vpc_id)
        self._deployer = Deployer(aws, inventory, Applier(aws, inventory, bindings), bindings, deploy)
        self._settings = MappingSettings(cluster_name="bench", vpc_id=vpc_id, region=account.options.region)
        self._snapshot = _snapshot(ingresses, per_group)
        self._groups = [GroupID("", f"group-{number}") for number in range(-(-ingresses // per_group))]

    async def deploy_all(self) -> None:
        keys = iter(self._groups)

        async def work() -> None:
            for key in keys:
                await self._deploy(key)

        async with anyio.create_task_group() as workers:
            for _ in range(Settings.ingress_max_concurrent_reconciles):
                workers.start_soon(work)

    async def _deploy(self, group: GroupID) -> None:
        while True:
            facts = await self._facts.answer(wants(group, self._snapshot, self._settings))
            existing = await self._deployer.existing(group.stack_id, PREFIX, "application")
            built = build(group, self._snapshot, replace(facts, existing=existing), self._settings)
            if built.stack is None or built.problems:
                raise SystemExit(f"the group is not sound: {built.problems[:1]}")
            try:
                deployed = await self._deployer.deploy(built.stack, PREFIX)
            except Pending as pending:
                await anyio.sleep(pending.after_seconds)
                continue
            if not isinstance(deployed.outcome, Requeue):
                return
            await anyio.sleep(deployed.outcome.after or LATENCY_SECONDS)


class _Client:
    """A client of one service, without HTTP in between."""

    def __init__(self, account: Account, service: str) -> None:
        model = botocore.session.get_session().get_service_model(service)
        self._account = account
        self._service = service
        self.meta = SimpleNamespace(method_to_api_mapping={xform_name(name): name for name in model.operation_names})

    def __getattr__(self, operation: str) -> Any:
        name = self.meta.method_to_api_mapping[operation]

        async def call(**params: Any) -> Mapping[str, Any]:
            await anyio.sleep(LATENCY_SECONDS / 2)
            try:
                answer = self._account.call(self._service, name, params)
            except ApiError as error:
                told: Any = {
                    "Error": {"Code": error.code, "Message": str(error)},
                    "ResponseMetadata": {"HTTPStatusCode": error.status},
                }
                raise ClientError(told, name) from error
            finally:
                await anyio.sleep(LATENCY_SECONDS / 2)
            return {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}

        return call


def _snapshot(ingresses: int, per_group: int) -> Snapshot:
    found = [_ingress(number, f"group-{number // per_group}") for number in range(ingresses)]
    service = SERVICES.convert({"metadata": {"name": "echo", "namespace": "bench"}, "spec": {"ports": [{"port": 80}]}})
    alb = INGRESS_CLASSES.convert({"metadata": {"name": "alb"}, "spec": {"controller": "ingress.k8s.aws/alb"}})
    return Snapshot(
        ingresses={NamespacedName("bench", one.name): one for one in found},
        services={NamespacedName("bench", "echo"): service},
        ingress_classes={NamespacedName("", "alb"): alb},
    )


def _ingress(number: int, group: str) -> Any:
    prefix = "alb.ingress.kubernetes.io/"
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "echo", "port": {"number": 80}}}}
    return INGRESSES.convert(
        {
            "metadata": {
                "name": f"web-{number}",
                "namespace": "bench",
                "annotations": {f"{prefix}group.name": group, f"{prefix}target-type": "ip"},
            },
            "spec": {
                "ingressClassName": "alb",
                "rules": [{"host": f"web-{number}.example.com", "http": {"paths": [path]}}],
            },
        }
    )


def _bound(account: Account) -> tuple[float, str]:
    """By the bucket that these calls fill for the longest time; a bucket starts full."""
    taken = Counter(
        bucket
        for call in account.calls
        if call.outcome == "ok"
        for bucket in buckets_of(call.service, call.operation, call.params)
    )
    seconds = {bucket: (number - bucket[0].burst) / bucket[0].per_second for bucket, number in taken.items()}
    rate, operation = max(seconds, key=lambda bucket: seconds[bucket])
    what = operation or ", ".join(rate.operations)
    return max(0.0, seconds[rate, operation]), f"{rate.service} {what} at {rate.per_second:g}/s, {rate.burst} at once"

"""Keeps one stack for each Service that is ours: a Network Load Balancer (spec/service.md A13)."""

from contextlib import AbstractContextManager
from dataclasses import replace

from albc.aws.facts.account import FactsFromAWS
from albc.controllers.backend_security_group import SharedGroup
from albc.controllers.deployer import Deployer, stack_of
from albc.controllers.reporting import Reporter
from albc.controllers.service_status import status_patch
from albc.controllers.stores import Stores, gone
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.controller import Reconcile
from albc.engine.informer import Change
from albc.engine.outcome import Done, Outcome
from albc.engine.store import ObjectKey
from albc.engine.watches import Watches, itself, meaningful
from albc.errors import Invalid
from albc.kube.client import Client
from albc.kube.finalizers import add_finalizer, remove_finalizer
from albc.kube.objects import SERVICES, Service
from albc.kube.patches import MergePatch
from albc.mapping.service.build import build, stack_id, wants
from albc.mapping.service.selection import FINALIZER, is_ours, pending_finalization
from albc.mapping.settings import MappingSettings

TAG_PREFIX = "service.k8s.aws"


class Services:
    name = "service"

    def __init__(
        self,
        client: Client,
        stores: Stores,
        facts: FactsFromAWS,
        deployer: Deployer,
        shared_group: SharedGroup,
        report: Reporter,
        settings: MappingSettings,
    ) -> None:
        self._client = client
        self._stores = stores
        self._facts = facts
        self._deployer = deployer
        self._shared_group = shared_group
        self._report = report
        self._settings = settings

    def watches(self, w: Watches[ObjectKey]) -> None:
        w.on(SERVICES, itself, when=self._concerns_us)
        w.on(TARGET_GROUP_BINDINGS, _of_binding, when=gone)

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        service = self._stores.services.get(key)
        if service is None:
            return Done()
        ours = is_ours(service, self._settings)
        if not ours and not pending_finalization(service):
            return Done()
        if ours and not pending_finalization(service):
            with ctx.stage("add_finalizers"), self._failure(service, "FailedAddFinalizer", "add finalizer"):
                await add_finalizer(self._client, SERVICES, key, FINALIZER)
        if ours:
            self._shared_group.enter(SERVICES, key)
        facts = await self._facts.answer(wants(service, self._stores.snapshot(), self._settings))
        facts = replace(facts, existing=await self._deployer.existing(stack_id(service), TAG_PREFIX, "network"))
        with ctx.stage("build_model"):
            built = build(service, self._stores.snapshot(), facts, self._settings)
        self._report.problems(SERVICES, [service], built.problems)
        if built.stack is None:
            raise Invalid("; ".join(problem.message for problem in built.problems))
        with ctx.stage("deploy_model"), self._failure(service, "FailedDeployModel", "deploy model"):
            deployed = await self._deployer.deploy(built.stack, TAG_PREFIX)
        if not ours:
            await self._clean_up(service, key)
            return Done()
        with ctx.stage("update_status"), self._failure(service, "FailedUpdateStatus", "update status"):
            await self._write_status(service, deployed.dns_name("LoadBalancer"))
        self._report.success(SERVICES, [service])
        return deployed.outcome

    def _concerns_us(self, change: Change[Service]) -> bool:
        """Ours, or once ours; a deleted one has no finalizer any more, and nothing in AWS."""
        return (
            change.type != "deleted"
            and meaningful(change)
            and (pending_finalization(change.object) or is_ours(change.object, self._settings))
        )

    async def _write_status(self, service: Service, hostname: str) -> None:
        """Services of other types take no status from the API: the load balancer works without (traps.md)."""
        if service.spec.type == "LoadBalancer" and (patch := status_patch(service, hostname)):
            await self._client.patch_status(SERVICES, service.name, MergePatch(patch), service.namespace)

    async def _clean_up(self, service: Service, key: ObjectKey) -> None:
        await self._shared_group.release(SERVICES, key)
        if service.status.load_balancer.ingress:
            with self._failure(service, "FailedCleanupStatus", "update status"):
                patch = MergePatch({"status": {"loadBalancer": None}})
                await self._client.patch_status(SERVICES, service.name, patch, service.namespace)
        with self._failure(service, "FailedRemoveFinalizer", "remove finalizer"):
            await remove_finalizer(self._client, SERVICES, key, FINALIZER)

    def _failure(self, service: Service, reason: str, doing: str) -> AbstractContextManager[None]:
        return self._report.failure(SERVICES, [service], reason, doing)


def _of_binding(change: Change[TargetGroupBinding]) -> list[ObjectKey]:
    """A stack that removes target groups waits for their bindings to go."""
    stack = stack_of(change.object.metadata.labels, TAG_PREFIX)
    return [ObjectKey(*stack)] if stack else []

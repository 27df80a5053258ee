"""A Service's Network Load Balancer: one stack for each Service that is ours (spec/service.md A13)."""

from dataclasses import replace

from albc.controllers.deployer import Deployed
from albc.controllers.service_objects import ServiceObjects
from albc.controllers.shared import Shared
from albc.engine.controller import Reconcile
from albc.engine.outcome import Outcome
from albc.engine.store import ObjectKey
from albc.kube.objects import SERVICES, Service
from albc.mapping.cluster import SERVICE_TAG_PREFIX
from albc.mapping.service.build import build, stack_id, wants
from albc.mapping.service.selection import FINALIZER, is_ours, pending_finalization
from albc.model.facts import FactsRequest


class NetworkServices:
    """Implements `albc.controllers.services.Kind`."""

    def __init__(self, shared: Shared, objects: ServiceObjects) -> None:
        self._objects = objects
        self._stores = shared.stores
        self._facts = shared.facts
        self._deployer = shared.deployer
        self._shared_group = shared.group
        self._settings = shared.settings

    def is_ours(self, service: Service) -> bool:
        return is_ours(service, self._settings)

    def is_pending(self, service: Service) -> bool:
        return pending_finalization(service)

    async def ensure(self, service: Service, ctx: Reconcile) -> Outcome:
        if not pending_finalization(service):
            with ctx.stage("add_finalizers"):
                await self._objects.claim(service, FINALIZER)
        key = ObjectKey(service.namespace, service.name)
        self._shared_group.enter(SERVICES, key)
        deployed = await self._deploy(service, ctx)
        with ctx.stage("DNS_resolve"):
            hostname = deployed.dns_name("LoadBalancer")
        with ctx.stage("update_status"):
            await self._objects.write_status(service, hostname)
        if not self._wants(service).backend_security_group:
            await self._shared_group.release(ctx, SERVICES, key)
        self._objects.success(service)
        return deployed.outcome

    async def clean_up(self, service: Service, ctx: Reconcile) -> None:
        await self._deploy(service, ctx)
        await self._shared_group.release(ctx, SERVICES, ObjectKey(service.namespace, service.name))
        await self._objects.release(service, FINALIZER)

    def _wants(self, service: Service) -> FactsRequest:
        return wants(service, self._stores.snapshot(), self._settings)

    async def _deploy(self, service: Service, ctx: Reconcile) -> Deployed:
        """A Service that is not ours any more has an empty stack."""
        facts = await self._facts.answer(self._wants(service))
        existing = await self._deployer.existing(stack_id(service), SERVICE_TAG_PREFIX, "network")
        with ctx.stage("build_model"):
            built = build(service, self._stores.snapshot(), replace(facts, existing=existing), self._settings)
            stack = self._objects.stack_of(service, built, ctx)
        with ctx.stage("deploy_model"), self._objects.failure(service, "FailedDeployModel", "deploy model"):
            return await self._deployer.deploy(stack, SERVICE_TAG_PREFIX)

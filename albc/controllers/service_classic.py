"""A Service's Classic Load Balancer, and the nodes behind it (spec/service.md B10).

Nodes are followed also while the Service itself cannot be built or deployed: its load balancer serves on.
"""

from dataclasses import replace

from albc.aws.inventory import StackKey
from albc.controllers.deployer import Deployed
from albc.controllers.service_objects import ServiceObjects
from albc.controllers.shared import Shared
from albc.engine.controller import Reconcile
from albc.engine.outcome import Outcome, Requeue
from albc.errors import Invalid, Pending, Refused
from albc.kube.objects import Service
from albc.mapping.cluster import SERVICE_TAG_PREFIX
from albc.mapping.invalid import Invalid as Fault
from albc.mapping.service.build import stack_id
from albc.mapping.service.classic.build import build, wants
from albc.mapping.service.classic.instances import manages_node_rules, target_node_labels
from albc.mapping.service.classic.parsed import EXTRA_SECURITY_GROUPS, SECURITY_GROUPS
from albc.mapping.service.classic.selection import (
    FINALIZER,
    is_left_alone,
    is_ours,
    load_balancer_name,
    pending_finalization,
)
from albc.mapping.service.parsed import ServiceAnnotations
from albc.model.classic import ClassicLoadBalancer
from albc.model.inventory import ActualClassicLoadBalancer, is_anothers
from albc.model.reference import Ref
from albc.model.stack import Stack
from albc.targets.classic import ClassicTargets, Wishes
from albc.targets.classic_access import Sources

_SOON = 2.0
"""Seconds after which AWS usually shows what was just made."""


class ClassicServices:
    """Implements `albc.controllers.services.Kind`."""

    def __init__(self, shared: Shared, objects: ServiceObjects, targets: ClassicTargets) -> None:
        self._objects = objects
        self._nodes = shared.stores.nodes
        self._facts = shared.facts
        self._deployer = shared.deployer
        self._inventory = shared.inventory
        self._targets = targets
        self._settings = shared.settings

    def is_ours(self, service: Service) -> bool:
        return is_ours(service, self._settings)

    def is_pending(self, service: Service) -> bool:
        return pending_finalization(service)

    async def ensure(self, service: Service, ctx: Reconcile) -> Outcome:
        if not pending_finalization(service):
            with ctx.stage("add_finalizers"):
                await self._objects.claim(service, FINALIZER)
        try:
            deployed = await self._deploy(service, ctx)
        except (Invalid, Refused, Pending):
            await self._follow_nodes(service)
            raise
        if not await self._follow_nodes(service):
            return Requeue(_SOON, "waiting for AWS to show the load balancer")
        with ctx.stage("DNS_resolve"):
            hostname = deployed.resolved[Ref(ClassicLoadBalancer.type, "LoadBalancer", "dnsName")].lower()
        with ctx.stage("update_status"):
            await self._objects.write_status(service, hostname)
        self._objects.success(service)
        return deployed.outcome

    async def clean_up(self, service: Service, ctx: Reconcile) -> None:
        """Rules on nodes go first, for a group that they name cannot be deleted."""
        if is_left_alone(service, self._settings):
            return
        with ctx.stage("deploy_model"), self._objects.failure(service, "FailedDeployModel", "deploy model"):
            actual = await self._actual(service)
            attached = actual.security_groups if actual and _wishes(service).manage_rules else ()
            await self._targets.close(load_balancer_name(service), attached, await self._managed_groups(service))
            await self._deployer.deploy(
                Stack.of(stack_id(service), ()), SERVICE_TAG_PREFIX, classic=load_balancer_name(service)
            )
        await self._objects.release(service, FINALIZER)

    async def _deploy(self, service: Service, ctx: Reconcile) -> Deployed:
        facts = await self._facts.answer(wants(service, self._settings))
        actual = await self._actual(service)
        with ctx.stage("build_model"):
            built = build(service, replace(facts, existing=actual.existing if actual else None), self._settings)
            stack = self._objects.stack_of(service, built, ctx)
        with ctx.stage("deploy_model"), self._objects.failure(service, "FailedDeployModel", "deploy model"):
            return await self._deployer.deploy(stack, SERVICE_TAG_PREFIX, classic=load_balancer_name(service))

    async def _follow_nodes(self, service: Service) -> bool:
        """Whether there is a load balancer to follow them."""
        actual = await self._actual(service)
        if actual is None:
            return False
        with self._objects.failure(service, "FailedDeployModel", "deploy model"):
            has_nodes = await self._targets.sync(actual, _key(service), self._nodes.list(), _wishes(service))
            if unattached := await self._managed_groups(service) - {*actual.security_groups}:
                await self._targets.forget(unattached)
        if not has_nodes:
            message = "There are no available nodes for LoadBalancer"
            self._objects.warning(service, "UnAvailableLoadBalancer", message)
        return True

    async def _actual(self, service: Service) -> ActualClassicLoadBalancer | None:
        """None also for one of another cluster, which the plan will tell of."""
        found = await self._inventory.classic.named(load_balancer_name(service), _key(service))
        return None if found and is_anothers(found.tags, self._settings.cluster_name) else found

    async def _managed_groups(self, service: Service) -> frozenset[str]:
        """Ids of the groups that bear the stack's tags."""
        view = await self._inventory.glance(stack_id(service), SERVICE_TAG_PREFIX)
        return frozenset(group.id for group in view.security_groups)


def _key(service: Service) -> StackKey:
    return StackKey(SERVICE_TAG_PREFIX, str(stack_id(service)))


def _wishes(service: Service) -> Wishes:
    """Where it is not clear whether rules on nodes are ours, they are left alone."""
    annotations = ServiceAnnotations(service.metadata.annotations)
    try:
        manage = manages_node_rules(annotations)
    except Fault:
        manage = False
    return Wishes(
        labels=target_node_labels(annotations),
        manage_rules=manage,
        sources=Sources(named=annotations[SECURITY_GROUPS] or (), extra=annotations[EXTRA_SECURITY_GROUPS] or ()),
    )

"""Keeps one stack for each Gateway of one layer: an ALB or an NLB (spec/gateway.md §4).

Two instances run, one for each layer. The statuses of routes and ListenerSets are written by `gateway_statuses`.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

from albc.controllers.deployer import stack_of
from albc.controllers.gateway_events import GatewayEvents, programmed_changed
from albc.controllers.gateway_statuses import GatewayStatuses
from albc.controllers.reporting import Reporter
from albc.controllers.shared import Shared
from albc.controllers.stores import gone
from albc.crds.resources import (
    LISTENER_RULE_CONFIGURATIONS,
    LOAD_BALANCER_CONFIGURATIONS,
    TARGET_GROUP_BINDINGS,
    TARGET_GROUP_CONFIGURATIONS,
)
from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.controller import Reconcile
from albc.engine.informer import Change
from albc.engine.outcome import Done, Outcome, Requeue
from albc.engine.references import References
from albc.engine.store import ObjectKey, key_of
from albc.engine.watches import Watches, each_state, meaningful
from albc.errors import Invalid as CannotBuild
from albc.errors import NotLeader, Pending, Unavailable
from albc.kube.finalizers import add_finalizer, remove_finalizer
from albc.kube.objects import (
    GATEWAY_CLASSES,
    GATEWAYS,
    GRPC_ROUTES,
    HTTP_ROUTES,
    LISTENER_SETS,
    REFERENCE_GRANTS,
    SECRETS,
    SERVICES,
    TCP_ROUTES,
    TLS_ROUTES,
    UDP_ROUTES,
    Gateway,
    Secret,
)
from albc.kube.patches import MergePatch
from albc.mapping.gateway.addons import ANNOTATION_PREFIX
from albc.mapping.gateway.build import build, wants
from albc.mapping.gateway.classes import Layer
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.outcome import NOTHING_KNOWN, BuiltGateway, InEffect
from albc.mapping.gateway.resolution import layer_of_gateway
from albc.mapping.gateway.status import LoadBalancerState
from albc.model.load_balancer import LoadBalancer
from albc.model.stack import Stack, StackID

_ROUTES = {resource.kind: resource for resource in (HTTP_ROUTES, GRPC_ROUTES, TCP_ROUTES, UDP_ROUTES, TLS_ROUTES)}
DRY_RUN, DRY_RUN_PLAN = "gateway.k8s.aws/dry-run", "gateway.k8s.aws/dry-run-plan"
_FAILED = Fault("Invalid", "Check Gateway Events for more information.")
"""Says the same at each try: AWS's request ids in a status would wake the Gateway for ever."""


class Gateways:
    def __init__(
        self,
        layer: Layer,
        shared: Shared,
        secrets: References[Secret],
        statuses: GatewayStatuses,
        report: Reporter,
        *,
        listener_sets: Callable[[], bool],
    ) -> None:
        """`listener_sets`: whether ListenerSets are handled by now."""
        self.name = layer.controller_name
        self._layer = layer
        self._client = shared.client
        self._stores = shared.stores
        self._secrets = secrets
        self._facts = shared.facts
        self._deployer = shared.deployer
        self._shared_group = shared.group
        self._statuses = statuses
        self._report = report
        self._settings = shared.settings
        self._listener_sets = listener_sets
        self.events = GatewayEvents(shared.stores, layer)
        self._in_effect: dict[ObjectKey, InEffect] = {}
        """What each Gateway's last build had in effect: served on while an edit of a route is faulty, and a cache."""

    def watches(self, w: Watches[ObjectKey]) -> None:
        events = self.events
        w.on(GATEWAYS, events.of_gateway, when=meaningful, optional=True)
        w.on(GATEWAY_CLASSES, events.of_class, optional=True)
        w.on(LISTENER_SETS, each_state(events.of_listener_set), when=meaningful, optional=True)
        w.when_known(LISTENER_SETS, events.all)
        for kind in self._layer.route_kinds:
            w.on(_ROUTES[kind], each_state(events.of_route), when=meaningful, optional=True)
        w.on(SERVICES, events.of_service, when=meaningful)
        w.on(REFERENCE_GRANTS, each_state(events.of_grant), optional=True)
        w.on(LOAD_BALANCER_CONFIGURATIONS, events.of_load_balancer_configuration, when=meaningful, optional=True)
        w.on(
            TARGET_GROUP_CONFIGURATIONS,
            each_state(events.of_target_group_configuration),
            when=meaningful,
            optional=True,
        )
        if self._layer.is_alb:
            w.on(LISTENER_RULE_CONFIGURATIONS, events.of_rule_configuration, when=meaningful, optional=True)
        else:
            w.on(GATEWAYS, events.in_front_of, when=programmed_changed, optional=True)
        w.on(SECRETS, events.of_secret, only_referenced=True)
        w.on(TARGET_GROUP_BINDINGS, self._of_binding, when=gone)

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        gateway = self._stores.gateways.get(key)
        if gateway is None:
            self._in_effect.pop(key, None)
            return Done()
        if layer_of_gateway(gateway, self._stores.snapshot()) is not self._layer:
            return await self._let_go_without_class(gateway, key, ctx)
        with ctx.stage("build_model"):
            built = await self._build(gateway)
        if built is None:
            return Done()
        self._report.problems(GATEWAYS, [gateway], built.built.problems)
        await self._statuses.write_routes(built)
        stack = built.built.stack
        if stack is None:
            await self._statuses.write(gateway, built, None)
            # Without a fault the Gateway has no valid listener: its next edit is what changes that.
            if built.fault:
                ctx.count("build_model_error")
                raise CannotBuild(built.fault.message)
            return Done()
        if _is_dry_run(gateway, self.name):
            await self._show_plan(gateway, key, stack.to_json())
            return Done()
        await self._show_plan(gateway, key, None)
        if not stack.all(LoadBalancer):
            return await self._remove(gateway, key, stack, ctx)
        return await self._deploy(gateway, key, built, stack, ctx)

    async def _build(self, gateway: Gateway) -> BuiltGateway | None:
        """With the Secrets that its rules and listeners name, which are watched from now on."""
        snapshot = self._stores.lasting_snapshot()
        settings = replace(self._settings, gateway_listener_set=self._listener_sets())
        earlier = self._in_effect.get(key_of(gateway), NOTHING_KNOWN)
        facts = await self._facts.answer(wants(gateway, snapshot, settings, earlier))
        own = StackID(gateway.namespace, gateway.name)
        kind = self._layer.load_balancer_type
        facts = replace(
            facts,
            existing=await self._deployer.existing(own, self._layer.tag_prefix, kind),
            imported_certificates=await self._deployer.imported_certificates(own, self._layer.tag_prefix),
        )
        built = build(gateway, snapshot, facts, settings, earlier)
        names = built.secrets if built else frozenset()
        self._secrets.refer(("Gateway", gateway.namespace, gateway.name), names)
        if not names:
            return built
        found: Mapping[ObjectKey, Secret] = {
            name: secret for name in names if (secret := await self._secrets.get(name))
        }
        return build(gateway, replace(snapshot, secrets=found), facts, settings, earlier)

    async def _deploy(
        self, gateway: Gateway, key: ObjectKey, built: BuiltGateway, stack: Stack, ctx: Reconcile
    ) -> Outcome:
        if self.name not in gateway.metadata.finalizers and gateway.metadata.deletion_timestamp is None:
            with ctx.stage("add_finalizers"), self._failure(gateway, "FailedAddFinalizer", "add gateway finalizer"):
                await add_finalizer(self._client, GATEWAYS, key, self.name)
        if built.addons:
            await self._remember(key, dict.fromkeys(built.addons.enabled - built.addons.remembered, "true"))
        try:
            with ctx.stage("deploy_model"), self._failure(gateway, "FailedDeployModel", "deploy model"):
                deployed = await self._deployer.deploy(stack, self._layer.tag_prefix, built.kept)
        except (Pending, Unavailable, NotLeader):
            raise
        except Exception:
            await self._statuses.write_failure(gateway, built, _FAILED)
            raise
        self._in_effect[key] = built.in_effect
        provisioning = await self._deployer.provisioning(deployed)
        load_balancer = LoadBalancerState(
            arn=deployed.load_balancer_arn(), dns_name=deployed.dns_name("LoadBalancer"), state=provisioning.state
        )
        with ctx.stage("update_status"), self._failure(gateway, "FailedUpdateStatus", "update status"):
            await self._statuses.write(gateway, built, load_balancer)
        if built.addons:
            off = built.addons.remembered - built.addons.enabled
            await self._remember(key, dict.fromkeys(off, "false"))
        if provisioning.look_again_after is not None:
            return Requeue(provisioning.look_again_after, "Monitoring provisioning state")
        self._report.success(GATEWAYS, [gateway])
        return deployed.outcome

    async def _remove(self, gateway: Gateway, key: ObjectKey, stack: Stack, ctx: Reconcile) -> Outcome:
        """Nothing is wanted any more: what bears the Gateway's tags goes, then the Gateway may."""
        if self.name not in gateway.metadata.finalizers:
            return Done()
        with self._failure(gateway, "FailedDeployModel", "deploy model"):
            await self._deployer.deploy(stack, self._layer.tag_prefix)
        await self._shared_group.release(ctx, GATEWAYS, key)
        with self._failure(gateway, "FailedRemoveFinalizer", "remove gateway finalizer"):
            await remove_finalizer(self._client, GATEWAYS, key, self.name)
        return Done()

    async def _let_go_without_class(self, gateway: Gateway, key: ObjectKey, ctx: Reconcile) -> Outcome:
        """A Gateway that is deleted after its class needs nothing but itself (traps.md)."""
        if gateway.metadata.deletion_timestamp is None:
            return Done()
        return await self._remove(gateway, key, Stack(StackID(gateway.namespace, gateway.name)), ctx)

    async def _remember(self, key: ObjectKey, addons: Mapping[str, str]) -> None:
        if addons:
            annotations = {ANNOTATION_PREFIX + name: value for name, value in sorted(addons.items())}
            patch = MergePatch({"metadata": {"annotations": annotations}})
            await self._client.patch(GATEWAYS, key.name, patch, key.namespace)

    async def _show_plan(self, gateway: Gateway, key: ObjectKey, plan: str | None) -> None:
        """The stack's JSON on the Gateway itself; None takes it away."""
        if gateway.metadata.annotations.get(DRY_RUN_PLAN) != plan:
            patch = MergePatch({"metadata": {"annotations": {DRY_RUN_PLAN: plan}}})
            await self._client.patch(GATEWAYS, key.name, patch, key.namespace)

    def _failure(self, gateway: Gateway, reason: str, doing: str) -> AbstractContextManager[None]:
        return self._report.failure(GATEWAYS, [gateway], reason, doing)

    def _of_binding(self, change: Change[TargetGroupBinding]) -> Iterable[ObjectKey]:
        """A stack that removes target groups waits for their bindings to go."""
        stack = stack_of(change.object.metadata.labels, self._layer.tag_prefix)
        return [ObjectKey(*stack)] if stack else []


def _is_dry_run(gateway: Gateway, finalizer: str) -> bool:
    """Asked for, and nothing stands in AWS yet: what is provisioned stays in service (spec/gateway.md §4)."""
    metadata = gateway.metadata
    return (
        metadata.annotations.get(DRY_RUN) == "true"
        and metadata.deletion_timestamp is None
        and finalizer not in metadata.finalizers
    )

"""Keeps the targets of each TargetGroupBinding (spec/targets.md §5)."""

from datetime import UTC, datetime

import msgspec
import structlog

from albc.aws.calls import Aws
from albc.aws.roles import AssumedRoles, Role
from albc.controllers.binding_events import (
    BindingEvents,
    endpoints_changed,
    more_than_checkpoint,
    pod_matters,
    ports_changed,
)
from albc.controllers.deferred_bindings import Deferral
from albc.controllers.reporting import Reporter
from albc.controllers.stores import Stores
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.controller import Reconcile
from albc.engine.informer import Change
from albc.engine.outcome import Done, Outcome, Requeue
from albc.engine.store import ObjectKey
from albc.engine.watches import Watches, itself
from albc.errors import AlbcError, NotLeader, Pending, Unavailable
from albc.kube.client import Client
from albc.kube.conditions import with_condition
from albc.kube.finalizers import add_finalizer, remove_finalizer
from albc.kube.objects import ENDPOINT_SLICES, NODES, PODS, SERVICES
from albc.kube.objects.meta import Condition
from albc.kube.patches import MergePatch
from albc.targets.reconciler import TargetReconciler

log = structlog.stdlib.get_logger("controllers.targetGroupBinding")

FINALIZER = "elbv2.k8s.aws/resources"


class TargetGroupBindings:
    name = "targetGroupBinding"

    def __init__(
        self,
        client: Client,
        stores: Stores,
        targets: TargetReconciler,
        roles: AssumedRoles,
        deferral: Deferral,
        report: Reporter,
        *,
        requeue_seconds: float,
    ) -> None:
        """`requeue_seconds`: `--targetgroupbinding-requeue-duration`."""
        self._client = client
        self._stores = stores
        self._targets = targets
        self._roles = roles
        self._deferral = deferral
        self._report = report
        self._requeue_seconds = requeue_seconds
        self._events = BindingEvents(stores)

    def watches(self, w: Watches[ObjectKey]) -> None:
        w.on(TARGET_GROUP_BINDINGS, itself, when=self._is_news)
        w.on(SERVICES, self._events.of_service, when=ports_changed)
        w.on(ENDPOINT_SLICES, self._events.of_slice, when=endpoints_changed)
        w.on(NODES, self._events.of_node)
        w.on(PODS, self._events.of_pod, when=pod_matters)

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        binding = self._stores.target_group_bindings.get(key)
        if binding is None:
            self._deferral.forget(key)
            return Done()
        if binding.metadata.deletion_timestamp is not None:
            await self._clean_up(binding, key)
            return Done()
        if FINALIZER not in binding.metadata.finalizers:
            with (
                ctx.stage("add_finalizers"),
                self._report.failure(TARGET_GROUP_BINDINGS, [binding], "FailedAddFinalizer", "add finalizer"),
            ):
                await add_finalizer(self._client, TARGET_GROUP_BINDINGS, key, FINALIZER)
        with (
            ctx.stage("reconcile_targetgroupbinding"),
            self._report.failure(TARGET_GROUP_BINDINGS, [binding], "FailedReconcile", "reconcile"),
        ):
            done = await self._targets.reconcile(binding, await self._aws(binding))
        for reason, message in done.warnings:
            self._report.warning(TARGET_GROUP_BINDINGS, binding, reason, message)
        if done.again:
            return Requeue(self._requeue_seconds, done.again)
        if done.skipped:
            self._deferral.defer(key)
            return Done()
        self._deferral.processed(key)
        with ctx.stage("update_status"):
            await self._observe(binding)
        self._report.success(TARGET_GROUP_BINDINGS, [binding])
        return Done()

    async def _aws(self, binding: TargetGroupBinding) -> Aws:
        spec = binding.spec
        return await self._roles.get(Role(spec.iam_role_arn_to_assume, spec.assume_role_external_id))

    async def _clean_up(self, binding: TargetGroupBinding, key: ObjectKey) -> None:
        if FINALIZER not in binding.metadata.finalizers:
            return
        try:
            with self._report.failure(TARGET_GROUP_BINDINGS, [binding], "FailedCleanup", "cleanup"):
                await self._targets.clean_up(binding, await self._aws(binding))
        except (Pending, Unavailable, NotLeader):
            raise
        except Exception as error:
            await self._tell_not_cleaned_up(binding, str(error))
            raise
        with self._report.failure(TARGET_GROUP_BINDINGS, [binding], "FailedRemoveFinalizer", "remove finalizer"):
            await remove_finalizer(self._client, TARGET_GROUP_BINDINGS, key, FINALIZER)

    def _is_news(self, change: Change[TargetGroupBinding]) -> bool:
        """Not the checkpoint that we have just written ourselves."""
        return more_than_checkpoint(change) or not self._targets.has_written(change.object)

    # Status

    async def _tell_not_cleaned_up(self, binding: TargetGroupBinding, message: str) -> None:
        """Sets the condition `Ready` to False; that it cannot be told is logged only, for the cause goes on its way."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        before = binding.status.conditions or ()
        condition = Condition(
            type="Ready",
            status="False",
            reason="FailedCleanup",
            message=message,
            observed_generation=binding.metadata.generation,
        )
        conditions = with_condition(before, condition, now)
        if conditions == before:
            return
        status = {"status": {"conditions": [msgspec.to_builtins(each) for each in conditions]}}
        try:
            await self._client.patch_status(TARGET_GROUP_BINDINGS, binding.name, MergePatch(status), binding.namespace)
        except AlbcError as error:
            log.error("failed to update status", namespace=binding.namespace, name=binding.name, error=str(error))

    async def _observe(self, binding: TargetGroupBinding) -> None:
        if binding.status.observed_generation == binding.metadata.generation:
            return
        status = {"status": {"observedGeneration": binding.metadata.generation}}
        with self._report.failure(TARGET_GROUP_BINDINGS, [binding], "FailedUpdateStatus", "update status"):
            await self._client.patch_status(TARGET_GROUP_BINDINGS, binding.name, MergePatch(status), binding.namespace)

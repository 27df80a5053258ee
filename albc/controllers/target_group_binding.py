"""Keeps the targets of each TargetGroupBinding (spec/targets.md §5)."""

from collections.abc import Iterable

from albc.aws.roles import AssumedRoles, Role
from albc.controllers.reporting import Reporter
from albc.controllers.stores import Stores
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.controller import Reconcile
from albc.engine.informer import Change
from albc.engine.outcome import Done, Outcome, Requeue
from albc.engine.store import ObjectKey, key_of
from albc.engine.watches import Watches, itself
from albc.errors import AlbcError
from albc.kube.client import Client
from albc.kube.finalizers import add_finalizer, remove_finalizer
from albc.kube.objects import ENDPOINT_SLICES, NODES, PODS, SERVICES, EndpointSlice, Node, Pod, Service
from albc.kube.patches import MergePatch
from albc.targets.nodes import node_change_matters
from albc.targets.readiness import GATE_PREFIXES
from albc.targets.reconciler import TargetReconciler

FINALIZER = "elbv2.k8s.aws/resources"


class TargetGroupBindings:
    name = "targetGroupBinding"

    def __init__(
        self,
        client: Client,
        stores: Stores,
        targets: TargetReconciler,
        roles: AssumedRoles,
        report: Reporter,
        *,
        requeue_seconds: float,
    ) -> None:
        """`requeue_seconds`: `--targetgroupbinding-requeue-duration`."""
        self._client = client
        self._stores = stores
        self._targets = targets
        self._roles = roles
        self._report = report
        self._requeue_seconds = requeue_seconds

    def watches(self, w: Watches[ObjectKey]) -> None:
        w.on(TARGET_GROUP_BINDINGS, itself)
        w.on(SERVICES, self._of_service, when=_ports_changed)
        w.on(ENDPOINT_SLICES, self._of_slice, when=_endpoints_changed)
        w.on(NODES, self._of_node)
        w.on(PODS, self._of_pod, when=lambda change: change.type != "deleted")

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        binding = self._stores.target_group_bindings.get(key)
        if binding is None:
            return Done()
        role = Role(binding.spec.iam_role_arn_to_assume, binding.spec.assume_role_external_id)
        aws = await self._roles.get(role)
        if binding.metadata.deletion_timestamp is not None:
            if FINALIZER in binding.metadata.finalizers:
                with self._report.failure(TARGET_GROUP_BINDINGS, [binding], "FailedCleanup", "cleanup"):
                    await self._targets.clean_up(binding, aws)
                await remove_finalizer(self._client, TARGET_GROUP_BINDINGS, key, FINALIZER)
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
            done = await self._targets.reconcile(binding, aws)
        for reason, message in done.warnings:
            self._report.warning(TARGET_GROUP_BINDINGS, binding, reason, message)
        if done.again:
            return Requeue(self._requeue_seconds, done.again)
        if not done.skipped:
            with ctx.stage("update_status"):
                await self._observe(binding)
            self._report.success(TARGET_GROUP_BINDINGS, [binding])
        return Done()

    async def _observe(self, binding: TargetGroupBinding) -> None:
        if binding.status.observed_generation == binding.metadata.generation:
            return
        status = {"status": {"observedGeneration": binding.metadata.generation}}
        with self._report.failure(TARGET_GROUP_BINDINGS, [binding], "FailedUpdateStatus", "update status"):
            await self._client.patch_status(TARGET_GROUP_BINDINGS, binding.name, MergePatch(status), binding.namespace)

    # Events → keys

    def _of(self, namespace: str, service: str, target_type: str) -> Iterable[ObjectKey]:
        bindings = self._stores.target_group_bindings.by_index("service", (namespace, service))
        return [key_of(binding) for binding in bindings if binding.spec.target_type == target_type]

    def _of_service(self, change: Change[Service]) -> Iterable[ObjectKey]:
        return self._of(change.key.namespace, change.key.name, "instance")

    def _of_slice(self, change: Change[EndpointSlice]) -> Iterable[ObjectKey]:
        service = change.object.metadata.labels.get("kubernetes.io/service-name", "")
        return self._of(change.key.namespace, service, "ip")

    def _of_node(self, change: Change[Node]) -> Iterable[ObjectKey]:
        old = change.old if change.type == "updated" else change.object if change.type == "deleted" else None
        new = None if change.type == "deleted" else change.object
        for binding in self._stores.target_group_bindings.by_index("target_type", "instance"):
            try:
                if node_change_matters(old, new, binding.spec.node_selector):
                    yield key_of(binding)
            except AlbcError:
                continue  # its own reconcile tells what is wrong with the selector

    def _of_pod(self, change: Change[Pod]) -> Iterable[ObjectKey]:
        for gate in change.object.spec.readiness_gates:
            prefix, _, name = gate.condition_type.partition("/")
            if prefix in GATE_PREFIXES and name:
                yield ObjectKey(change.key.namespace, name)


def _ports_changed(change: Change[Service]) -> bool:
    return change.type != "updated" or change.old is None or change.old.spec.ports != change.object.spec.ports


def _endpoints_changed(change: Change[EndpointSlice]) -> bool:
    old, new = change.old, change.object
    return change.type != "updated" or old is None or (old.ports, old.endpoints) != (new.ports, new.endpoints)

"""Walks one TargetGroupBinding: endpoints → difference → networking → registration → gates (spec/targets.md §7)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from albc.aws.calls import Aws
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.crds.target_group_binding import TargetGroupBinding
from albc.errors import AlbcError, Conflict, Invalid, NotFound, Refused
from albc.kube.client import Client
from albc.kube.key import NamespacedName
from albc.kube.objects import PODS, EndpointSlice, Node, Pod, Service
from albc.kube.patches import MergePatch, StrategicMergePatch
from albc.targets.checkpoint import ANNOTATION, TIMESTAMP_ANNOTATION, checkpoint
from albc.targets.endpoints import BackendNotFound, PodEndpoint, PodView, pod_endpoints, service_port
from albc.targets.health import TargetHealthReader
from albc.targets.multi_cluster import TrackedTargets
from albc.targets.networking import Networking
from albc.targets.nodes import instance_id, traffic_nodes
from albc.targets.readiness import (
    BINDING_GONE,
    REGISTERING,
    GateStatus,
    current_condition,
    gate_status,
    gate_type,
    has_gate,
    held_back,
)
from albc.targets.registration import Difference, Target, difference, ip_target, within_cap

_GONE_CODES = {"TargetGroupNotFound", "InvalidTarget", "ValidationError"}
"""What deregistering from a target group that somebody deleted, or changed, answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What the binding's reconcile reads of Kubernetes, as it stands now."""

    service: Callable[[str, str], Service | None]
    """By namespace and name."""
    slices: Callable[[str, str], Sequence[EndpointSlice]]
    """Of a Service, by namespace and name."""
    pods: Mapping[NamespacedName, Pod]
    nodes: Callable[[], Mapping[str, Node]]
    """By name."""
    bindings: Callable[[], Sequence[TargetGroupBinding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    vpc_cidrs: tuple[str, ...]
    max_targets: int = 0
    """`--max-targets-per-target-group`; 0 is no limit."""
    fail_open: bool = True
    """Gate `EndpointsFailOpen`."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    skipped: bool = False
    """The checkpoint said that nothing changed, so AWS was not asked."""
    again: str = ""
    """Why it must be looked at again soon; empty when all is done, and the checkpoint written."""
    warnings: tuple[tuple[str, str], ...] = ()
    """Event reason and message."""


@dataclass(frozen=True, slots=True)
class _Endpoint:
    target: Target
    created: str | None
    """Of its Pod or Node."""
    pod: Pod | None = None

    @property
    def identifier(self) -> str:
        return self.target.identifier


class TargetReconciler:
    def __init__(
        self,
        client: Client,
        cluster: Cluster,
        networking: Networking,
        settings: TargetSettings,
        health: TargetHealthReader,
    ) -> None:
        self._client = client
        self._cluster = cluster
        self._networking = networking
        self._settings = settings
        self._health = health
        self._tracked = TrackedTargets(client)
        self._written: dict[tuple[str, str], tuple[str, str]] = {}
        """By binding: the resourceVersion that we read, and the checkpoint that we then wrote."""

    async def reconcile(self, binding: TargetGroupBinding, aws: Aws) -> Reconciled:
        """`aws` has the credentials for the binding's target group. Raises `Invalid`, or what a call raises."""
        try:
            endpoints = self._endpoints(binding)
        except BackendNotFound as error:
            await self.clean_up(binding, aws)
            await self._keep(binding, "")
            return Reconciled(warnings=(("BackendNotFound", f"backend not found: {error}"),))
        done = checkpoint(((e.target, e.created) for e in endpoints), binding.spec)
        waiting = any(e.pod is not None and held_back(e.pod, binding.name) for e in endpoints)
        if self._checkpoint(binding) == done and not waiting:
            return Reconciled(skipped=True)

        arn = binding.spec.target_group_arn
        listed = await self._health.list(aws, arn)
        found = difference(endpoints, listed, lambda endpoint: endpoint.identifier)
        warnings = await self._open(binding, endpoints)
        if found.to_register or found.to_deregister:
            # A crash in the midst must not leave a checkpoint that fits by chance when the endpoints change back.
            await self._keep(binding, "")
        await self._health.deregister(
            aws, arn, [health.target for health in await self._tracked.ours(binding, found.to_deregister)]
        )
        added = within_cap(found.to_register, len(listed), self._settings.max_targets)
        await self._tracked.track(binding, [e.identifier for e in endpoints])
        await self._health.register(aws, arn, [e.target for e in added])
        probe = await self._gates(binding, found, added)
        again = "monitor targetHealth" if probe else "networking reconciliation" if warnings else ""
        if not again:
            await self._keep(binding, done)
        return Reconciled(again=again, warnings=warnings)

    def _checkpoint(self, binding: TargetGroupBinding) -> str:
        """The checkpoint as it stands, even if the binding at hand is older than our last write."""
        version, value = self._written.get((binding.namespace, binding.name), ("", ""))
        if version == binding.metadata.resource_version:
            return value
        return binding.metadata.annotations.get(ANNOTATION, "")

    async def _keep(self, binding: TargetGroupBinding, value: str) -> None:
        """Writes the checkpoint, if it is not already so."""
        if self._checkpoint(binding) == value:
            return
        annotations = {ANNOTATION: value, TIMESTAMP_ANNOTATION: str(int(datetime.now(UTC).timestamp()))}
        patch = MergePatch({"metadata": {"annotations": annotations}})
        await self._client.patch(TARGET_GROUP_BINDINGS, binding.name, patch, binding.namespace)
        self._written[binding.namespace, binding.name] = (binding.metadata.resource_version, value)

    async def clean_up(self, binding: TargetGroupBinding, aws: Aws) -> None:
        """The binding goes, or its Service is gone: its targets, its rules and its gates go too."""
        arn = binding.spec.target_group_arn
        try:
            listed = [health for health in await self._health.list(aws, arn) if health.live]
            ours = await self._tracked.ours(binding, listed)
            await self._health.deregister(aws, arn, [health.target for health in ours])
        except Refused as error:
            if error.code not in _GONE_CODES:
                raise
        self._health.forget(arn)
        self._written.pop((binding.namespace, binding.name), None)
        await self._tracked.forget(binding)
        await self._networking.reconcile((binding.namespace, binding.name), {}, self._cluster.bindings())
        for pod in self._cluster.pods.values():
            if pod.namespace == binding.namespace and has_gate(pod, binding.name):
                await self._set_gate(pod, binding.name, BINDING_GONE)

    # Endpoints

    def _endpoints(self, binding: TargetGroupBinding) -> tuple[_Endpoint, ...]:
        spec = binding.spec
        service = self._cluster.service(binding.namespace, spec.service_ref.name)
        if service is None:
            raise BackendNotFound(f'services "{spec.service_ref.name}" not found')
        port = service_port(service, spec.service_ref.port)
        match spec.target_type:
            case "ip":
                view = PodView(self._cluster.pods, self._cluster.nodes())
                pods = pod_endpoints(
                    service,
                    port,
                    self._cluster.slices(binding.namespace, service.name),
                    view,
                    ipv6=spec.ip_address_type == "ipv6",
                    fail_open=self._settings.fail_open,
                )
                return tuple(self._of_pod(endpoint) for endpoint in pods)
            case "instance":
                if service.spec.type not in ("NodePort", "LoadBalancer"):
                    raise Invalid(
                        f"service type must be either 'NodePort' or 'LoadBalancer' for instance targets, or use "
                        f"target type ip: {service.namespace}/{service.name} is {service.spec.type}"
                    )
                nodes = self._traffic_nodes(binding)
                return tuple(
                    _Endpoint(Target(instance_id(node), port.node_port), node.metadata.creation_timestamp)
                    for node in nodes
                )
            case _:
                raise Invalid(f"targetType is not specified: {binding.namespace}/{binding.name}; use instance or ip")

    def _of_pod(self, endpoint: PodEndpoint) -> _Endpoint:
        target = ip_target(endpoint.ip, endpoint.port, self._settings.vpc_cidrs)
        return _Endpoint(target, endpoint.pod.metadata.creation_timestamp, endpoint.pod)

    def _traffic_nodes(self, binding: TargetGroupBinding) -> tuple[Node, ...]:
        return traffic_nodes(
            self._cluster.nodes().values(), binding.spec.node_selector, fail_open=self._settings.fail_open
        )

    # Networking

    async def _open(self, binding: TargetGroupBinding, endpoints: Sequence[_Endpoint]) -> tuple[tuple[str, str], ...]:
        """Lets the load balancer reach the targets. For Pods, a fault is told and the rest goes on."""
        key = (binding.namespace, binding.name)
        if binding.spec.target_type == "instance":
            wanted = await self._networking.for_nodes(binding, self._traffic_nodes(binding))
            await self._networking.reconcile(key, wanted, self._cluster.bindings())
            return ()
        try:
            pods = [endpoint.pod for endpoint in endpoints if endpoint.pod is not None]
            wanted = await self._networking.for_pods(binding, pods, self._cluster.nodes())
            await self._networking.reconcile(key, wanted, self._cluster.bindings())
        except AlbcError as error:
            return (("FailedNetworkReconcile", str(error)),)
        return ()

    # Readiness gates

    async def _gates(
        self, binding: TargetGroupBinding, found: Difference[_Endpoint], added: Sequence[_Endpoint]
    ) -> bool:
        """Writes the gates' conditions; True if some target's health must be asked for again."""
        statuses = [(e.pod, gate_status(health)) for e, health in found.matched]
        statuses += [(e.pod, REGISTERING) for e in added]
        again = False
        for pod, status in statuses:
            if pod is not None and has_gate(pod, binding.name):
                again |= await self._set_gate(pod, binding.name, status) and status.probe_again
        return again

    async def _set_gate(self, pod: Pod, binding_name: str, status: GateStatus) -> bool:
        """False if the Pod is gone."""
        current = current_condition(pod, binding_name)
        if current and (current.status, current.reason, current.message) == (
            status.status,
            status.reason,
            status.message,
        ):
            return True
        since = current.last_transition_time if current and current.status == status.status else None
        condition = {
            "type": gate_type(binding_name),
            "status": status.status,
            "reason": status.reason or None,
            "message": status.message or None,
            "lastTransitionTime": since or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        patch = StrategicMergePatch({"metadata": {"uid": pod.metadata.uid}, "status": {"conditions": [condition]}})
        try:
            await self._client.patch_status(PODS, pod.name, patch, pod.namespace)
        except (NotFound, Conflict):
            return False
        return True

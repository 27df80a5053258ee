"""Walks one TargetGroupBinding: endpoints → difference → networking → registration → gates (spec/targets.md §7).

* Each target group is worked on by one task at a time, and no task waits for another target group.
* Changes are gathered for a moment before AWS is told (`albc.targets.pace`), so that a target group costs at most one
  RegisterTargets and one DeregisterTargets in 100 ms, however many Pods come and go in it.
* A checkpoint is written only when all is as the endpoints say, and taken back before AWS is changed: no crash leaves
  one that fits by chance. When somebody else takes it back, nothing that AWS said before is believed.

Called by the TargetGroupBinding controller.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import anyio

from albc.aws.calls import Aws
from albc.crds.target_group_binding import TargetGroupBinding
from albc.errors import AlbcError, Invalid, Refused
from albc.kube.objects import Pod
from albc.targets.checkpoint import ANNOTATION, checkpoint
from albc.targets.checkpoints import Checkpoints
from albc.targets.cluster import Cluster
from albc.targets.endpoints import BackendNotFound
from albc.targets.gates import Gates
from albc.targets.grace import REASON, DeregistrationDelays, ShortGrace, shortest_grace
from albc.targets.health import TargetHealthReader
from albc.targets.multi_cluster import TrackedTargets
from albc.targets.names import TargetGroupNames
from albc.targets.networking import Networking
from albc.targets.pace import Pace, Turns
from albc.targets.readiness import BINDING_GONE, REGISTERING, gate_status, has_gate, held_back
from albc.targets.registrar import Registrar
from albc.targets.registration import Difference, TargetHealth, difference, within_cap
from albc.targets.wanted import WantedRules, WantedTarget, wanted_targets

_GONE_CODES = {"TargetGroupNotFound", "InvalidTarget"}
"""What deregistering from a target group that somebody deleted, or changed, answers; or `Invalid`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    wanted: WantedRules = field(default_factory=WantedRules)
    max_targets: int = 0
    """`--max-targets-per-target-group`; 0 is no limit."""
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSide:
    """What the reconciler knows of, and does in, AWS."""

    health: TargetHealthReader
    registrar: Registrar
    networking: Networking
    names: TargetGroupNames
    delays: DeregistrationDelays


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSide:
    """What the reconciler knows of, and writes to, the cluster."""

    views: Cluster
    checkpoints: Checkpoints
    tracked: TrackedTargets
    gates: Gates


@dataclass(frozen=True, slots=True)
class Reconciled:
    skipped: bool = False
    """The checkpoint said that nothing changed, so AWS was not asked."""
    again: str = ""
    """Why it must be looked at again soon; empty when all is done, and the checkpoint written."""
    warnings: tuple[tuple[str, str], ...] = ()
    """Event reason and message."""


class TargetReconciler:
    def __init__(self, cluster: ClusterSide, aws: AwsSide, settings: TargetSettings) -> None:
        self._views = cluster.views
        self._checkpoints = cluster.checkpoints
        self._tracked = cluster.tracked
        self._gates = cluster.gates
        self._aws = aws
        self._settings = settings
        self._pace = Turns(settings.pace)
        self._turns: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()
        """By ARN, for as long as somebody has or waits for one."""
        self._advised: dict[tuple[str, str], ShortGrace | None] = {}
        """By binding: what was last found of grace periods."""

    async def reconcile(self, binding: TargetGroupBinding, aws: Aws) -> Reconciled:
        """`aws` has the credentials for the binding's target group. Raises `Invalid`, or what a call raises."""
        try:
            wanted = self._wanted(binding)
            if self._is_done(binding, wanted):
                return Reconciled(skipped=True)
            arn = await self._aws.names.arn(aws, binding.spec)
            async with self._turn(arn):
                if self._checkpoints.was_taken_back(binding):
                    self._aws.health.forget(arn)
                return await self._bring_in_line(binding, aws, arn)
        except BackendNotFound as error:
            await self.clean_up(binding, aws)
            await self._checkpoints.write(binding, "")
            return Reconciled(warnings=(("BackendNotFound", f"backend not found: {error}"),))

    async def clean_up(self, binding: TargetGroupBinding, aws: Aws) -> None:
        """The binding goes, or its Service is gone: its targets, its rules and its gates go too."""
        try:
            arn = await self._aws.names.arn(aws, binding.spec)
            async with self._turn(arn):
                listed = [health for health in await self._aws.health.fresh(aws, arn) if health.live]
                ours = (await self._tracked.leaving(binding, listed)).targets
                await self._aws.registrar.deregister(aws, arn, [health.target for health in ours])
                self._aws.health.forget(arn)
                self._aws.delays.forget(arn)
        except Invalid:
            pass  # as AWS's ValidationError: it knows no such targets any more, and there are none without an ARN
        except Refused as error:
            if error.code not in _GONE_CODES:
                raise
        self._aws.names.forget(binding.spec)
        key = (binding.namespace, binding.name)
        self._advised.pop(key, None)
        await self._tracked.forget(binding)
        await self._aws.networking.reconcile(key, {}, self._views.bindings())
        await self._gates.write(
            binding.name,
            [
                (pod, BINDING_GONE)
                for pod in self._views.pods.values()
                if pod.namespace == binding.namespace and has_gate(pod, binding.name)
            ],
        )
        self._checkpoints.forget(binding)

    def has_written(self, binding: TargetGroupBinding) -> bool:
        """The checkpoint on the binding is the one that was written here last."""
        return self._checkpoints.wrote(
            binding.namespace, binding.name, binding.metadata.annotations.get(ANNOTATION, "")
        )

    # What is wanted

    def _wanted(self, binding: TargetGroupBinding) -> tuple[WantedTarget, ...]:
        return wanted_targets(binding, self._views, self._settings.wanted)

    def _is_done(self, binding: TargetGroupBinding, wanted: Sequence[WantedTarget]) -> bool:
        """The checkpoint fits, and no Pod waits for its target's health."""
        waiting = any(each.pod is not None and held_back(each.pod, binding.name) for each in wanted)
        return not waiting and self._checkpoints.read(binding) == _checkpoint(binding, wanted)

    def _turn(self, arn: str) -> anyio.Lock:
        return self._turns.setdefault(arn, anyio.Lock())

    # What is done

    async def _bring_in_line(self, binding: TargetGroupBinding, aws: Aws, arn: str) -> Reconciled:
        wanted = self._wanted(binding)
        listed = await self._listed(aws, arn)
        if _difference(wanted, listed).changes:
            await self._pace.turn(aws)
            wanted = self._wanted(binding)
        found = _difference(wanted, listed)
        closed = await self._open(binding, wanted)
        probing = any(health.state != "healthy" for _, health in _gated(binding, found))
        if found.changes or closed or probing:
            await self._checkpoints.write(binding, "")
        added = await self._exchange(binding, aws, arn, found, len(listed))
        again = await self._write_gates(binding, aws, arn, found, added)
        warnings = (*closed, *await self._advise(binding, aws, arn, added))
        if again or closed:
            return Reconciled(again="monitor targetHealth" if again else "networking reconciliation", warnings=warnings)
        await self._checkpoints.write(binding, _checkpoint(binding, wanted))
        return Reconciled(warnings=warnings)

    async def _listed(self, aws: Aws, arn: str) -> tuple[TargetHealth, ...]:
        """Where targets are counted, those that have drained away must not be."""
        health = self._aws.health
        return await (health.fresh(aws, arn) if self._settings.max_targets else health.known(aws, arn))

    async def _exchange(
        self, binding: TargetGroupBinding, aws: Aws, arn: str, found: Difference[WantedTarget], listed: int
    ) -> Sequence[WantedTarget]:
        """Deregisters and registers; returns what was registered. `listed`: how many targets the group has."""
        leaving = await self._tracked.leaving(binding, found.to_deregister)
        await self._aws.registrar.deregister(aws, arn, [health.target for health in leaving.targets])
        added = within_cap(found.to_register, listed, self._settings.max_targets)
        wanted = [each.identifier for each, _ in found.matched] + [each.identifier for each in found.to_register]
        await self._tracked.keep(binding, wanted)
        if added:
            await self._aws.registrar.register(aws, arn, binding, added, self._views.nodes())
        return added

    # Networking

    async def _open(self, binding: TargetGroupBinding, wanted: Sequence[WantedTarget]) -> tuple[tuple[str, str], ...]:
        """Lets the load balancer reach the targets. For Pods, a fault becomes a warning, and the rest goes on."""
        networking, key = self._aws.networking, (binding.namespace, binding.name)
        if binding.spec.target_type == "instance":
            by_group = await networking.for_nodes(binding, [each.node for each in wanted if each.node])
            await networking.reconcile(key, by_group, self._views.bindings())
            return ()
        try:
            pods = [each.pod for each in wanted if each.pod]
            by_group = await networking.for_pods(binding, pods, self._views.nodes())
            await networking.reconcile(key, by_group, self._views.bindings())
        except AlbcError as error:
            return (("FailedNetworkReconcile", str(error)),)
        return ()

    # Readiness gates

    async def _write_gates(
        self,
        binding: TargetGroupBinding,
        aws: Aws,
        arn: str,
        found: Difference[WantedTarget],
        added: Sequence[WantedTarget],
    ) -> bool:
        """Writes the gates' conditions; True if some target's health must be asked for again."""
        statuses = [(each.pod, REGISTERING) for each in added if each.pod and has_gate(each.pod, binding.name)]
        gated = list(_gated(binding, found))
        unheard = False
        if gated:
            waiting = any(health.state != "healthy" for _, health in gated)
            listed = await (self._aws.health.fresh(aws, arn) if waiting else self._aws.health.known(aws, arn))
            now = {health.target.identifier: health for health in listed if health.live and health.state}
            for pod, before in gated:
                if health := now.get(before.target.identifier):
                    statuses.append((pod, gate_status(health)))
                else:
                    unheard = True
        return await self._gates.write(binding.name, statuses) or unheard

    # Advice

    async def _advise(
        self, binding: TargetGroupBinding, aws: Aws, arn: str, added: Sequence[WantedTarget]
    ) -> tuple[tuple[str, str], ...]:
        """Tells once that Pods which were just registered have too little time to end."""
        pods = [each.pod for each in added if each.pod]
        if not pods:
            return ()
        found = shortest_grace(pods, await self._aws.delays.of(aws, arn))
        key = (binding.namespace, binding.name)
        told, self._advised[key] = self._advised.get(key), found
        news = found is not None and (told is None or found.numbers != told.numbers)
        return ((REASON, str(found)),) if news else ()


def _difference(wanted: Sequence[WantedTarget], listed: Sequence[TargetHealth]) -> Difference[WantedTarget]:
    return difference(wanted, listed, lambda each: each.identifier)


def _checkpoint(binding: TargetGroupBinding, wanted: Sequence[WantedTarget]) -> str:
    return checkpoint(((each.target, each.created) for each in wanted), binding.spec)


def _gated(binding: TargetGroupBinding, found: Difference[WantedTarget]) -> Iterator[tuple[Pod, TargetHealth]]:
    """Pods with a gate for the binding whose targets are registered already."""
    for each, health in found.matched:
        if each.pod is not None and has_gate(each.pod, binding.name):
            yield each.pod, health

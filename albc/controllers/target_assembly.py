"""Puts the TargetGroupBinding controllers together. Called by `albc.controllers.assembly`, once.

A module of its own, because they also run alone: in benchmarks, and where a test gives them a world of its own.
"""

from dataclasses import dataclass
from typing import Final

from opentelemetry.metrics import Meter

from albc.aws.calls import Aws
from albc.aws.roles import AssumedRoles
from albc.controllers.deferred_bindings import Deferral, DeferredBindings
from albc.controllers.reporting import Reporter
from albc.controllers.stores import Stores
from albc.controllers.target_group_binding import TargetGroupBindings
from albc.engine.manager import Manager
from albc.engine.queue import Backoff
from albc.kube.client import Client
from albc.kube.events import EventRecorder
from albc.settings import Settings
from albc.targets.checkpoints import Checkpoints
from albc.targets.cluster import Cluster
from albc.targets.endpoints import Leave
from albc.targets.enis import NetworkInterfaces
from albc.targets.gates import Gates
from albc.targets.grace import DeregistrationDelays
from albc.targets.health import TargetHealthReader
from albc.targets.multi_cluster import TrackedTargets
from albc.targets.names import TargetGroupNames
from albc.targets.networking import Networking, NetworkingSettings
from albc.targets.reconciler import AwsSide, ClusterSide, TargetReconciler, TargetSettings
from albc.targets.registrar import Registrar
from albc.targets.security_groups import SecurityGroupRules
from albc.targets.wanted import WantedRules
from albc.targets.zones import TargetZones

RECONCILES_OF_A_WORKER: Final = 10
"""A binding's reconcile mostly waits: for changes to gather, and for AWS. While it does, its worker sees to others."""


@dataclass(frozen=True, kw_only=True)
class BindingParts:
    """What stands before the controllers do."""

    settings: Settings
    vpc_id: str
    manager: Manager
    client: Client
    stores: Stores
    recorder: EventRecorder
    aws: Aws
    roles: AssumedRoles
    meter: Meter


def add_target_group_bindings(parts: BindingParts, leave: Leave = "deletion") -> None:
    """Adds both controllers to the manager. `leave` says when a Pod that goes stops being a target."""
    settings, manager = parts.settings, parts.manager
    deferred = manager.add(DeferredBindings(parts.client), workers=1)
    controller = TargetGroupBindings(
        parts.client,
        parts.stores,
        TargetReconciler(
            _cluster_side(parts),
            _aws_side(parts),
            TargetSettings(
                wanted=WantedRules(
                    fail_open=settings.gates.enabled("EndpointsFailOpen"),
                    leave=leave,
                    quic_variable=settings.quic_environment_variable_name,
                ),
                max_targets=settings.max_targets_per_target_group,
            ),
        ),
        parts.roles,
        Deferral(deferred, settings.sync_period),
        Reporter(parts.recorder, TargetGroupBindings.name),
        requeue_seconds=settings.targetgroupbinding_requeue_duration,
    )
    manager.add(
        controller,
        workers=settings.targetgroupbinding_max_concurrent_reconciles * RECONCILES_OF_A_WORKER,
        backoff=Backoff(ceiling=settings.targetgroupbinding_max_exponential_backoff_delay),
    )


def _cluster_side(parts: BindingParts) -> ClusterSide:
    stores = parts.stores
    return ClusterSide(
        views=Cluster(
            service=lambda namespace, name: stores.services.get((namespace, name)),
            slices=lambda namespace, name: stores.endpoint_slices.by_index("service", (namespace, name)),
            pods=stores.pods.objects,
            nodes=lambda: {node.name: node for node in stores.nodes.list()},
            bindings=stores.target_group_bindings.list,
        ),
        checkpoints=Checkpoints(parts.client),
        tracked=TrackedTargets(parts.client),
        gates=Gates(parts.client, parts.meter),
    )


def _aws_side(parts: BindingParts) -> AwsSide:
    settings = parts.settings
    health = TargetHealthReader()
    return AwsSide(
        health=health,
        registrar=Registrar(health, TargetZones(parts.aws, parts.vpc_id), parts.meter),
        networking=Networking(
            SecurityGroupRules(parts.aws),
            NetworkInterfaces(parts.aws, parts.vpc_id),
            NetworkingSettings(
                cluster_name=settings.cluster_name,
                vpc_id=parts.vpc_id,
                eni_security_group_tags=dict(settings.service_target_eni_security_group_tags),
                restricted=not settings.disable_restricted_sg_rules,
            ),
        ),
        names=TargetGroupNames(),
        delays=DeregistrationDelays(),
    )

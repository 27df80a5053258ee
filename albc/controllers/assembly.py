"""Puts the controllers together: which ones run, and what they share. Called by `albc.cli.run`, once."""

from collections.abc import Mapping
from dataclasses import dataclass

from albc.aws.backend_security_group import BackendSecurityGroup
from albc.aws.calls import Aws
from albc.aws.facts.account import FactsFromAWS
from albc.aws.facts.questions import Scope
from albc.aws.inventory import Inventory, InventorySettings, StackKey
from albc.aws.roles import AssumedRoles
from albc.controllers.backend_security_group import SharedGroup
from albc.controllers.binding_store import KubernetesBindings
from albc.controllers.deployer import Deployer
from albc.controllers.gateway_classes import GatewayClasses
from albc.controllers.gateway_configurations import (
    ListenerRuleConfigurations,
    LoadBalancerConfigurations,
    TargetGroupConfigurations,
    Uses,
)
from albc.controllers.gateway_events import GatewayEvents
from albc.controllers.gateway_statuses import GatewayStatuses
from albc.controllers.gateways import Gateways
from albc.controllers.ingress_groups import TAG_PREFIX as INGRESS_TAG_PREFIX
from albc.controllers.ingress_groups import IngressGroups
from albc.controllers.reporting import Reporter
from albc.controllers.services import TAG_PREFIX as SERVICE_TAG_PREFIX
from albc.controllers.services import Services
from albc.controllers.stores import Stores
from albc.controllers.target_group_binding import TargetGroupBindings
from albc.deploy.apply.applier import Applier
from albc.engine.manager import Manager
from albc.engine.queue import Backoff, Priority, WorkQueue
from albc.engine.store import ObjectKey
from albc.errors import NotFound
from albc.kube.client import Client
from albc.kube.events import EventRecorder
from albc.kube.objects import SECRETS
from albc.mapping.gateway.classes import ALB, NLB
from albc.mapping.ingress.groups import GroupID
from albc.mapping.settings import MappingSettings
from albc.model.facts import VPC, FactsRequest
from albc.settings import Settings, deploy_settings
from albc.targets.enis import NetworkInterfaces
from albc.targets.health import TargetHealthReader
from albc.targets.networking import Networking, NetworkingSettings
from albc.targets.reconciler import Cluster, TargetReconciler, TargetSettings
from albc.targets.security_groups import SecurityGroupRules


@dataclass(frozen=True)
class Parts:
    """What stands before any controller does."""

    settings: Settings
    mapping: MappingSettings
    manager: Manager
    client: Client
    recorder: EventRecorder
    aws: Aws
    roles: AssumedRoles


@dataclass(frozen=True)
class Shared:
    """What the controllers of all families use together."""

    stores: Stores
    facts: FactsFromAWS
    inventory: Inventory
    deployer: Deployer
    shared_group: SharedGroup


async def assemble(parts: Parts) -> Inventory:
    """Adds all controllers to the manager. Asks AWS for the VPC first, which proves that AWS can be reached.

    Returns the inventory, whose `run` looks for drift in the background. Raises `NotFound` for an unknown VPC.
    """
    queues: dict[str, WorkQueue[ObjectKey] | WorkQueue[GroupID]] = {}
    shared = _shared(parts, queues)
    vpc = (await shared.facts.answer(FactsRequest())).vpc
    if not vpc.ipv4_cidrs:
        raise NotFound(f"there is no VPC {vpc.id}; check --aws-vpc-id")
    settings, manager = parts.settings, parts.manager

    def report(component: str) -> Reporter:
        return Reporter(parts.recorder, component)

    secrets = manager.references(SECRETS, settings.required_secrets_label)
    groups = IngressGroups(
        parts.client,
        shared.stores,
        secrets,
        shared.facts,
        shared.deployer,
        shared.shared_group,
        report("ingress"),
        parts.mapping,
    )
    queues[INGRESS_TAG_PREFIX] = manager.add(groups, workers=settings.ingress_max_concurrent_reconciles)
    if settings.gates.enabled("EnableServiceController"):
        services = Services(
            parts.client,
            shared.stores,
            shared.facts,
            shared.deployer,
            shared.shared_group,
            report("service"),
            parts.mapping,
        )
        queues[SERVICE_TAG_PREFIX] = manager.add(services, workers=settings.service_max_concurrent_reconciles)
    _add_bindings(parts, shared, vpc)
    _add_gateways(parts, shared, queues)
    return shared.inventory


def _shared(parts: Parts, queues: Mapping[str, WorkQueue[ObjectKey] | WorkQueue[GroupID]]) -> Shared:
    settings, mapping = parts.settings, parts.mapping
    gates = settings.gates

    def drifted(stack: StackKey) -> None:
        """Somebody else changed a stack's resources: its controller looks at it."""
        if queue := queues.get(stack.tag_prefix):
            namespace, _, name = stack.name.rpartition("/")
            key = GroupID(namespace, name) if stack.tag_prefix == INGRESS_TAG_PREFIX else ObjectKey(namespace, name)
            queue.add(key, Priority.NORMAL)  # type: ignore[arg-type]  # each prefix has keys of its own type

    stores = Stores.of(parts.manager)
    scope = Scope(mapping.cluster_name, mapping.vpc_id, mapping.enable_certificate_management)
    group = BackendSecurityGroup(parts.aws, scope, mapping.default_tags, mapping.backend_security_group)
    inventory = Inventory(
        parts.aws,
        InventorySettings(
            cluster_name=mapping.cluster_name,
            vpc_id=mapping.vpc_id,
            listener_rules_tagging=mapping.listener_rules_tagging,
            certificate_management=mapping.enable_certificate_management,
            tagging_api=gates.enabled("EnableRGTAPI"),
        ),
        on_drift=drifted,
    )
    bindings = KubernetesBindings(parts.client, stores)
    deploy = deploy_settings(settings, mapping)
    return Shared(
        stores=stores,
        facts=FactsFromAWS(parts.aws, scope, group),
        inventory=inventory,
        deployer=Deployer(parts.aws, inventory, Applier(parts.aws, inventory, bindings), bindings, deploy),
        shared_group=SharedGroup(group, stores),
    )


def _add_bindings(parts: Parts, shared: Shared, vpc: VPC) -> None:
    settings, stores = parts.settings, shared.stores
    networking = Networking(
        SecurityGroupRules(parts.aws),
        NetworkInterfaces(parts.aws, vpc.id),
        NetworkingSettings(
            cluster_name=settings.cluster_name,
            vpc_id=vpc.id,
            eni_security_group_tags=dict(settings.service_target_eni_security_group_tags),
            restricted=not settings.disable_restricted_sg_rules,
        ),
    )
    cluster = Cluster(
        service=lambda namespace, name: stores.services.get((namespace, name)),
        slices=lambda namespace, name: stores.endpoint_slices.by_index("service", (namespace, name)),
        pods=stores.pods.objects,
        nodes=lambda: {node.name: node for node in stores.nodes.list()},
        bindings=stores.target_group_bindings.list,
    )
    targets = TargetReconciler(
        parts.client,
        cluster,
        networking,
        TargetSettings(
            vpc_cidrs=(*vpc.ipv4_cidrs, *vpc.ipv6_cidrs),
            max_targets=settings.max_targets_per_target_group,
            fail_open=settings.gates.enabled("EndpointsFailOpen"),
        ),
        TargetHealthReader(),
    )
    controller = TargetGroupBindings(
        parts.client,
        stores,
        targets,
        parts.roles,
        Reporter(parts.recorder, TargetGroupBindings.name),
        requeue_seconds=settings.targetgroupbinding_requeue_duration,
    )
    parts.manager.add(
        controller,
        workers=settings.targetgroupbinding_max_concurrent_reconciles,
        backoff=Backoff(ceiling=settings.targetgroupbinding_max_exponential_backoff_delay),
    )


def _add_gateways(parts: Parts, shared: Shared, queues: dict[str, WorkQueue[ObjectKey] | WorkQueue[GroupID]]) -> None:
    settings, manager = parts.settings, parts.manager
    statuses = GatewayStatuses(parts.client, shared.stores)
    secrets = manager.references(SECRETS)
    layers = (
        (ALB, "ALBGatewayAPI", settings.alb_gateway_max_concurrent_reconciles),
        (NLB, "NLBGatewayAPI", settings.nlb_gateway_max_concurrent_reconciles),
    )
    enabled = [(layer, workers) for layer, gate, workers in layers if settings.gates.enabled(gate)]
    events: list[GatewayEvents] = []
    for layer, workers in enabled:
        gateways = Gateways(
            layer,
            parts.client,
            shared.stores,
            secrets,
            shared.facts,
            shared.deployer,
            shared.shared_group,
            statuses,
            Reporter(parts.recorder, layer.controller_name),
            parts.mapping,
        )
        queues[layer.tag_prefix] = manager.add(gateways, workers=workers)
        events.append(gateways.events)
    if enabled:
        uses = Uses(shared.stores, events)
        workers = settings.gateway_class_max_concurrent_reconciles
        manager.add(GatewayClasses(parts.client, shared.stores), workers=workers)
        manager.add(LoadBalancerConfigurations(parts.client, shared.stores, uses), workers=workers)
        manager.add(TargetGroupConfigurations(parts.client, shared.stores, uses), workers=workers)
        manager.add(ListenerRuleConfigurations(parts.client, shared.stores, secrets, uses), workers=workers)

"""Puts the controllers together: which ones run, and what they share. Called by `albc.cli.run`, once."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from opentelemetry.metrics import Meter

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
from albc.controllers.gateway_detection import NEEDED_BY_ALL, listener_sets_handled, needed_by
from albc.controllers.gateway_events import GatewayEvents
from albc.controllers.gateway_statuses import GatewayStatuses
from albc.controllers.gateways import Gateways
from albc.controllers.ingress_groups import IngressGroups
from albc.controllers.ingress_members import IngressMembers
from albc.controllers.reporting import Reporter
from albc.controllers.service_classic import ClassicServices
from albc.controllers.service_network import NetworkServices
from albc.controllers.service_objects import ServiceObjects
from albc.controllers.services import Services
from albc.controllers.shared import Shared
from albc.controllers.stores import Stores
from albc.controllers.target_assembly import BindingParts, add_target_group_bindings
from albc.deploy.apply.applier import Applier
from albc.engine.manager import Manager
from albc.engine.queue import Priority, WorkQueue
from albc.engine.store import ObjectKey
from albc.errors import NotFound
from albc.kube.client import Client
from albc.kube.events import EventRecorder
from albc.kube.objects import SECRETS
from albc.mapping.cluster import INGRESS_TAG_PREFIX, SERVICE_TAG_PREFIX
from albc.mapping.gateway.classes import ALB, NLB
from albc.mapping.ingress.groups import GroupID
from albc.mapping.settings import MappingSettings
from albc.model.facts import VPC, FactsRequest
from albc.settings import Settings, deploy_settings
from albc.targets.classic import ClassicTargets

K = TypeVar("K", bound=Hashable)
Waker: TypeAlias = Callable[[str, str], None]
"""Has a controller look at the stack of that namespace and name."""


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
    meter: Meter


async def assemble(parts: Parts) -> Inventory:
    """Adds all controllers to the manager. Asks AWS for the VPC first, which proves that AWS can be reached.

    Returns the inventory, whose `run` looks for drift in the background. Raises `NotFound` for an unknown VPC.
    """
    wakers: dict[str, Waker] = {}
    shared = _shared(parts, wakers)
    vpc = (await shared.facts.answer(FactsRequest())).vpc
    if not vpc.ipv4_cidrs:
        raise NotFound(f"there is no VPC {vpc.id}; check --aws-vpc-id")
    settings, manager = parts.settings, parts.manager

    def report(component: str) -> Reporter:
        return Reporter(parts.recorder, component)

    secrets = manager.references(SECRETS, settings.required_secrets_label)
    members = IngressMembers(
        parts.client, shared.stores.ingresses, shows_plan=settings.gates.enabled("IngressPlanAnnotation")
    )
    groups = IngressGroups(shared, members, secrets, report("ingress"))
    queue = manager.add(groups, workers=settings.ingress_max_concurrent_reconciles)
    wakers[INGRESS_TAG_PREFIX] = _waker(queue, GroupID)
    if settings.gates.enabled("EnableServiceController"):
        services = _services(parts, shared, report("service"))
        of_services = manager.add(services, workers=settings.service_max_concurrent_reconciles)
        wakers[SERVICE_TAG_PREFIX] = _waker(of_services, ObjectKey)
    _add_bindings(parts, shared, vpc)
    _add_gateways(parts, shared, wakers)
    return shared.inventory


def _services(parts: Parts, shared: Shared, report: Reporter) -> Services:
    objects, settings = ServiceObjects(parts.client, report), shared.settings
    network = NetworkServices(shared, objects)
    targets = ClassicTargets(parts.aws, shared.inventory, settings.cluster_name, settings.classic_elb_security_group)
    classic = ClassicServices(shared, objects, targets)
    return Services(shared.stores, (network, classic), classic.is_ours if settings.classic_load_balancer else None)


def _waker(queue: WorkQueue[K], key: Callable[[str, str], K]) -> Waker:
    return lambda namespace, name: queue.add(key(namespace, name), Priority.NORMAL)


def _shared(parts: Parts, wakers: Mapping[str, Waker]) -> Shared:
    settings, mapping = parts.settings, parts.mapping
    gates = settings.gates

    def drifted(stack: StackKey) -> None:
        """Somebody else changed a stack's resources: its controller looks at it."""
        if wake := wakers.get(stack.tag_prefix):
            namespace, _, name = stack.name.rpartition("/")
            wake(namespace, name)

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
        client=parts.client,
        stores=stores,
        facts=FactsFromAWS(parts.aws, scope, group),
        inventory=inventory,
        deployer=Deployer(parts.aws, inventory, Applier(parts.aws, inventory, bindings), bindings, deploy),
        group=SharedGroup(group, stores),
        settings=mapping,
    )


def _add_bindings(parts: Parts, shared: Shared, vpc: VPC) -> None:
    add_target_group_bindings(
        BindingParts(
            settings=parts.settings,
            vpc_id=vpc.id,
            manager=parts.manager,
            client=parts.client,
            stores=shared.stores,
            recorder=parts.recorder,
            aws=parts.aws,
            roles=parts.roles,
            meter=parts.meter,
        )
    )


def _add_gateways(parts: Parts, shared: Shared, wakers: dict[str, Waker]) -> None:
    settings, manager = parts.settings, parts.manager
    statuses = GatewayStatuses(parts.client, shared.stores)
    secrets = manager.references(SECRETS)
    layers = (
        (ALB, "ALBGatewayAPI", settings.alb_gateway_max_concurrent_reconciles),
        (NLB, "NLBGatewayAPI", settings.nlb_gateway_max_concurrent_reconciles),
    )
    enabled = [(layer, workers) for layer, gate, workers in layers if settings.gates.enabled(gate)]
    listener_sets = listener_sets_handled(settings.gates, manager)
    events: list[GatewayEvents] = []
    for layer, workers in enabled:
        report = Reporter(parts.recorder, layer.controller_name)
        gateways = Gateways(layer, shared, secrets, statuses, report, listener_sets=listener_sets)
        queue = manager.add(gateways, workers=workers, requires=needed_by(layer))
        wakers[layer.tag_prefix] = _waker(queue, ObjectKey)
        events.append(gateways.events)
    if enabled:
        uses = Uses(shared.stores, events)
        workers = settings.gateway_class_max_concurrent_reconciles
        for controller in (
            GatewayClasses(parts.client, shared.stores, listener_sets=listener_sets),
            LoadBalancerConfigurations(parts.client, shared.stores, uses),
            TargetGroupConfigurations(parts.client, shared.stores, uses),
            ListenerRuleConfigurations(parts.client, shared.stores, secrets, uses),
        ):
            manager.add(controller, workers=workers, requires=NEEDED_BY_ALL)

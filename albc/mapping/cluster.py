"""Everything that a cluster asks for at once: every group, Service and Gateway of a snapshot.

For `albc plan`, which looks at a cluster as a whole; controllers build one stack at a time with the same functions.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from albc.kube.objects import Gateway, Service
from albc.mapping.gateway import build as gateways
from albc.mapping.gateway.resolution import layer_of_gateway
from albc.mapping.ingress import build as ingress
from albc.mapping.ingress.admission import refusals
from albc.mapping.ingress.groups import GroupID, groups, membership
from albc.mapping.ingress.references import secrets_behind
from albc.mapping.service import build as services
from albc.mapping.service.classic import build as classic
from albc.mapping.service.classic import selection as classic_selection
from albc.mapping.service.selection import is_ours, pending_finalization
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import Facts, FactsRequest
from albc.model.problem import Built, ObjectRef, Problem
from albc.model.stack import StackID

T = TypeVar("T")

INGRESS_TAG_PREFIX = "ingress.k8s.aws"
SERVICE_TAG_PREFIX = "service.k8s.aws"


@dataclass(frozen=True)
class Unit:
    """What becomes one stack: an Ingress group, a Service or a Gateway."""

    source: GroupID | Service | Gateway
    stack: StackID
    tag_prefix: str
    load_balancer: Literal["application", "network", "classic"]
    """Type of the load balancer that the stack is about."""

    @property
    def ref(self) -> ObjectRef:
        """What it stands for; an explicit group is no object of the cluster."""
        kind = "Ingress" if isinstance(self.source, GroupID) else type(self.source).__name__
        return ObjectRef(kind if self.stack.namespace else "IngressGroup", self.stack.namespace, self.stack.name)

    @property
    def key(self) -> tuple[str, StackID, str]:
        """No two units of a cluster have the same: a Service may become one kind while the other goes."""
        return self.tag_prefix, self.stack, self.load_balancer

    @property
    def classic_name(self) -> str:
        """Name of its Classic Load Balancer; "" if it is not about one."""
        if self.load_balancer == "classic" and isinstance(self.source, Service):
            return classic_selection.load_balancer_name(self.source)
        return ""


@dataclass(frozen=True)
class Made:
    """A unit's stack, and the Secrets that it needs besides those that `secrets` tells beforehand."""

    built: Built
    secrets: frozenset[NamespacedName] = frozenset()
    keep: tuple[str, ...] = ()
    """Whose live share a plan must keep."""


def units(snapshot: Snapshot, settings: MappingSettings) -> tuple[Unit, ...]:
    """Sorted by stack. Those that are about to be deleted are among them: their stacks are empty."""
    found = [Unit(group, group.stack_id, INGRESS_TAG_PREFIX, "application") for group in groups(snapshot, settings)]
    if settings.enable_service_controller:
        found += [
            Unit(service, services.stack_id(service), SERVICE_TAG_PREFIX, "network")
            for service in snapshot.services.values()
            if is_ours(service, settings) or pending_finalization(service)
        ]
        found += [
            Unit(service, services.stack_id(service), SERVICE_TAG_PREFIX, "classic")
            for service in snapshot.services.values()
            if classic_selection.is_ours(service, settings) or classic_selection.pending_finalization(service)
        ]
    for gateway in snapshot.gateways.values():
        if layer := layer_of_gateway(gateway, snapshot):
            stack = StackID(gateway.namespace, gateway.name)
            found.append(Unit(gateway, stack, layer.tag_prefix, layer.load_balancer_type))
    return tuple(sorted(found, key=lambda unit: (str(unit.stack), unit.tag_prefix)))


def wants(unit: Unit, snapshot: Snapshot, settings: MappingSettings) -> FactsRequest:
    """What `build` will look for in its facts."""
    match unit.source:
        case GroupID():
            return ingress.wants(unit.source, snapshot, settings)
        case Service() if unit.load_balancer == "classic":
            return classic.wants(unit.source, settings)
        case Service():
            return services.wants(unit.source, snapshot, settings)
        case Gateway():
            return gateways.wants(unit.source, snapshot, settings)


def secrets(unit: Unit, snapshot: Snapshot, settings: MappingSettings) -> frozenset[NamespacedName]:
    """Those that the unit's objects name. A Gateway's are known only once it is built."""
    if not isinstance(unit.source, GroupID):
        return frozenset()
    active = membership(unit.source, snapshot, settings).active
    return frozenset(name for member in active for name in secrets_behind(member.ingress, snapshot.services, settings))


def build(unit: Unit, snapshot: Snapshot, facts: Facts, settings: MappingSettings) -> Made:
    """`facts` answer what `wants` asks, and hold the unit's existing load balancer."""
    match unit.source:
        case GroupID():
            group = ingress.build(unit.source, snapshot, facts, settings)
            return Made(group, keep=ingress.owners(group.left_out))
        case Service() if unit.load_balancer == "classic":
            return Made(classic.build(unit.source, facts, settings))
        case Service():
            return Made(services.build(unit.source, snapshot, facts, settings))
        case Gateway():
            made = gateways.build(unit.source, snapshot, facts, settings)
            return Made(made.built, secrets=made.secrets) if made else Made(Built(None))


def admitted(snapshot: Snapshot, settings: MappingSettings, earlier: Snapshot) -> tuple[Snapshot, tuple[Problem, ...]]:
    """What an API server with our webhooks would have of objects that are all written anew, and why not the others.

    `earlier`: what was written of the same objects before, which stays where the later is refused.
    """
    problems = refusals(snapshot, settings)
    refused = {problem.object for problem in problems}
    return replace(
        snapshot,
        ingresses=_without(refused, "Ingress", snapshot.ingresses, earlier.ingresses),
        ingress_class_params=_without(
            refused, "IngressClassParams", snapshot.ingress_class_params, earlier.ingress_class_params
        ),
    ), problems


def _without(
    refused: Collection[ObjectRef], kind: str, given: Mapping[NamespacedName, T], earlier: Mapping[NamespacedName, T]
) -> dict[NamespacedName, T]:
    """The objects of a kind, with the earlier version of each one that is refused, if there is one."""
    found = {
        name: earlier.get(name) if ObjectRef(kind, name.namespace, name.name) in refused else one
        for name, one in given.items()
    }
    return {name: one for name, one in found.items() if one is not None}


def ordered(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Each once, by object."""
    return tuple(sorted(set(problems), key=lambda problem: (problem.object, problem.reason, problem.message)))

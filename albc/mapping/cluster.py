"""Everything that a cluster asks for at once: every group, Service and Gateway of a snapshot.

For `albc plan`, which looks at a cluster as a whole; controllers build one stack at a time with the same functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from albc.kube.objects import Gateway, Service
from albc.mapping.gateway import build as gateways
from albc.mapping.gateway.resolution import layer_of_gateway
from albc.mapping.ingress import build as ingress
from albc.mapping.ingress.admission import refusals
from albc.mapping.ingress.groups import GroupID, groups, load_problems, membership
from albc.mapping.ingress.references import secrets_behind
from albc.mapping.service import build as services
from albc.mapping.service.selection import is_ours, pending_finalization
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import Facts, FactsRequest
from albc.model.problem import Built, Problem
from albc.model.stack import StackID

INGRESS_TAG_PREFIX = "ingress.k8s.aws"
SERVICE_TAG_PREFIX = "service.k8s.aws"


@dataclass(frozen=True)
class Unit:
    """What becomes one stack: an Ingress group, a Service or a Gateway."""

    source: GroupID | Service | Gateway
    stack: StackID
    tag_prefix: str
    load_balancer: Literal["application", "network"]
    """Type of the load balancer that the stack is about."""

    @property
    def key(self) -> tuple[str, StackID]:
        """No two units of a cluster have the same."""
        return self.tag_prefix, self.stack


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
            return Made(group, keep=ingress.kept_owners(group.left_out))
        case Service():
            return Made(services.build(unit.source, snapshot, facts, settings))
        case Gateway():
            made = gateways.build(unit.source, snapshot, facts, settings)
            return Made(made.built, secrets=made.secrets) if made else Made(Built(None))


def standing_problems(snapshot: Snapshot, settings: MappingSettings) -> tuple[Problem, ...]:
    """What is wrong with objects whatever stack they are in: what admission refuses, and Ingresses without a group."""
    return (*refusals(snapshot, settings), *load_problems(snapshot, settings))


def ordered(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Each once, by object."""
    return tuple(sorted(set(problems), key=lambda problem: (problem.object, problem.reason, problem.message)))

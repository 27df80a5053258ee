"""Everything that a cluster asks for at once: every group, Service and Gateway of a snapshot.

For `albc plan`, which looks at a cluster as a whole; controllers build one stack at a time with the same functions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from albc.mapping.gateway import build as gateways
from albc.mapping.ingress import build as ingress
from albc.mapping.ingress.admission import refusals
from albc.mapping.ingress.groups import groups, load_problems
from albc.mapping.service import build as services
from albc.mapping.service.selection import is_ours
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.model.facts import Facts, FactsRequest
from albc.model.problem import Built, Problem
from albc.model.stack import Stack


@dataclass(frozen=True)
class ClusterBuilt:
    """Stacks by id, and all problems, sorted."""

    stacks: tuple[Stack, ...]
    problems: tuple[Problem, ...]


def wants(snapshot: Snapshot, settings: MappingSettings) -> FactsRequest:
    """What `build` will look for in its facts."""
    requests = [
        *(ingress.wants(group, snapshot, settings) for group in groups(snapshot, settings)),
        *(services.wants(service, snapshot, settings) for service in snapshot.services.values()),
        *(gateways.wants(gateway, snapshot, settings) for gateway in snapshot.gateways.values()),
    ]
    return reduce(FactsRequest.__or__, requests, FactsRequest())


def build(snapshot: Snapshot, facts: Facts, settings: MappingSettings) -> ClusterBuilt:
    built = list(_build(snapshot, facts, settings))
    stacks = sorted((one.stack for one in built if one.stack is not None), key=lambda stack: str(stack.id))
    problems = {
        *refusals(snapshot, settings),
        *load_problems(snapshot, settings),
        *(problem for one in built for problem in one.problems),
    }
    return ClusterBuilt(tuple(stacks), tuple(sorted(problems, key=lambda p: (p.object, p.reason, p.message))))


def _build(snapshot: Snapshot, facts: Facts, settings: MappingSettings) -> Iterator[Built]:
    for group in groups(snapshot, settings):
        yield ingress.build(group, snapshot, facts, settings)
    if settings.enable_service_controller:
        for service in snapshot.services.values():
            if is_ours(service, settings):
                yield services.build(service, snapshot, facts, settings)
    for gateway in snapshot.gateways.values():
        if (made := gateways.build(gateway, snapshot, facts, settings)) is not None:
            yield made.built

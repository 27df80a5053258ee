"""A rule's backends as the target groups of a forward action, with their weights (spec/gateway.md §11.4, §13.6).

Called by `rules` for an ALB, by `l4` for an NLB. A backend that cannot be served is left out and its share goes to the
others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from albc.mapping.gateway import names
from albc.mapping.gateway.backends import Backend, NamedTargetGroup, ServiceBackend
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.resolution import Resolution
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.gateway.target_groups import BuiltTargetGroup, ListenerPort, TargetGroupBuilder
from albc.mapping.invalid import Invalid
from albc.mapping.service_ports import target_port
from albc.mapping.snapshot import NamespacedName
from albc.model.actions import TargetGroupTuple
from albc.model.facts import Facts
from albc.model.reference import Token

LARGEST_WEIGHT = 999
"""Of a target group in a forward action; a backendRef may have up to 1,000,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    targets: tuple[TargetGroupTuple, ...] = ()
    """Empty where nobody takes traffic: no usable backend, or all weights are 0."""
    target_groups: tuple[BuiltTargetGroup, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarder:
    builder: TargetGroupBuilder
    facts: Facts
    owners: Mapping[str, str]
    """Given target group names, each with the id of the one target group that may bear it."""

    def forward(self, backends: Iterable[Backend], route: RouteRef, listener: ListenerPort) -> Forwarding:
        weights: dict[Token, int] = {}
        built: list[BuiltTargetGroup] = []
        faults: list[Fault] = []
        for backend in backends:
            try:
                target = self._target(backend, route, listener, built)
            except Invalid as fault:
                faults.append(Fault.of(fault))
            else:
                # AWS refuses the same group twice in one action, so its shares are added.
                weights[target] = weights.get(target, 0) + backend.weight
        return Forwarding(targets=_tuples(weights), target_groups=tuple(built), faults=tuple(faults))

    def _target(
        self, backend: Backend, route: RouteRef, listener: ListenerPort, built: list[BuiltTargetGroup]
    ) -> Token:
        if isinstance(backend, NamedTargetGroup):
            return self._named(backend.name)
        if isinstance(backend, ServiceBackend):
            made = self.builder.for_service(backend, route, listener)
        else:
            made = self.builder.for_gateway(backend, route, listener)
        group = made.target_group
        if self.owners.get(group.name, group.id) != group.id:
            raise Invalid(
                f"targetGroupName {group.name} is taken by another target group of this Gateway "
                f"({self.owners[group.name]}); give each Service and route a name of its own",
                reason="UnsupportedValue",
            )
        built.append(made)
        return group.arn

    def _named(self, name: str) -> str:
        arns = [group.arn for group in self.facts.target_groups if group.name == name]
        if len(arns) != 1:
            raise Invalid(
                f"expecting a single targetGroup with query [{name}] but got {len(arns)}; "
                "create it in this Region or correct the name",
                reason="BackendNotFound",
            )
        return arns[0]


def wanted_names(resolution: Resolution) -> frozenset[str]:
    """Names of target groups that must be looked up."""
    return frozenset(
        backend.name
        for route in resolution.routes
        for rule in route.rules
        for backend in rule.backends
        if isinstance(backend, NamedTargetGroup)
    )


def owners_of_names(resolution: Resolution) -> Mapping[str, str]:
    """For each target group name that a configuration gives: the id of the target group that gets it. Of several
    Services the oldest one wins, then the oldest route.
    """
    claims: dict[str, tuple[tuple[str, ...], str]] = {}
    for route in resolution.routes:
        for rule in route.rules:
            for backend in rule.backends:
                if not isinstance(backend, ServiceBackend) or not backend.props.target_group_name:
                    continue
                service = backend.service
                name = NamespacedName(service.namespace, service.name)
                id_ = names.target_group_id(resolution.gateway, route.ref, name, target_port(backend.port))
                created, label, kind = route.route.seniority
                claim = (service.metadata.creation_timestamp or "", str(name), created, label, str(kind)), id_
                claims[backend.props.target_group_name] = min(claim, claims.get(backend.props.target_group_name, claim))
    return {name: id_ for name, (_, id_) in claims.items()}


def _tuples(weights: Mapping[Token, int]) -> tuple[TargetGroupTuple, ...]:
    if not any(weights.values()):
        return ()
    return tuple(
        TargetGroupTuple(target_group_arn=token, weight=weight)
        for token, weight in zip(weights, scaled(list(weights.values())), strict=True)
    )


def scaled(weights: Sequence[int]) -> list[int]:
    """Weights within ALB's range, in the same ratio; a backend that had a share keeps one."""
    largest = max(weights)
    if largest <= LARGEST_WEIGHT:
        return list(weights)
    return [max(1, round(weight * LARGEST_WEIGHT / largest)) if weight else 0 for weight in weights]

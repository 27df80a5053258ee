"""What the ports of one Gateway give, put together: its stack, and what its objects are told (spec/gateway.md §10).

Called by `build`, once or, where a route has to fall back to an earlier state, twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from albc.kube.objects import Gateway
from albc.mapping.gateway import addons, l4, listener_specs, names, rule_configurations
from albc.mapping.gateway.actions import NOT_FOUND
from albc.mapping.gateway.addons import Addons
from albc.mapping.gateway.attachment import attached_routes
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.forwarding import Forwarder, owners_of_names
from albc.mapping.gateway.listeners import GatewayListener
from albc.mapping.gateway.load_balancer import Frame
from albc.mapping.gateway.outcome import NO_BACKENDS, NO_ROUTES, BuiltGateway, ListenerOutcome, ListenerSetOutcome
from albc.mapping.gateway.ports import Port, ports_of
from albc.mapping.gateway.problems import problems_of, shared_target_groups
from albc.mapping.gateway.resolution import Resolution
from albc.mapping.gateway.route_outcomes import UNRESOLVED, load_faults, route_outcomes
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.gateway.rules import NO_RULES, PortRules, RuleFault, build_rules
from albc.mapping.gateway.target_groups import BuiltTargetGroup, TargetGroupBuilder
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import Facts
from albc.model.imported_certificate import ImportedCertificate
from albc.model.listener import Listener, ListenerRule
from albc.model.problem import Built, ObjectRef
from albc.model.stack import Resource, Stack, StackID
from albc.model.target_group_binding import FrontendNLBTargets


@dataclass(slots=True)
class Assembly:
    """Collects what the ports of one Gateway give."""

    resolution: Resolution
    addons: Addons
    frame: Frame
    snapshot: Snapshot
    facts: Facts
    settings: MappingSettings
    earlier: Mapping[int, PortRules]
    forwarder: Forwarder = field(init=False)
    ports: dict[int, PortRules] = field(default_factory=dict)
    """What the rules of each port are made of, for the next time."""
    certificates: list[ImportedCertificate] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    rules: list[ListenerRule] = field(default_factory=list)
    target_groups: list[BuiltTargetGroup] = field(default_factory=list)
    rule_faults: list[RuleFault] = field(default_factory=list)
    port_faults: dict[int, Fault] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    idle: list[tuple[RouteRef, Fault]] = field(default_factory=list)
    serving: set[RouteRef] = field(default_factory=set)
    """L4 routes that have a port to themselves."""
    fallen_back: Mapping[RouteRef, Sequence[RuleFault]] = field(default_factory=dict)
    """Routes that serve an earlier state, and what is wrong with their latest one."""

    def __post_init__(self) -> None:
        builder = TargetGroupBuilder(gateway=self.resolution.gateway, frame=self.frame, settings=self.settings)
        owners = owners_of_names(self.resolution)
        self.forwarder = Forwarder(builder=builder, facts=self.facts, owners=owners)
        self.rule_faults += load_faults(self.resolution)

        for port in ports_of(self.resolution):
            self._add_port(port)

    @property
    def refused(self) -> Mapping[RouteRef, Sequence[RuleFault]]:
        """Routes with rules that do not work as written, whatever they refer to."""
        found: dict[RouteRef, list[RuleFault]] = {}
        for fault in self.rule_faults:
            if fault.fault.reason not in UNRESOLVED:
                found.setdefault(fault.route, []).append(fault)
        return found

    def finished(self) -> BuiltGateway:
        gateway, resolution = self.resolution.gateway, self.resolution
        outcomes = [self._listener_outcome(listener) for listener in resolution.listeners]
        stack = None
        if any(outcome.usable for outcome in outcomes):
            stack = Stack.of(stack_id(gateway), self._resources())
        own = ObjectRef("Gateway", gateway.namespace, gateway.name)
        idle = [(route, fault) for route, fault in self.idle if route not in self.serving]
        faults = [*self.rule_faults, *(fault for found in self.fallen_back.values() for fault in found)]
        shared = shared_target_groups(own, (built.target_group for built in self.target_groups))
        problems = (*problems_of(resolution, outcomes, faults, self.idle), *dict.fromkeys(shared))
        return BuiltGateway(
            name=NamespacedName(gateway.namespace, gateway.name),
            generation=gateway.metadata.generation,
            layer=resolution.layer,
            built=Built(stack, problems),
            listeners=tuple(outcome for outcome in outcomes if outcome.listener.owner == own),
            listener_sets=self._listener_sets(outcomes) if self.settings.gateway_listener_set else None,
            routes=route_outcomes(resolution, faults, idle, self.fallen_back),
            addons=self.addons,
            kept=tuple(sorted(self.kept)),
            secrets=frozenset(_secrets(resolution, self.snapshot)),
        )

    def _add_port(self, port: Port) -> None:
        if not port.routes:
            self.port_faults[port.number] = Fault(NO_ROUTES, "No route is attached, so AWS has no such listener yet.")
            return
        try:
            listener = listener_specs.listener(port, self.frame, self.facts, self.settings)
        except Invalid as fault:
            self.port_faults[port.number] = Fault.of(fault)
            self.kept.update(names.of_route(self.resolution.gateway, each.route.ref) for each in port.routes)
            return
        if not port.explicit_certificates:
            self.certificates += port.imported_certificates
        if self.resolution.layer.is_alb:
            self.listeners.append(replace(listener, default_actions=(NOT_FOUND,)))
            found = build_rules(
                port,
                listener,
                self.forwarder,
                self.snapshot,
                self.settings,
                self.earlier.get(port.number, NO_RULES),
            )
            self.ports[port.number] = found
            self.rules += found.rules
            self.target_groups += found.target_groups
            self.rule_faults += found.faults
            return
        forwarded = l4.forward(port, listener, self.forwarder)
        self.target_groups += forwarded.target_groups
        self.rule_faults += forwarded.faults
        self.idle += forwarded.idle
        if forwarded.listener is None:
            message = "No backend takes traffic, so AWS has no such listener."
            self.port_faults[port.number] = Fault(NO_BACKENDS, message)
        else:
            self.listeners.append(forwarded.listener)
            self.serving.add(forwarded.winner)

    def _resources(self) -> Iterable[Resource]:
        if self.frame.groups.managed is not None:
            yield self.frame.groups.managed
        yield self.frame.load_balancer
        yield from self.certificates
        yield from (built.target_group for built in self.target_groups)
        yield from self.listeners
        yield from self.rules
        yield from (built.binding for built in self.target_groups if built.binding is not None)
        yield from addons.resources(self.addons, self.frame.load_balancer.arn)
        chained = {built.target_group.id: built.chained for built in self.target_groups if built.chained is not None}
        yield FrontendNLBTargets(targets=tuple(chained.values()))

    def _listener_outcome(self, listener: GatewayListener) -> ListenerOutcome:
        return ListenerOutcome(
            listener=listener,
            supported_kinds=listener.supported_kinds(self.resolution.layer),
            attached_routes=attached_routes(listener, self.resolution.attached),
            fault=self.port_faults.get(listener.port) if listener.valid else None,
        )

    def _listener_sets(self, outcomes: Sequence[ListenerOutcome]) -> dict[NamespacedName, ListenerSetOutcome]:
        sets = {}
        for accepted, found in (
            *((True, each) for each in self.resolution.sets.accepted),
            *((False, each) for each in self.resolution.sets.rejected),
        ):
            owner = ObjectRef("ListenerSet", found.namespace, found.name)
            sets[NamespacedName(found.namespace, found.name)] = ListenerSetOutcome(
                generation=found.metadata.generation,
                accepted=accepted,
                listeners=tuple(outcome for outcome in outcomes if outcome.listener.owner == owner),
            )
        return sets


def stack_id(gateway: Gateway) -> StackID:
    return StackID(gateway.namespace, gateway.name)


def _secrets(resolution: Resolution, snapshot: Snapshot) -> Iterable[NamespacedName]:
    yield from resolution.certificate_secrets
    for route in resolution.routes:
        for rule in route.rules:
            yield from rule_configurations.secrets_of(rule.rule, route.ref, snapshot)

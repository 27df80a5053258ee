"""From a Gateway and what it refers to, to its stack and the statuses of its objects (spec/gateway.md §4, §10).

`wants` says what must be known of AWS, `build` uses it; both start from `resolution`. Called by the Gateway
controllers and by `albc plan`. A fault of the configuration, of subnets or of security groups stops the Gateway; any
other fault stays with its listener, route or rule.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from albc.kube.objects import Gateway
from albc.mapping.gateway import addons, l4, listener_specs, load_balancer
from albc.mapping.gateway.actions import NOT_FOUND
from albc.mapping.gateway.addons import Addons
from albc.mapping.gateway.attachment import attached_routes
from albc.mapping.gateway.backends import ServiceBackend
from albc.mapping.gateway.classes import Layer
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.forwarding import Forwarder, owners_of_names, wanted_names
from albc.mapping.gateway.listeners import GatewayListener
from albc.mapping.gateway.load_balancer import Frame
from albc.mapping.gateway.outcome import NO_BACKENDS, NO_ROUTES, BuiltGateway, ListenerOutcome, ListenerSetOutcome
from albc.mapping.gateway.ports import Port, ports_of
from albc.mapping.gateway.problems import problems_of
from albc.mapping.gateway.resolution import Resolution, layer_of_gateway, resolve
from albc.mapping.gateway.route_outcomes import load_faults, route_outcomes
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.gateway.rule_configurations import oidc_secret
from albc.mapping.gateway.rules import RuleFault, build_rules
from albc.mapping.gateway.target_groups import BuiltTargetGroup, TargetGroupBuilder
from albc.mapping.go import parse_bool
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import Facts, FactsRequest
from albc.model.listener import Listener, ListenerRule
from albc.model.problem import Built, ObjectRef, Problem
from albc.model.stack import Resource, Stack, StackID
from albc.model.target_group_binding import FrontendNLBTargets


def wants(gateway: Gateway, snapshot: Snapshot, settings: MappingSettings) -> FactsRequest:
    """What `build` will ask of AWS. Nothing for a Gateway that is not ours, or whose configuration is at fault."""
    if layer_of_gateway(gateway, snapshot) is None:
        return FactsRequest()
    try:
        resolution = resolve(gateway, snapshot, settings)
    except Invalid:
        return FactsRequest()
    request = load_balancer.wants(resolution, settings)
    request |= FactsRequest(target_group_names=wanted_names(resolution))
    for port in ports_of(resolution):
        request |= listener_specs.wants(port)
    return request


def build(gateway: Gateway, snapshot: Snapshot, facts: Facts, settings: MappingSettings) -> BuiltGateway | None:
    """None: the Gateway is not ours."""
    layer = layer_of_gateway(gateway, snapshot)
    if layer is None:
        return None
    deleting = gateway.metadata.deletion_timestamp is not None
    try:
        resolution = resolve(gateway, snapshot, settings)
    except Invalid as fault:
        # Deleting needs nothing but what is deleted.
        return _empty(gateway, layer) if deleting else _refused(gateway, layer, Fault.of(fault))
    wanted_addons = addons.addons_of(gateway, layer, resolution.configuration.load_balancer)
    if deleting:
        if _is_protected(resolution):
            message = (
                f"Unable to delete gateway {gateway.namespace}/{gateway.name} because deletion protection is enabled: "
                "set deletion_protection.enabled to false in its LoadBalancerConfiguration"
            )
            return _refused(gateway, layer, Fault("Invalid", message), resolution)
        if not wanted_addons.remembered:
            return _empty(gateway, layer)
    try:
        frame = load_balancer.build(resolution, wanted_addons, facts, settings)
    except Invalid as fault:
        return _refused(gateway, layer, Fault("Invalid", fault.message), resolution)
    return _Assembly(resolution, wanted_addons, frame, snapshot, facts, settings).finished()


@dataclass(slots=True)
class _Assembly:
    """Collects what the ports of one Gateway give."""

    resolution: Resolution
    addons: Addons
    frame: Frame
    snapshot: Snapshot
    facts: Facts
    settings: MappingSettings
    forwarder: Forwarder = field(init=False)
    listeners: list[Listener] = field(default_factory=list)
    rules: list[ListenerRule] = field(default_factory=list)
    target_groups: list[BuiltTargetGroup] = field(default_factory=list)
    rule_faults: list[RuleFault] = field(default_factory=list)
    port_faults: dict[int, Fault] = field(default_factory=dict)
    idle: list[tuple[RouteRef, Fault]] = field(default_factory=list)
    serving: set[RouteRef] = field(default_factory=set)
    """L4 routes that have a port to themselves."""

    def __post_init__(self) -> None:
        builder = TargetGroupBuilder(gateway=self.resolution.gateway, frame=self.frame, settings=self.settings)
        owners = owners_of_names(self.resolution)
        self.forwarder = Forwarder(builder=builder, facts=self.facts, owners=owners)
        self.rule_faults += load_faults(self.resolution)

    def finished(self) -> BuiltGateway:
        ports = ports_of(self.resolution)
        for port in ports:
            self._add_port(port)
        gateway, resolution = self.resolution.gateway, self.resolution
        outcomes = [self._listener_outcome(listener) for listener in resolution.listeners]
        stack = None
        if any(outcome.usable for outcome in outcomes):
            stack = Stack.of(_stack_id(gateway), self._resources())
        own = ObjectRef("Gateway", gateway.namespace, gateway.name)
        idle = [(route, fault) for route, fault in self.idle if route not in self.serving]
        problems = problems_of(resolution, outcomes, self.rule_faults, self.idle)
        return BuiltGateway(
            name=NamespacedName(gateway.namespace, gateway.name),
            generation=gateway.metadata.generation,
            layer=resolution.layer,
            built=Built(stack, problems),
            listeners=tuple(outcome for outcome in outcomes if outcome.listener.owner == own),
            listener_sets=self._listener_sets(outcomes) if self.settings.gateway_listener_set else None,
            routes=route_outcomes(resolution, self.rule_faults, idle),
            addons=self.addons,
            services=frozenset(_services(resolution)),
            secrets=frozenset(_secrets(resolution)),
        )

    def _add_port(self, port: Port) -> None:
        if not port.routes:
            self.port_faults[port.number] = Fault(NO_ROUTES, "No route is attached, so AWS has no such listener yet.")
            return
        try:
            listener = listener_specs.listener(port, self.frame, self.facts, self.settings)
        except Invalid as fault:
            self.port_faults[port.number] = Fault.of(fault)
            return
        if self.resolution.layer.is_alb:
            self.listeners.append(replace(listener, default_actions=(NOT_FOUND,)))
            found = build_rules(port, listener, self.forwarder, self.snapshot, self.settings)
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


def _stack_id(gateway: Gateway) -> StackID:
    return StackID(gateway.namespace, gateway.name)


def _empty(gateway: Gateway, layer: Layer) -> BuiltGateway:
    """Nothing is wanted any more."""
    return BuiltGateway(
        name=NamespacedName(gateway.namespace, gateway.name),
        generation=gateway.metadata.generation,
        layer=layer,
        built=Built(Stack(_stack_id(gateway))),
    )


def _refused(gateway: Gateway, layer: Layer, fault: Fault, resolution: Resolution | None = None) -> BuiltGateway:
    """Its routes are told all the same what is known of them."""
    problem = Problem(ObjectRef("Gateway", gateway.namespace, gateway.name), "FailedBuildModel", fault.message)
    return BuiltGateway(
        name=NamespacedName(gateway.namespace, gateway.name),
        generation=gateway.metadata.generation,
        layer=layer,
        built=Built(None, (problem,)),
        fault=fault,
        routes=route_outcomes(resolution, load_faults(resolution), ()) if resolution else {},
    )


def _is_protected(resolution: Resolution) -> bool:
    """What the configuration says; the plan looks at what AWS says besides."""
    attributes = resolution.configuration.load_balancer.load_balancer_attributes or ()
    values = [attribute.value for attribute in attributes if attribute.key == "deletion_protection.enabled"]
    return bool(values) and bool(parse_bool(values[0]))


def _services(resolution: Resolution) -> Iterable[NamespacedName]:
    for route in resolution.routes:
        for rule in route.rules:
            for backend in rule.backends:
                if isinstance(backend, ServiceBackend):
                    yield NamespacedName(backend.service.namespace, backend.service.name)


def _secrets(resolution: Resolution) -> Iterable[NamespacedName]:
    for route in resolution.routes:
        for rule in route.rules:
            if rule.configuration is not None and (secret := oidc_secret(rule.configuration)):
                yield secret

"""From a Gateway and what it refers to, to its stack and the statuses of its objects (spec/gateway.md §4, §10).

`wants` says what must be known of AWS, `build` uses it; both start from `resolution`. Called by the Gateway
controllers and by `albc plan`. A fault of the configuration, of subnets or of security groups stops the Gateway; any
other fault stays with its listener, route or rule.
"""

from dataclasses import replace

from albc.kube.objects import Gateway
from albc.mapping.gateway import addons, listener_specs, load_balancer
from albc.mapping.gateway.assembly import Assembly, stack_id
from albc.mapping.gateway.classes import Layer
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.forwarding import wanted_names
from albc.mapping.gateway.listener_sets import ListenerSets, listener_sets_of
from albc.mapping.gateway.outcome import NOTHING_KNOWN, BuiltGateway, InEffect, ListenerSetOutcome
from albc.mapping.gateway.ports import ports_of
from albc.mapping.gateway.resolution import Resolution, layer_of_gateway, replaced, resolve
from albc.mapping.gateway.route_outcomes import load_faults, route_outcomes
from albc.mapping.go import parse_bool
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import Facts, FactsRequest
from albc.model.problem import Built, ObjectRef, Problem
from albc.model.stack import Stack


def wants(
    gateway: Gateway, snapshot: Snapshot, settings: MappingSettings, earlier: InEffect = NOTHING_KNOWN
) -> FactsRequest:
    """What `build` will ask of AWS, with the same `earlier`. Nothing for a Gateway that is not ours, or whose
    configuration is at fault.
    """
    if layer_of_gateway(gateway, snapshot) is None:
        return FactsRequest()
    try:
        resolution = resolve(gateway, snapshot, settings, None, earlier.resolved)
    except Invalid:
        return FactsRequest()
    request = load_balancer.wants(resolution, settings)
    request |= FactsRequest(target_group_names=wanted_names(resolution))
    for port in ports_of(resolution):
        request |= listener_specs.wants(port)
    return request


def build(
    gateway: Gateway, snapshot: Snapshot, facts: Facts, settings: MappingSettings, earlier: InEffect = NOTHING_KNOWN
) -> BuiltGateway | None:
    """None: the Gateway is not ours.

    `earlier` is `in_effect` of the Gateway's last build that was deployed: what has not changed since is taken from
    there, and a route whose edit does not work serves what it served then.
    """
    layer = layer_of_gateway(gateway, snapshot)
    if layer is None:
        return None
    deleting = gateway.metadata.deletion_timestamp is not None
    try:
        resolution = resolve(gateway, snapshot, settings, facts.imported_certificates, earlier.resolved)
    except Invalid as fault:
        # Deleting needs nothing but what is deleted.
        if deleting:
            return _empty(gateway, layer)
        sets = listener_sets_of(gateway, snapshot, settings) if settings.gateway_listener_set else None
        return _refused(gateway, layer, Fault.of(fault), sets)
    wanted_addons = addons.addons_of(gateway, layer, resolution.configuration.load_balancer)
    if deleting:
        if _is_protected(resolution):
            message = (
                f"Unable to delete gateway {gateway.namespace}/{gateway.name} because deletion protection is enabled: "
                "set deletion_protection.enabled to false in its LoadBalancerConfiguration"
            )
            return _refused(gateway, layer, Fault("Invalid", message), None, resolution)
        if not wanted_addons.remembered:
            return _empty(gateway, layer)
    try:
        frame = load_balancer.build(resolution, wanted_addons, facts, settings)
    except Invalid as fault:
        sets = resolution.sets if settings.gateway_listener_set else None
        return _refused(gateway, layer, Fault("Invalid", fault.message), sets, resolution)
    first = Assembly(resolution, wanted_addons, frame, snapshot, facts, settings, earlier.ports)
    sound = {ref: route for ref, route in earlier.sound.items() if ref in first.refused}
    made = first
    if sound:
        older = Assembly(
            replaced(resolution, sound, snapshot), wanted_addons, frame, snapshot, facts, settings, first.ports
        )
        older.fallen_back = {ref: first.refused[ref] for ref in sound}
        # An earlier state may not work any more, either; then the latest one stands, whose faults are known.
        made = first if older.refused.keys() & sound.keys() else older
    good = {each.ref: each.route for each in resolution.routes if each.ref not in first.refused}
    in_effect = InEffect(resolution.earlier, first.ports, {**good, **sound})
    return replace(made.finished(), in_effect=in_effect)


def _empty(gateway: Gateway, layer: Layer) -> BuiltGateway:
    """Nothing is wanted any more."""
    return BuiltGateway(
        name=NamespacedName(gateway.namespace, gateway.name),
        generation=gateway.metadata.generation,
        layer=layer,
        built=Built(Stack(stack_id(gateway))),
    )


def _refused(
    gateway: Gateway, layer: Layer, fault: Fault, sets: ListenerSets | None, resolution: Resolution | None = None
) -> BuiltGateway:
    """Its routes are told all the same what is known of them, and its ListenerSets of its state."""
    problem = Problem(ObjectRef("Gateway", gateway.namespace, gateway.name), "FailedBuildModel", fault.message)
    return BuiltGateway(
        name=NamespacedName(gateway.namespace, gateway.name),
        generation=gateway.metadata.generation,
        layer=layer,
        built=Built(None, (problem,)),
        fault=fault,
        listener_sets=None if sets is None else _waiting(sets),
        routes=route_outcomes(resolution, load_faults(resolution), ()) if resolution else {},
    )


def _waiting(sets: ListenerSets) -> dict[NamespacedName, ListenerSetOutcome]:
    return {
        NamespacedName(found.namespace, found.name): ListenerSetOutcome(
            generation=found.metadata.generation, accepted=accepted, parent_accepted=False
        )
        for accepted, each in ((True, sets.accepted), (False, sets.rejected))
        for found in each
    }


def _is_protected(resolution: Resolution) -> bool:
    """What the configuration says; the plan looks at what AWS says besides."""
    attributes = resolution.configuration.load_balancer.load_balancer_attributes or ()
    values = [attribute.value for attribute in attributes if attribute.key == "deletion_protection.enabled"]
    return bool(values) and bool(parse_bool(values[0]))

"""What people are told is wrong around a Gateway, on the object where it can be put right.

Called by `build`, once everything is known. Conditions say the same in the words of the API (`status`); problems are
events and the findings of `albc plan`.
"""

from collections.abc import Iterable, Iterator, Sequence

from albc.kube.objects.meta import LabelSelector
from albc.mapping.gateway import addons, namespaces, security_groups
from albc.mapping.gateway.backends import ServiceBackend
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.outcome import ListenerOutcome
from albc.mapping.gateway.resolution import Resolution
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.gateway.rules import RuleFault
from albc.mapping.invalid import Invalid
from albc.model.problem import ObjectRef, Problem


def problems_of(
    resolution: Resolution,
    listeners: Sequence[ListenerOutcome],
    rule_faults: Iterable[RuleFault],
    idle: Iterable[tuple[RouteRef, Fault]],
) -> tuple[Problem, ...]:
    """Each once, in a stable order."""
    found = [
        *_of_listeners(resolution, listeners),
        *_of_routes(resolution, rule_faults, idle),
        *_of_configurations(resolution),
    ]
    return tuple(dict.fromkeys(found))


def _of_listeners(resolution: Resolution, listeners: Iterable[ListenerOutcome]) -> Iterator[Problem]:
    gateway = ObjectRef("Gateway", resolution.gateway.namespace, resolution.gateway.name)
    for outcome in listeners:
        listener = outcome.listener
        if not listener.valid:
            yield Problem(listener.owner, listener.reason, listener.message)
        elif outcome.fault is not None and not outcome.usable:
            yield Problem(listener.owner, outcome.fault.reason, f"listener {listener.name}: {outcome.fault.message}")
    if resolution.sets.fault:
        yield Problem(gateway, "Invalid", resolution.sets.fault)
    for rejected in resolution.sets.rejected:
        message = f"{gateway} does not allow ListenerSets of this namespace: see its allowedListeners"
        yield Problem(ObjectRef("ListenerSet", rejected.namespace, rejected.name), "NotAllowed", message)


def _of_routes(
    resolution: Resolution, rule_faults: Iterable[RuleFault], idle: Iterable[tuple[RouteRef, Fault]]
) -> Iterator[Problem]:
    for attached in resolution.attached:
        for attachment in attached.attachments:
            if attachment.fault is not None:
                yield Problem(attached.route.ref.object, attachment.fault.reason, attachment.fault.message)
    for found in rule_faults:
        message = f"rule {found.rule_index}: {found.fault.message}"
        yield Problem(found.route.object, found.fault.reason, message)
    for route, fault in idle:
        yield Problem(route.object, fault.reason, fault.message, "warning")


def _of_configurations(resolution: Resolution) -> Iterator[Problem]:
    spec, sources = resolution.configuration.load_balancer, resolution.configuration.sources
    for source in sources[:1]:
        for message in (*security_groups.source_range_faults(spec), *addons.faults(spec)):
            yield Problem(source, "InvalidParameters", message)
        if spec.source_ranges is not None and not spec.source_ranges and not spec.security_group_prefixes:
            message = "sourceRanges is an empty list, so nobody can connect; leave it out to admit everybody"
            yield Problem(source, "NoSourceRanges", message, "warning")
    for route in resolution.routes:
        for rule in route.rules:
            for backend in rule.backends:
                if isinstance(backend, ServiceBackend) and backend.props.node_selector is not None:
                    yield from _of_node_selector(backend, backend.props.node_selector)


def _of_node_selector(backend: ServiceBackend, selector: LabelSelector) -> Iterator[Problem]:
    try:
        namespaces.check("nodeSelector", selector)
    except Invalid as fault:
        owner = backend.configuration
        if owner is not None:
            yield Problem(ObjectRef("TargetGroupConfiguration", owner.namespace, owner.name), "Invalid", fault.message)

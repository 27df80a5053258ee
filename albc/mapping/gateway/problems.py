"""What people are told is wrong around a Gateway, on the object where it can be put right.

Called by `build`, once everything is known. Conditions say the same in the words of the API (`status`); problems are
events and the findings of `albc plan`.
"""

from collections.abc import Iterable, Iterator, Sequence

from albc.crds.gateway import TargetGroupConfiguration
from albc.mapping.gateway import addons, health_checks, namespaces, security_groups
from albc.mapping.gateway.backends import ServiceBackend
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.outcome import ListenerOutcome
from albc.mapping.gateway.resolution import Resolution, ResolvedRoute
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.gateway.rules import RuleFault
from albc.mapping.invalid import Invalid
from albc.model.problem import ObjectRef, Problem
from albc.model.target_group import TargetGroup


def problems_of(
    resolution: Resolution,
    listeners: Sequence[ListenerOutcome],
    rule_faults: Sequence[RuleFault],
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
    resolution: Resolution, rule_faults: Sequence[RuleFault], idle: Iterable[tuple[RouteRef, Fault]]
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
    yield from _of_gateway(resolution, rule_faults)


def _of_gateway(resolution: Resolution, rule_faults: Sequence[RuleFault]) -> Iterator[Problem]:
    """Whoever owns the Gateway is told once that some route does not work, and where to look."""
    if rule_faults:
        routes = ", ".join(dict.fromkeys(str(found.route) for found in rule_faults))
        gateway = ObjectRef("Gateway", resolution.gateway.namespace, resolution.gateway.name)
        message = f"some rules do not work as written, see the conditions of {routes}"
        yield Problem(gateway, "RoutesNotValid", message, "warning")


def shared_target_groups(gateway: ObjectRef, target_groups: Iterable[TargetGroup]) -> Iterator[Problem]:
    """Two ports may want the one target group of a route and a Service to be different; the lower one decides."""
    first: dict[str, TargetGroup] = {}
    for group in target_groups:
        decided = first.setdefault(group.id, group)
        if (decided.protocol, decided.protocol_version) != (group.protocol, group.protocol_version):
            message = (
                f"target group {group.id} serves several ports: it is {_spoken(decided)}, as the lowest of them wants, "
                f"and not {_spoken(group)}; use a route of its own for each"
            )
            yield Problem(gateway, "TargetGroupShared", message, "warning")


def _spoken(group: TargetGroup) -> str:
    return " ".join(filter(None, (group.protocol, group.protocol_version)))


def _of_configurations(resolution: Resolution) -> Iterator[Problem]:
    spec, sources = resolution.configuration.load_balancer, resolution.configuration.sources
    for source in sources[:1]:
        for message in (*security_groups.source_range_faults(spec), *addons.faults(spec)):
            yield Problem(source, "InvalidParameters", message)
        if spec.source_ranges is not None and not spec.source_ranges and not spec.security_group_prefixes:
            message = "sourceRanges is an empty list, so nobody can connect; leave it out to admit everybody"
            yield Problem(source, "NoSourceRanges", message, "warning")
    for route in resolution.routes:
        # Rules of a route mostly share their backends; each configuration is looked at once.
        configured = {
            backend.configuration.name: (backend, backend.configuration)
            for rule in route.rules
            for backend in rule.backends
            if isinstance(backend, ServiceBackend) and backend.configuration is not None
        }
        for backend, owner in configured.values():
            yield from _of_target_groups(backend, owner, route)


def _ends_tls(route: ResolvedRoute) -> bool:
    return any(attached.listener.listener.protocol == "HTTPS" for attached in route.attached.listeners)


def _of_target_groups(
    backend: ServiceBackend, owner: TargetGroupConfiguration, route: ResolvedRoute
) -> Iterator[Problem]:
    of = ObjectRef("TargetGroupConfiguration", owner.namespace, owner.name)
    version = backend.props.protocol_version
    if version not in (None, "HTTP1") and not _ends_tls(route):
        message = (
            f"protocolVersion {version} works behind an HTTPS listener only; here the targets are spoken to in HTTP1"
        )
        yield Problem(of, "ProtocolVersionIgnored", message, "warning")
    for message in health_checks.faults(backend.props.health_check_config):
        yield Problem(of, "InvalidParameters", message)
    if backend.props.node_selector is not None:
        try:
            namespaces.check("nodeSelector", backend.props.node_selector)
        except Invalid as fault:
            yield Problem(of, "Invalid", fault.message)

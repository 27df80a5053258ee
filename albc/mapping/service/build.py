"""A Service and what is known of the world in; its stack out (spec/service.md A6).

    place ─▶ attributes ─▶ security groups ─▶ load balancer ─▶ for each listener: action, target groups, bindings

`build` and `wants` are pure and never raise: a fault of the user is a `Problem` on the Service, and then there is no
stack, so that whatever serves its traffic stays. Called by the Service controller and by `albc plan`.
"""

from contextlib import suppress

from albc.kube.objects import Service
from albc.mapping.invalid import Invalid, step
from albc.mapping.service import placement, security_groups
from albc.mapping.service.actions import forward
from albc.mapping.service.bindings import binding
from albc.mapping.service.hints import hints as hints_on
from albc.mapping.service.listeners import check_tls_ports, listener, protocols
from albc.mapping.service.load_balancer import Frontend, attribute_wishes, load_balancer
from albc.mapping.service.merging import listener_ports
from albc.mapping.service.parsed import ServiceAnnotations
from albc.mapping.service.placement import Placed, place
from albc.mapping.service.problems import fault_of, problem_on
from albc.mapping.service.security_groups import choose
from albc.mapping.service.selection import is_ours, pending_finalization, protected
from albc.mapping.service.target_groups import target_group
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.model.facts import Facts, FactsRequest
from albc.model.problem import Built
from albc.model.stack import Resource, Stack, StackID

__all__ = ["build", "is_ours", "stack_id", "wants"]

_PROTECTED = (
    "deletion_protection is enabled, cannot delete the load balancer; "
    "turn it off in the load balancer attributes of the service first"
)


def stack_id(service: Service) -> StackID:
    return StackID(service.namespace, service.name)


def wants(service: Service, snapshot: Snapshot, settings: MappingSettings) -> FactsRequest:
    """What `build` will look for in its facts. A rule whose annotations do not parse asks nothing: `build` will say so.

    The same shape for every family; nothing in the snapshot makes a Service ask for more.
    """
    request = FactsRequest()
    if is_ours(service, settings):
        annotations = ServiceAnnotations(service.metadata.annotations)
        for rule in (placement.wants, security_groups.wants):
            with suppress(Invalid):
                request |= rule(annotations, settings)
    return request


def build(service: Service, snapshot: Snapshot, facts: Facts, settings: MappingSettings) -> Built:
    """The stack of the Service: empty when the Service is not ours (any more), None when it cannot be built or forbids
    its own deletion.
    """
    if not is_ours(service, settings):
        if pending_finalization(service) and protected(service):
            return Built(None, (problem_on(service, "FailedBuildModel", _PROTECTED),))
        return Built(Stack.of(stack_id(service), ()))
    annotations = ServiceAnnotations(service.metadata.annotations)
    try:
        placed = place(annotations, facts, settings)
        with step("build_load_balancer_error"):
            frontend = _frontend(service, annotations, placed, facts, settings)
        with step("build_listeners_error"):
            listeners = _listeners(service, annotations, frontend, snapshot, facts, settings)
        hints = hints_on(service, annotations, frontend.groups, facts.existing, settings)
    except Invalid as fault:
        return Built(None, (fault_of(service, fault),))
    managed = [frontend.groups.managed] if frontend.groups.managed else []
    return Built(
        Stack.of(stack_id(service), [*managed, frontend.load_balancer, *listeners]),
        tuple(problem_on(service, hint.reason, hint.message, "warning") for hint in hints),
    )


def _frontend(
    service: Service, annotations: ServiceAnnotations, placed: Placed, facts: Facts, settings: MappingSettings
) -> Frontend:
    wishes = attribute_wishes(annotations, placed, settings)
    groups = choose(service, annotations, placed, facts, settings)
    return Frontend(
        placed=placed,
        groups=groups,
        load_balancer=load_balancer(service, annotations, placed, groups, wishes, settings),
    )


def _listeners(
    service: Service,
    annotations: ServiceAnnotations,
    frontend: Frontend,
    snapshot: Snapshot,
    facts: Facts,
    settings: MappingSettings,
) -> list[Resource]:
    """Listeners with the target groups and bindings behind them. A target group or listener may come twice: the first
    one holds.
    """
    ports = listener_ports(service, annotations, settings)
    check_tls_ports(service, annotations)
    resources: list[Resource] = []
    for entry in ports:
        spoken = protocols(entry, annotations)
        forwarded = forward(service, entry, spoken, annotations, snapshot.services)
        for backend in forwarded.backends:
            group = target_group(backend, service, annotations, frontend.placed, frontend.load_balancer.tags, settings)
            resources += [group, binding(group, backend, annotations, frontend, facts.vpc, settings)]
        resources.append(
            listener(entry.port.port, spoken.listener, forwarded.action, frontend.load_balancer, annotations, settings)
        )
    return resources

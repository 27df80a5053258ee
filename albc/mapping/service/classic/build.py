"""A Service of the class for Classic Load Balancers and what is known of the world in; its stack out.

    what cannot be ─▶ ports and sources ─▶ listeners ─▶ attributes ─▶ place ─▶ security groups ─▶ health check

The first fault in the order of spec/service.md B3 is the one that the user sees. `build` and `wants` are pure and never
raise. Called by the Service controller and by `albc plan`.
"""

from contextlib import suppress

from albc.kube.objects import Service
from albc.mapping.invalid import Invalid, step
from albc.mapping.service.classic import placement, security_groups
from albc.mapping.service.classic.attributes import attributes
from albc.mapping.service.classic.health_checks import health_check
from albc.mapping.service.classic.hints import hints
from albc.mapping.service.classic.instances import manages_node_rules, target_node_labels
from albc.mapping.service.classic.listeners import check_ports, listeners
from albc.mapping.service.classic.placement import place, wanted_scheme
from albc.mapping.service.classic.policies import proxy_protocol, ssl_negotiation_policy
from albc.mapping.service.classic.ranges import source_ranges
from albc.mapping.service.classic.security_groups import ClassicGroups, choose, managed_group
from albc.mapping.service.classic.selection import is_left_alone, is_ours, load_balancer_name
from albc.mapping.service.classic.support import check_supported
from albc.mapping.service.classic.tags import load_balancer_tags, resource_tags
from albc.mapping.service.parsed import ServiceAnnotations
from albc.mapping.service.problems import fault_of, problem_on
from albc.mapping.settings import MappingSettings
from albc.model.classic import ClassicLoadBalancer
from albc.model.facts import Facts, FactsRequest
from albc.model.problem import Built
from albc.model.stack import Stack, StackID

KIND = "classic"
"""What `ExistingLoadBalancer.kind` says of a Classic Load Balancer."""


def wants(service: Service, settings: MappingSettings) -> FactsRequest:
    """What `build` will look for in its facts. A rule whose annotations do not parse asks nothing."""
    request = FactsRequest()
    if is_ours(service, settings):
        annotations = ServiceAnnotations(service.metadata.annotations)
        for rule in (placement.wants, security_groups.wants):
            with suppress(Invalid):
                request |= rule(annotations)
    return request


def build(service: Service, facts: Facts, settings: MappingSettings) -> Built:
    """The stack of the Service: empty when it is not ours (any more), None when it cannot be built or is left alone."""
    stack_id = StackID(service.namespace, service.name)
    if is_left_alone(service, settings):
        return Built(None)
    if not is_ours(service, settings):
        return Built(Stack.of(stack_id, ()))
    annotations = ServiceAnnotations(service.metadata.annotations)
    try:
        with step("build_load_balancer_error"):
            balancer, groups = _load_balancer(service, annotations, facts, settings)
        warnings = hints(service, annotations, balancer, facts.existing)
    except Invalid as fault:
        return Built(None, (fault_of(service, fault),))
    managed = [groups.managed] if groups.managed else []
    return Built(
        Stack.of(stack_id, [*managed, balancer]),
        tuple(problem_on(service, hint.reason, hint.message, "warning") for hint in warnings),
    )


def _load_balancer(
    service: Service, annotations: ServiceAnnotations, facts: Facts, settings: MappingSettings
) -> tuple[ClassicLoadBalancer, ClassicGroups]:
    check_supported(annotations, settings)
    if service.spec.session_affinity not in ("", "None"):
        raise Invalid(f"unsupported load balancer affinity: {service.spec.session_affinity}; it must be None")
    with step("build_listeners_error"):
        check_ports(service)
    sources = source_ranges(service, annotations)
    with step("build_listeners_error"):
        found = listeners(service, annotations)
    if service.spec.load_balancer_ip:
        raise Invalid("LoadBalancerIP cannot be specified for AWS ELB; remove spec.loadBalancerIP")
    if service.spec.ip_families and "IPv4" not in service.spec.ip_families:
        raise Invalid("IPv6 only services are not supported for Classic Load Balancer; add IPv4 to spec.ipFamilies")
    proxied = proxy_protocol(annotations)
    kept = attributes(annotations)
    with step("build_load_balancer_scheme_error"):
        scheme = wanted_scheme(annotations)
    with step("build_load_balancer_subnets_error"):
        subnets = place(annotations, facts.existing.scheme if facts.existing else scheme, facts, settings)
    name = load_balancer_name(service)
    tags = resource_tags(annotations, settings)
    groups = choose(service, annotations, managed_group(service, name, tags, sources), facts, settings)
    balancer = ClassicLoadBalancer(
        name=name,
        scheme=scheme,
        subnets=subnets,
        security_groups=groups.load_balancer,
        listeners=found,
        proxy_protocol=proxied,
        ssl_negotiation_policy=ssl_negotiation_policy(annotations),
        health_check=health_check(service, annotations, found[0].instance_port, name, settings),
        attributes=kept,
        target_node_labels=target_node_labels(annotations),
        manage_node_security_groups=manages_node_rules(annotations),
        tags=load_balancer_tags(service, tags),
        zones={subnet.id: subnet.availability_zone for subnet in facts.subnets},
    )
    return balancer, groups

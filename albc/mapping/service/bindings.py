"""The TargetGroupBinding of a target group, and whom its targets let in (spec/service.md A12).

Called by `build`. With security groups on the load balancer targets let a group in; without, addresses.
"""

from albc.kube.objects import Service
from albc.mapping import cidrs
from albc.mapping.binding_network import (
    TRAFFIC_PORT,
    Reach,
    carries_udp,
    default_sources,
    from_cidrs,
    from_group,
    from_group_on_any_port,
    subnet_cidrs,
)
from albc.mapping.cidrs import IPFamily
from albc.mapping.service.backends import Backend, binding_port
from albc.mapping.service.load_balancer import Frontend
from albc.mapping.service.parsed import MANAGE_BACKEND_RULES, MULTI_CLUSTER, TARGET_NODE_LABELS, ServiceAnnotations
from albc.mapping.service.security_groups import source_ranges
from albc.mapping.service.target_groups import preserves_client_ip
from albc.mapping.settings import MappingSettings
from albc.model.facts import VPC
from albc.model.reference import Token
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import (
    NetworkingIngressRule,
    NodeSelector,
    ServiceReference,
    TargetGroupBinding,
)


def binding(
    group: TargetGroup,
    backend: Backend,
    annotations: ServiceAnnotations,
    frontend: Frontend,
    vpc: VPC,
    settings: MappingSettings,
) -> TargetGroupBinding:
    """`annotations` are those of the Service being mapped."""
    labels = annotations[TARGET_NODE_LABELS] if group.target_type == "instance" else None
    reach = Reach(
        protocol=group.protocol,
        port=binding_port(backend, group.target_type),
        health_check_port=_health_check_port(group),
    )
    networking: tuple[NetworkingIngressRule, ...] | None = None
    if not frontend.load_balancer.security_groups:
        networking = _from_addresses(reach, group, backend.service, annotations, frontend, vpc)
    elif frontend.groups.peer is not None:
        networking = (_from_peer(reach, frontend.groups.peer, settings),)
    return TargetGroupBinding(
        id=group.id,
        name=group.name,
        namespace=backend.service.namespace,
        target_group_arn=group.arn,
        target_type=group.target_type,
        service_ref=ServiceReference(name=backend.service.name, port=backend.port.port),
        networking=networking,
        node_selector=NodeSelector(match_labels=labels) if labels else None,
        ip_address_type=group.ip_address_type,
        vpc_id=vpc.id,
        multi_cluster_target_group=bool(annotations[MULTI_CLUSTER]),
        target_group_protocol=group.protocol,
    )


def _health_check_port(group: TargetGroup) -> int | str:
    check = group.health_check
    return TRAFFIC_PORT if check is None or check.port is None else check.port


def _from_peer(reach: Reach, peer: Token, settings: MappingSettings) -> NetworkingIngressRule:
    """With security groups: one rule that lets the peer in where traffic and health checks arrive."""
    if settings.disable_restricted_sg_rules:
        return from_group_on_any_port(peer, reach.protocol)
    # UDP stands first, as in the reference: a take-over changes no binding. An NLB has no SCTP listeners, so there is
    # no traffic to let in.
    ports = () if reach.protocol == "SCTP" else reach.traffic_ports[::-1]
    if reach.health_check in ports or (not ports and reach.health_check_is_on_the_traffic_port):
        return from_group(peer, *ports)
    return from_group(peer, *ports, reach.health_check)


def _from_addresses(
    reach: Reach,
    group: TargetGroup,
    service: Service,
    annotations: ServiceAnnotations,
    frontend: Frontend,
    vpc: VPC,
) -> tuple[NetworkingIngressRule, ...] | None:
    """Without security groups: traffic from where clients (or the load balancer) are, health checks from the load
    balancer's subnets, unless the first rule lets them in already.
    """
    if annotations[MANAGE_BACKEND_RULES] is False:
        return None
    family: IPFamily = "ipv6" if group.ip_address_type == "ipv6" else "ipv4"
    from_subnets = subnet_cidrs(frontend.placed.subnets, family)
    sources, covers_subnets = from_subnets, True
    if carries_udp(group.protocol) or preserves_client_ip(group):
        given = source_ranges(service, annotations)
        sources = given or default_sources(frontend.placed.scheme, family, vpc)
        covers_subnets = not given or not cidrs.ANYWHERE.isdisjoint(given)
    traffic = from_cidrs(sources, *reach.traffic_ports)
    if covers_subnets and reach.health_check in reach.traffic_ports:
        return (traffic,)
    return (traffic, from_cidrs(from_subnets, reach.health_check)) if from_subnets else (traffic,)

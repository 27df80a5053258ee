"""Which packets a target group's Pods or Nodes must let in (spec/gateway.md §15).

Pieces are shared with Services (`albc.mapping.binding_network`); which applies when is said here.
"""

from albc.mapping import cidrs
from albc.mapping.binding_network import (
    Reach,
    carries_udp,
    default_sources,
    from_cidrs,
    from_group,
    from_group_on_any_port,
    subnet_cidrs,
)
from albc.mapping.cidrs import IPFamily
from albc.mapping.gateway.load_balancer import Frame
from albc.mapping.go import parse_bool
from albc.mapping.settings import MappingSettings
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import NetworkingIngressRule, NetworkingPort


def rules(
    target_group: TargetGroup, reach: Reach, frame: Frame, settings: MappingSettings
) -> tuple[NetworkingIngressRule, ...] | None:
    """None leaves the targets' security groups to the user."""
    if not frame.groups.groups:
        return _by_address(target_group, reach, frame)
    source = frame.groups.backend_source
    if source is None:
        return None
    if settings.disable_restricted_sg_rules:
        return (from_group_on_any_port(source, target_group.protocol),)
    return tuple(from_group(source, port) for port in _ports(reach))


def _ports(reach: Reach) -> tuple[NetworkingPort, ...]:
    """UDP before TCP; what takes UDP is asked for its health over TCP.

    Unlike in the reference, the TCP port of a TCP_UDP group is open also when its health check has another one.
    """
    udp = carries_udp(reach.protocol)
    traffic = sorted(reach.traffic_ports, key=lambda port: port.protocol != "UDP")
    separate = isinstance(reach.health_check_port, int) and reach.health_check_port != reach.port
    checked = (reach.health_check,) if udp or separate else ()
    return tuple(dict.fromkeys((*traffic, *checked)))


def _by_address(target_group: TargetGroup, reach: Reach, frame: Frame) -> tuple[NetworkingIngressRule, ...]:
    """Behind an NLB without groups: by the clients' addresses where they are preserved, else by the NLB's own."""
    family: IPFamily = "ipv6" if target_group.ip_address_type == "ipv6" else "ipv4"
    own = subnet_cidrs(frame.subnets, family)
    preserved = _preserves_client_addresses(target_group)
    sources = own
    if preserved:
        sources = frame.source_ranges or default_sources(frame.placement.scheme, family, frame.vpc)
    traffic = from_cidrs(sources, *reach.traffic_ports)
    covered = (
        not carries_udp(reach.protocol)
        and reach.health_check_is_on_the_traffic_port
        and (not preserved or not frame.source_ranges or bool(cidrs.ANYWHERE & set(sources)))
    )
    return (traffic,) if covered else (traffic, from_cidrs(own, reach.health_check))


def _preserves_client_addresses(target_group: TargetGroup) -> bool:
    if carries_udp(target_group.protocol):
        return True
    given = {attribute.key: attribute.value for attribute in target_group.attributes}
    value = given.get("preserve_client_ip.enabled")
    return target_group.target_type == "instance" if value is None else bool(parse_bool(value))

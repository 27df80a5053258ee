"""Security groups of a Gateway's load balancer, and who may come in (spec/gateway.md §14.2).

Called by `load_balancer`. Which group the targets let in is `backend_source`, which `networking` uses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from albc.crds.gateway import LoadBalancerConfigurationSpec
from albc.kube.objects import Gateway
from albc.mapping import cidrs, security_groups, tags
from albc.mapping.gateway import names
from albc.mapping.gateway.classes import Layer
from albc.mapping.gateway.listeners import GatewayListener
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.model.facts import Facts, FactsRequest
from albc.model.reference import Token
from albc.model.security_group import IPPermission, SecurityGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroups:
    groups: tuple[Token, ...] = ()
    """Of the load balancer; empty for an NLB without groups."""
    managed: SecurityGroup | None = None
    """The one that albc makes, where the user names none."""
    backend_source: Token | None = None
    """Whose packets the targets must let in; None leaves the targets' groups to the user."""


def wants(spec: LoadBalancerConfigurationSpec, layer: Layer, settings: MappingSettings) -> FactsRequest:
    if _without_groups(spec, layer):
        return FactsRequest()
    named = frozenset(spec.security_groups or ())
    shared = bool(spec.manage_backend_security_group_rules) if named else settings.enable_backend_security_group
    return FactsRequest(security_groups=named, backend_security_group=shared and not settings.backend_security_group)


def choose(
    gateway: Gateway,
    layer: Layer,
    spec: LoadBalancerConfigurationSpec,
    inbound: Sequence[IPPermission],
    facts: Facts,
    settings: MappingSettings,
) -> SecurityGroups:
    """`inbound` are the permissions of a managed group."""
    if _without_groups(spec, layer):
        return SecurityGroups()
    shared = settings.backend_security_group or facts.backend_security_group
    if spec.security_groups:
        named = security_groups.resolve(spec.security_groups, facts)
        if not spec.manage_backend_security_group_rules:
            return SecurityGroups(groups=named)
        if not settings.enable_backend_security_group:
            raise Invalid(
                "manageBackendSecurityGroupRules needs the shared backend security group, which "
                "--enable-backend-security-group=false turns off"
            )
        return SecurityGroups(groups=(*named, shared), backend_source=shared)
    managed = SecurityGroup(
        group_name=names.security_group(gateway, settings.cluster_name),
        description=security_groups.MANAGED_DESCRIPTION,
        tags=tags.merge(spec.tags or {}, settings),
        ingress=tuple(inbound),
    )
    if not settings.enable_backend_security_group:
        return SecurityGroups(groups=(managed.group_id,), managed=managed, backend_source=managed.group_id)
    return SecurityGroups(groups=(managed.group_id, shared), managed=managed, backend_source=shared)


def inbound_permissions(
    spec: LoadBalancerConfigurationSpec, listeners: Sequence[GatewayListener], dualstack: bool
) -> tuple[IPPermission, ...]:
    """For each valid listener its port, from each source range and prefix list."""
    sources = [cidr for cidr in valid_source_ranges(spec) if dualstack or not cidrs.is_ipv6(cidr)]
    return tuple(
        permission
        for listener in listeners
        if listener.valid
        for permission in security_groups.inbound(
            "udp" if listener.effective_protocol == "UDP" else "tcp",
            listener.port,
            sources,
            spec.security_group_prefixes or (),
            path_mtu_discovery=bool(spec.enable_icmp),
        )
    )


def valid_source_ranges(spec: LoadBalancerConfigurationSpec) -> tuple[str, ...]:
    """`sourceRanges` without those that are no CIDR; left out it is everywhere, an empty list is nowhere."""
    if spec.source_ranges is None:
        return (cidrs.ANYWHERE_IPV4, cidrs.ANYWHERE_IPV6)
    return tuple(cidr for cidr in spec.source_ranges if _is_cidr(cidr))


def source_range_faults(spec: LoadBalancerConfigurationSpec) -> tuple[str, ...]:
    """One message for each source range that AWS would refuse; the others are in effect."""
    return tuple(
        f'sourceRanges: "{cidr}" is no CIDR block such as 192.0.2.0/24; it admits nobody'
        for cidr in spec.source_ranges or ()
        if not _is_cidr(cidr)
    )


def _is_cidr(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _without_groups(spec: LoadBalancerConfigurationSpec, layer: Layer) -> bool:
    return not layer.is_alb and bool(spec.disable_security_group)

"""Security groups of a Service's load balancer, and the one that its targets let in (spec/service.md A9).

Called by `build`. Either albc manages a group with the user's source ranges, or the user names groups, or the load
balancer has none and the addresses of `bindings` guard the targets.
"""

from dataclasses import dataclass

from albc.kube.objects import Service
from albc.mapping import cidrs, security_groups
from albc.mapping.invalid import Invalid
from albc.mapping.service.names import managed_security_group_name
from albc.mapping.service.parsed import (
    DISABLE_SECURITY_GROUPS,
    MANAGE_BACKEND_RULES,
    PATH_MTU_DISCOVERY,
    PREFIX_LISTS,
    SECURITY_GROUPS,
    SOURCE_RANGES,
    ServiceAnnotations,
    full_name,
)
from albc.mapping.service.placement import Placed
from albc.mapping.service.tags import resource_tags
from albc.mapping.settings import MappingSettings
from albc.model.facts import Facts, FactsRequest
from albc.model.reference import Token
from albc.model.security_group import IPPermission, SecurityGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    load_balancer: tuple[Token, ...] = ()
    """None at all: the load balancer has no security groups."""
    peer: Token | None = None
    """The group that targets let in; None if nobody's rules on targets are ours to keep."""
    managed: SecurityGroup | None = None


def wants(annotations: ServiceAnnotations, settings: MappingSettings) -> FactsRequest:
    """Asked as if the load balancer did not exist: one without groups needs fewer facts, never others."""
    if _switched_off(annotations, settings):
        return FactsRequest()
    named = annotations[SECURITY_GROUPS] or ()
    backend = not named or _manages_rules_beside(annotations, settings)
    return FactsRequest(
        security_groups=frozenset(named),
        backend_security_group=(
            backend and settings.enable_backend_security_group and not settings.backend_security_group
        ),
    )


def choose(
    service: Service,
    annotations: ServiceAnnotations,
    placed: Placed,
    facts: Facts,
    settings: MappingSettings,
) -> Groups:
    """The groups, in the order in which the load balancer gets them: frontend first, then the shared backend group."""
    off = _switched_off(annotations, settings)
    has = facts.existing.security_groups if facts.existing is not None else None
    if has is not None and not has:
        return Groups()
    if has and off:
        raise Invalid(
            "conflicting security groups configuration: the load balancer exists with security groups, which cannot "
            f"be taken away; remove {full_name(DISABLE_SECURITY_GROUPS)}, or create the Service anew"
        )
    if off:
        return Groups()

    backend = settings.backend_security_group or facts.backend_security_group
    if not (named := annotations[SECURITY_GROUPS]):
        managed = SecurityGroup(
            group_name=managed_security_group_name(service, settings),
            description=security_groups.MANAGED_DESCRIPTION,
            tags=resource_tags(annotations, settings),
            ingress=_permissions(service, annotations, placed),
        )
        if settings.enable_backend_security_group:
            return Groups(load_balancer=(managed.group_id, backend), peer=backend, managed=managed)
        return Groups(load_balancer=(managed.group_id,), peer=managed.group_id, managed=managed)

    manages_rules = _manages_rules_beside(annotations, settings)
    try:
        frontend = security_groups.resolve(named, facts)
    except Invalid as fault:
        raise fault.within(f"{full_name(SECURITY_GROUPS)}: ") from None
    if not manages_rules:
        return Groups(load_balancer=frontend)
    if not settings.enable_backend_security_group:
        raise annotations.invalid(
            MANAGE_BACKEND_RULES,
            f"needs --enable-backend-security-group beside {full_name(SECURITY_GROUPS)}",
            value="true",
        )
    return Groups(load_balancer=(*frontend, backend), peer=backend)


def source_ranges(service: Service, annotations: ServiceAnnotations) -> tuple[str, ...]:
    """Where clients of this Service may come from, as far as anybody says: the spec, else the annotation."""
    return service.spec.load_balancer_source_ranges or annotations[SOURCE_RANGES] or ()


def _switched_off(annotations: ServiceAnnotations, settings: MappingSettings) -> bool:
    disabled = annotations[DISABLE_SECURITY_GROUPS]
    return bool(disabled) or not settings.nlb_security_group


def _manages_rules_beside(annotations: ServiceAnnotations, settings: MappingSettings) -> bool:
    """Whether rules on targets are kept although the user names the load balancer's groups."""
    manage = annotations[MANAGE_BACKEND_RULES]
    return settings.enable_manage_backend_security_group_rules if manage is None else manage


def _permissions(service: Service, annotations: ServiceAnnotations, placed: Placed) -> tuple[IPPermission, ...]:
    """Spec/service.md A9.3: every port of the Service, for both halves of a TCP_UDP pair."""
    prefix_lists = annotations[PREFIX_LISTS]
    sources = source_ranges(service, annotations)
    for cidr in sources:
        if cidrs.is_ipv6(cidr) and not placed.dualstack:
            raise Invalid(
                f"unsupported v6 cidr {cidr} when lb is not dualstack; take it out of the source ranges, "
                "or make the IP address type dualstack"
            )
    if not sources and prefix_lists is None:
        sources = (cidrs.ANYWHERE_IPV4, cidrs.ANYWHERE_IPV6) if placed.dualstack else (cidrs.ANYWHERE_IPV4,)
    path_mtu_discovery = annotations[PATH_MTU_DISCOVERY] == "on"
    return tuple(
        permission
        for port in service.spec.ports
        for permission in security_groups.inbound(
            port.protocol.lower(), port.port, sources, prefix_lists or (), path_mtu_discovery=path_mtu_discovery
        )
    )

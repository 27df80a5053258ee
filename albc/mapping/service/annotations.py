"""The register: every annotation of a Service, the rule that reads it, and the section of spec/ behind the rule.

Walked by documents, by `hints` for names that nobody reads, and by tests. Names and formats stand in `parsed`.
"""

from collections.abc import Callable
from typing import Any

from albc.mapping.annotations import Annotation, Register
from albc.mapping.service import (
    actions,
    backends,
    bindings,
    health_checks,
    listeners,
    load_balancer,
    merging,
    names,
    parsed,
    placement,
    security_groups,
    subnet_mappings,
    tags,
    target_groups,
)
from albc.mapping.service.parsed import Field, KeyedField


def _row(field: Field[Any] | KeyedField[Any], rule: Callable[..., Any], section: str) -> Annotation:
    name = f"{field.name}.{field.key}" if isinstance(field, KeyedField) else field.name
    return Annotation(name=name, type=field.type, family="service", rule=rule, section=f"service.md {section}")


REGISTER = Register(
    (
        _row(parsed.TYPE, backends.choose_target_type, "A1"),
        _row(parsed.NAME, names.load_balancer_name, "A8.9"),
        _row(parsed.SCHEME, placement.load_balancer_scheme, "A7.1"),
        _row(parsed.INTERNAL, placement.load_balancer_scheme, "A7.1"),
        _row(parsed.IP_ADDRESS_TYPE, placement.load_balancer_ip_address_type, "A7.2"),
        _row(parsed.SUBNETS, placement.place, "A7.3"),
        _row(parsed.EIP_ALLOCATIONS, subnet_mappings.subnet_mappings, "A8.3"),
        _row(parsed.PRIVATE_IPV4_ADDRESSES, subnet_mappings.subnet_mappings, "A8.3"),
        _row(parsed.IPV6_ADDRESSES, subnet_mappings.subnet_mappings, "A8.3"),
        _row(parsed.SOURCE_NAT_SWITCH, subnet_mappings.source_nat_switch, "A8.2"),
        _row(parsed.SOURCE_NAT_PREFIXES, subnet_mappings.subnet_mappings, "A8.3"),
        _row(parsed.LOAD_BALANCER_ATTRIBUTES, load_balancer.load_balancer_attributes, "A8.5"),
        _row(parsed.ACCESS_LOG_ENABLED, load_balancer.load_balancer_attributes, "A8.5"),
        _row(parsed.ACCESS_LOG_S3_BUCKET_NAME, load_balancer.load_balancer_attributes, "A8.5"),
        _row(parsed.ACCESS_LOG_S3_BUCKET_PREFIX, load_balancer.load_balancer_attributes, "A8.5"),
        _row(parsed.CROSS_ZONE_ENABLED, load_balancer.load_balancer_attributes, "A8.5"),
        _row(parsed.MINIMUM_CAPACITY, load_balancer.capacity, "A8.6"),
        _row(parsed.PRIVATE_LINK_RULES, load_balancer.private_link_rules, "A8.7"),
        _row(parsed.TAGS, tags.resource_tags, "A8.8"),
        _row(parsed.SECURITY_GROUPS, security_groups.choose, "A9"),
        _row(parsed.DISABLE_SECURITY_GROUPS, security_groups.choose, "A9"),
        _row(parsed.MANAGE_BACKEND_RULES, security_groups.choose, "A9"),
        _row(parsed.SOURCE_RANGES, security_groups.source_ranges, "A9.3"),
        _row(parsed.PREFIX_LISTS, security_groups.choose, "A9.3"),
        _row(parsed.PATH_MTU_DISCOVERY, security_groups.choose, "A9.3"),
        _row(parsed.MERGE_TCP_AND_UDP, merging.merges, "A10.1"),
        _row(parsed.CERTIFICATES, listeners.listener, "A10.3"),
        _row(parsed.TLS_PORTS, listeners.wants_tls, "A10.2"),
        _row(parsed.SSL_POLICY, listeners.listener, "A10.3"),
        _row(parsed.ALPN_POLICY, listeners.listener, "A10.3"),
        _row(parsed.BACKEND_PROTOCOL, listeners.protocols, "A10.2"),
        _row(parsed.QUIC_PORTS, listeners.protocols, "A10.2"),
        _row(parsed.LISTENER_ATTRIBUTES, listeners.listener, "A10.6"),
        _row(parsed.ACTIONS, actions.forward, "A10.5"),
        _row(parsed.TARGET_TYPE, backends.choose_target_type, "A11.2"),
        _row(parsed.TARGET_GROUP_ATTRIBUTES, target_groups.target_group_attributes, "A11.3"),
        _row(parsed.PORT_TARGET_GROUP_ATTRIBUTES, target_groups.target_group_attributes, "A11.3"),
        _row(parsed.PROXY_PROTOCOL, target_groups.target_group_attributes, "A11.3"),
        _row(parsed.PROXY_PROTOCOL_PORTS, target_groups.target_group_attributes, "A11.3"),
        _row(parsed.HEALTH_CHECK_PROTOCOL, health_checks.health_check, "A11.4"),
        _row(parsed.HEALTH_CHECK_PORT, health_checks.health_check, "A11.4"),
        _row(parsed.HEALTH_CHECK_PATH, health_checks.health_check, "A11.4"),
        _row(parsed.HEALTH_CHECK_SUCCESS_CODES, health_checks.health_check, "A11.4"),
        _row(parsed.HEALTH_CHECK_INTERVAL, health_checks.health_check, "A11.4"),
        _row(parsed.HEALTH_CHECK_TIMEOUT, health_checks.health_check, "A11.4"),
        _row(parsed.HEALTHY_THRESHOLD, health_checks.health_check, "A11.4"),
        _row(parsed.UNHEALTHY_THRESHOLD, health_checks.health_check, "A11.4"),
        _row(parsed.TARGET_NODE_LABELS, bindings.binding, "A12"),
        _row(parsed.MULTI_CLUSTER, bindings.binding, "A12"),
    )
)

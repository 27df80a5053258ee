"""The Network Load Balancer of a Service, without its listeners (spec/service.md A8). Called by `build`."""

from dataclasses import dataclass

from albc.kube.objects import Service
from albc.mapping.capacity import minimum_capacity
from albc.mapping.invalid import Invalid
from albc.mapping.service.names import load_balancer_name
from albc.mapping.service.parsed import (
    ACCESS_LOG_ENABLED,
    ACCESS_LOG_S3_BUCKET_NAME,
    ACCESS_LOG_S3_BUCKET_PREFIX,
    CROSS_ZONE_ENABLED,
    LOAD_BALANCER_ATTRIBUTES,
    MINIMUM_CAPACITY,
    PRIVATE_LINK_RULES,
    ServiceAnnotations,
    full_name,
)
from albc.mapping.service.placement import Placed
from albc.mapping.service.security_groups import Groups
from albc.mapping.service.subnet_mappings import source_nat_switch, subnet_mappings
from albc.mapping.service.tags import resource_tags
from albc.mapping.settings import MappingSettings
from albc.model.load_balancer import Attribute, LoadBalancer, MinimumLoadBalancerCapacity

_ROUTING_POLICY = "dns_record.client_routing_policy"
_ROUTING_POLICIES = ("any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontend:
    """What is decided once, before any listener: the load balancer, its place and its groups."""

    placed: Placed
    groups: Groups
    load_balancer: LoadBalancer


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeWishes:
    """What is looked at before the security groups are."""

    source_nat: str
    attributes: tuple[Attribute, ...]
    capacity: MinimumLoadBalancerCapacity | None


def attribute_wishes(annotations: ServiceAnnotations, placed: Placed, settings: MappingSettings) -> AttributeWishes:
    """Of several faults the first one in this order is told, here and in `load_balancer` (spec/service.md A6)."""
    return AttributeWishes(
        source_nat=source_nat_switch(annotations, placed),
        attributes=load_balancer_attributes(annotations),
        capacity=capacity(annotations, settings),
    )


def load_balancer(
    service: Service,
    annotations: ServiceAnnotations,
    placed: Placed,
    groups: Groups,
    wishes: AttributeWishes,
    settings: MappingSettings,
) -> LoadBalancer:
    tags = resource_tags(annotations, settings)
    mappings = subnet_mappings(annotations, placed)
    return LoadBalancer(
        name=load_balancer_name(service, annotations, placed.scheme, settings),
        kind="network",
        scheme=placed.scheme,
        ip_address_type=placed.ip_address_type,
        enable_prefix_for_ipv6_source_nat=wishes.source_nat,
        subnet_mapping=mappings,
        security_groups=groups.load_balancer,
        security_groups_inbound_rules_on_private_link=private_link_rules(annotations),
        load_balancer_attributes=wishes.attributes,
        minimum_load_balancer_capacity=wishes.capacity,
        tags=tags,
    )


def load_balancer_attributes(annotations: ServiceAnnotations) -> tuple[Attribute, ...]:
    """By key, and only those that somebody asked for. The older annotations of single attributes win over the map."""
    attributes = dict(annotations[LOAD_BALANCER_ATTRIBUTES] or {})
    policy = attributes.get(_ROUTING_POLICY)
    if policy is not None and policy not in _ROUTING_POLICIES:
        raise annotations.invalid(
            LOAD_BALANCER_ATTRIBUTES,
            f"of {_ROUTING_POLICY} must be one of {', '.join(_ROUTING_POLICIES)}",
            value=policy,
        )
    if annotations[ACCESS_LOG_ENABLED]:
        attributes["access_logs.s3.enabled"] = "true"
        if (bucket := annotations[ACCESS_LOG_S3_BUCKET_NAME]) is not None:
            attributes["access_logs.s3.bucket"] = bucket
        if (prefix := annotations[ACCESS_LOG_S3_BUCKET_PREFIX]) is not None:
            attributes["access_logs.s3.prefix"] = prefix
    if (cross_zone := annotations[CROSS_ZONE_ENABLED]) is not None:
        attributes["load_balancing.cross_zone.enabled"] = "true" if cross_zone else "false"
    return tuple(Attribute(key=key, value=attributes[key]) for key in sorted(attributes))


def capacity(annotations: ServiceAnnotations, settings: MappingSettings) -> MinimumLoadBalancerCapacity | None:
    """None leaves a reservation alone, 0 gives it back."""
    if not settings.lb_capacity_reservation or (values := annotations[MINIMUM_CAPACITY]) is None:
        return None
    try:
        return minimum_capacity(values)
    except Invalid as fault:
        raise fault.within(f"{full_name(MINIMUM_CAPACITY)}: ") from None


def private_link_rules(annotations: ServiceAnnotations) -> str | None:
    """Whether the security groups' inbound rules hold for PrivateLink traffic; None leaves AWS's setting alone."""
    value = annotations[PRIVATE_LINK_RULES]
    if value not in (None, "on", "off"):
        raise annotations.invalid(PRIVATE_LINK_RULES, "must be on or off")
    return value

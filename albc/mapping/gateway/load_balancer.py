"""A Gateway's load balancer, with what its targets need to know of it (spec/gateway.md §14).

A fault here stops the whole Gateway: nothing can be built without its subnets and groups. Called by `build`.
"""

from dataclasses import dataclass

from albc.crds.gateway import LoadBalancerConfigurationSpec
from albc.mapping import tags
from albc.mapping.gateway import addons, names, security_groups, subnets
from albc.mapping.gateway.addons import Addons
from albc.mapping.gateway.resolution import Resolution
from albc.mapping.gateway.security_groups import SecurityGroups
from albc.mapping.settings import MappingSettings
from albc.mapping.subnets import Placement
from albc.model.facts import VPC, Facts, FactsRequest, Subnet
from albc.model.load_balancer import Attribute, LoadBalancer


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    load_balancer: LoadBalancer
    placement: Placement
    subnets: tuple[Subnet, ...]
    groups: SecurityGroups
    source_ranges: tuple[str, ...]
    """Given by the user; empty: nobody said."""
    vpc: VPC


def wants(resolution: Resolution, settings: MappingSettings) -> FactsRequest:
    spec = resolution.configuration.load_balancer
    return subnets.wants(spec, settings) | security_groups.wants(spec, resolution.layer, settings)


def placement_of(resolution: Resolution, settings: MappingSettings) -> Placement:
    spec = resolution.configuration.load_balancer
    return Placement(
        load_balancer_type=resolution.layer.load_balancer_type,
        scheme=spec.scheme or settings.default_load_balancer_scheme,
        ip_address_type=spec.ip_address_type or "ipv4",
    )


def build(resolution: Resolution, wanted_addons: Addons, facts: Facts, settings: MappingSettings) -> Frame:
    gateway, spec = resolution.gateway, resolution.configuration.load_balancer
    tags.check(spec.tags or {}, settings, "a LoadBalancerConfiguration")
    tags.check_id(f"{gateway.namespace}/{gateway.name}", "shorten the name of the Gateway")
    placement = placement_of(resolution, settings)
    chosen = subnets.choose(spec, placement, facts, settings)
    mappings = subnets.mappings(spec, chosen, placement)
    inbound = security_groups.inbound_permissions(spec, resolution.listeners, placement.needs_ipv6)
    groups = security_groups.choose(gateway, resolution.layer, spec, inbound, facts, settings)
    alb = resolution.layer.is_alb
    load_balancer = LoadBalancer(
        name=spec.load_balancer_name or names.load_balancer(gateway, settings.cluster_name, placement.scheme),
        kind=placement.load_balancer_type,
        scheme=placement.scheme,
        ip_address_type=placement.ip_address_type,
        enable_prefix_for_ipv6_source_nat="" if alb else _source_nat(spec),
        subnet_mapping=mappings,
        security_groups=groups.groups,
        security_groups_inbound_rules_on_private_link=(
            None if alb else spec.enforce_security_group_inbound_rules_on_private_link_traffic
        ),
        customer_owned_ipv4_pool=spec.customer_owned_ipv4_pool if alb else None,
        load_balancer_attributes=tuple(
            Attribute(key=a.key, value=a.value) for a in spec.load_balancer_attributes or ()
        ),
        minimum_load_balancer_capacity=addons.capacity(wanted_addons),
        tags=tags.merge(spec.tags or {}, settings),
        ipv4_ipam_pool=spec.ipv4_ipam_pool_id if alb else None,
    )
    return Frame(
        load_balancer=load_balancer,
        placement=placement,
        subnets=chosen,
        groups=groups,
        source_ranges=security_groups.valid_source_ranges(spec) if spec.source_ranges else (),
        vpc=facts.vpc,
    )


def _source_nat(spec: LoadBalancerConfigurationSpec) -> str:
    return "on" if subnets.uses_source_nat_prefixes(spec) else "off"

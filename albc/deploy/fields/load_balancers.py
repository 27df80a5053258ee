"""Fields of a load balancer (spec/aws.md §5.2). Attributes, tags and reserved capacity have calls of their own."""

from collections.abc import Mapping, Sequence
from typing import Any

from albc.deploy.fields.field import Change, Field, told
from albc.deploy.values import given
from albc.model.inventory import ActualLoadBalancer
from albc.model.load_balancer import LoadBalancer, SubnetMapping

Shape = Mapping[str, Any]


def _mapping(mapping: SubnetMapping) -> Shape:
    return given(
        SubnetId=mapping.subnet_id,
        AllocationId=mapping.allocation_id,
        PrivateIPv4Address=mapping.private_ipv4_address,
        IPv6Address=mapping.ipv6_address,
        SourceNatIpv6Prefix=mapping.source_nat_ipv6_prefix,
    )


def _zones(balancer: ActualLoadBalancer) -> list[Shape]:
    """The zones in the form of the mappings that would make them, as far as they are compared."""
    shapes: list[Shape] = []
    for zone in balancer.aws.get("AvailabilityZones") or ():
        shape = {"SubnetId": zone["SubnetId"]}
        if prefixes := zone.get("SourceNatIpv6Prefixes"):
            shape["SourceNatIpv6Prefix"] = prefixes[0]
        if any(address.get("IPv6Address") for address in zone.get("LoadBalancerAddresses") or ()):
            shape["IPv6Address"] = "assigned"
        shapes.append(shape)
    return shapes


def _same_subnets(wanted: Sequence[Shape], actual: Sequence[Shape]) -> bool:
    """Addresses of a subnet that stays are not looked at: AWS cannot change them."""
    return {shape["SubnetId"] for shape in wanted} == {shape["SubnetId"] for shape in actual} and (
        _prefixes(wanted) <= _prefixes(actual)
    )


def _prefixes(shapes: Sequence[Shape]) -> set[str]:
    """`auto_assigned` is whatever AWS has assigned."""
    return {shape["SourceNatIpv6Prefix"] for shape in shapes if "SourceNatIpv6Prefix" in shape} - {"auto_assigned"}


def gains_ipv6_addresses(wanted: LoadBalancer, actual: ActualLoadBalancer) -> bool:
    """A Network Load Balancer becomes dual-stack and is given its IPv6 addresses: its subnets are set again."""
    return (
        wanted.kind == "network"
        and wanted.ip_address_type == "dualstack" != actual.aws.get("IpAddressType")
        and not any("IPv6Address" in shape for shape in _zones(actual))
        and any(mapping.ipv6_address for mapping in wanted.subnet_mapping)
    )


def _same_set(wanted: Sequence[Any], actual: Sequence[Any] | None) -> bool:
    return set(wanted) == set(actual or ())


LOAD_BALANCER: tuple[Field[LoadBalancer, ActualLoadBalancer], ...] = (
    Field(name="Name", wanted=lambda balancer, _: balancer.name, actual=told("LoadBalancerName"), change=Change.IGNORE),
    Field(name="Type", wanted=lambda balancer, _: balancer.kind, actual=told("Type"), change=Change.REPLACE),
    Field(
        name="Scheme",
        wanted=lambda balancer, _: balancer.scheme or None,
        actual=told("Scheme"),
        change=Change.REPLACE,
    ),
    Field(
        name="SecurityGroups",
        wanted=lambda balancer, _: list(balancer.security_groups) or None,
        actual=told("SecurityGroups"),
        same=_same_set,
        modified_by="set_security_groups",
    ),
    Field(
        name="EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
        wanted=lambda balancer, _: (
            balancer.security_groups_inbound_rules_on_private_link if balancer.kind == "network" else None
        ),
        # AWS enforces them unless told otherwise, and may then leave the field out.
        actual=lambda balancer: balancer.aws.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic") or "on",
        created_with=False,
        modified_by="set_security_groups",
    ),
    Field(
        name="SubnetMappings",
        wanted=lambda balancer, _: [_mapping(mapping) for mapping in balancer.subnet_mapping] or None,
        actual=_zones,
        same=_same_subnets,
        modified_by="set_subnets",
    ),
    Field(
        name="EnablePrefixForIpv6SourceNat",
        wanted=lambda balancer, _: (
            balancer.enable_prefix_for_ipv6_source_nat or None if balancer.kind == "network" else None
        ),
        actual=told("EnablePrefixForIpv6SourceNat"),
        modified_by="set_subnets",
    ),
    Field(
        name="IpAddressType",
        wanted=lambda balancer, _: balancer.ip_address_type or None,
        actual=told("IpAddressType"),
        modified_by="set_ip_address_type",
    ),
    Field(
        name="IpamPools",
        wanted=lambda balancer, _: {"Ipv4IpamPoolId": balancer.ipv4_ipam_pool} if balancer.ipv4_ipam_pool else None,
        actual=lambda balancer: balancer.aws.get("IpamPools") or None,
        modified_by="modify_ip_pools",
        none_is_a_value=True,
    ),
    Field(
        name="CustomerOwnedIpv4Pool",
        wanted=lambda balancer, _: balancer.customer_owned_ipv4_pool,
        actual=told("CustomerOwnedIpv4Pool"),
        change=Change.TELL,
        none_is_a_value=True,
    ),
)

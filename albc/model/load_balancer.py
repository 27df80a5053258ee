"""An Application or Network Load Balancer, and the attributes that AWS keeps as key and value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from albc.model.reference import Ref, Token
from albc.model.wire import Omit, hidden, wire, wire_map

LoadBalancerType = Literal["application", "network"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Attribute:
    """A load balancer or target group attribute."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetMapping:
    allocation_id: str | None = wire("allocationID", omit=Omit.NONE)
    private_ipv4_address: str | None = wire("privateIPv4Address", omit=Omit.NONE)
    ipv6_address: str | None = wire("ipv6Address", omit=Omit.NONE)
    source_nat_ipv6_prefix: str | None = wire("sourceNatIpv6Prefix", omit=Omit.NONE)
    subnet_id: str = wire("subnetID", omit=Omit.NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumLoadBalancerCapacity:
    capacity_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    type: ClassVar[str] = "AWS::ElasticLoadBalancingV2::LoadBalancer"

    id: str = hidden("LoadBalancer")
    """`LoadBalancer`, or `FrontendNlb` for the Network Load Balancer in front of an Ingress's ALB."""
    name: str
    kind: LoadBalancerType = wire("type", omit=Omit.NEVER)
    scheme: str = wire(default="")
    ip_address_type: str = wire(default="")
    enable_prefix_for_ipv6_source_nat: str = wire("enablePrefixForIpv6SourceNat", default="")
    subnet_mapping: tuple[SubnetMapping, ...] = wire(default=())
    security_groups: tuple[Token, ...] = wire(default=())
    security_groups_inbound_rules_on_private_link: str | None = wire(omit=Omit.NONE)
    customer_owned_ipv4_pool: str | None = wire("customerOwnedIPv4Pool", omit=Omit.NONE)
    load_balancer_attributes: tuple[Attribute, ...] = wire(default=())
    minimum_load_balancer_capacity: MinimumLoadBalancerCapacity | None = wire(omit=Omit.NONE)
    tags: Mapping[str, str] = wire_map()
    ipv4_ipam_pool: str | None = wire("ipv4IPAMPool", omit=Omit.NONE)

    @property
    def arn(self) -> Ref:
        return Ref(self.type, self.id, "loadBalancerARN")

    @property
    def dns_name(self) -> Ref:
        return Ref(self.type, self.id, "dnsName")

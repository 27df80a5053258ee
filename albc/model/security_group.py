"""The security group that albc manages for a load balancer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from albc.model.reference import Ref
from albc.model.wire import Omit, hidden, wire, wire_map


@dataclass(frozen=True, slots=True, kw_only=True)
class IPRange:
    cidr_ip: str = wire("cidrIP", omit=Omit.NEVER)
    description: str = wire(default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class IPv6Range:
    cidr_ipv6: str = wire("cidrIPv6", omit=Omit.NEVER)
    description: str = wire(default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserIDGroupPair:
    group_id: str = wire("groupID", omit=Omit.NEVER)
    description: str = wire(default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixList:
    list_id: str = wire("listID", omit=Omit.NEVER)
    description: str = wire(default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class IPPermission:
    """One inbound rule. `from_port` and `to_port` of None mean "all"; 0 is a port."""

    ip_protocol: str
    from_port: int | None = wire(omit=Omit.NONE)
    to_port: int | None = wire(omit=Omit.NONE)
    ip_ranges: tuple[IPRange, ...] = wire(default=())
    ipv6_ranges: tuple[IPv6Range, ...] = wire("ipv6Ranges", default=())
    user_id_group_pairs: tuple[UserIDGroupPair, ...] = wire("userIDGroupPairs", default=())
    prefix_lists: tuple[PrefixList, ...] = wire(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    type: ClassVar[str] = "AWS::EC2::SecurityGroup"

    id: str = hidden("ManagedLBSecurityGroup")
    group_name: str
    description: str
    tags: Mapping[str, str] = wire_map()
    ingress: tuple[IPPermission, ...] = wire(default=())

    @property
    def group_id(self) -> Ref:
        return Ref(self.type, self.id, "groupID")

"""Fields of a managed security group, and its inbound rules in AWS's form (spec/aws.md §4)."""

from collections.abc import Mapping
from typing import Any

from albc.deploy.fields.field import Change, Field, told
from albc.errors import Invalid
from albc.model.inventory import ActualSecurityGroup
from albc.model.permissions import Permission, with_shapes
from albc.model.security_group import IPPermission, IPRange, IPv6Range, PrefixList, SecurityGroup, UserIDGroupPair

Shape = Mapping[str, Any]

SECURITY_GROUP: tuple[Field[SecurityGroup, ActualSecurityGroup], ...] = (
    Field(
        name="GroupName",
        wanted=lambda group, _: group.group_name,
        actual=told("GroupName"),
        change=Change.IGNORE,
    ),
    Field(
        name="Description",
        wanted=lambda group, _: group.description,
        actual=told("Description"),
        change=Change.IGNORE,
    ),
    Field(
        name="VpcId",
        wanted=lambda _, settings: settings.vpc_id,
        actual=told("VpcId"),
        change=Change.IGNORE,
    ),
)


def wanted_permission(permission: IPPermission) -> tuple[Permission, Shape]:
    """With AWS's form of it. The model gives each permission exactly one source."""
    sources: list[tuple[str, Shape]] = [
        *(("IpRanges", _source("CidrIp", one.cidr_ip, one)) for one in permission.ip_ranges),
        *(("Ipv6Ranges", _source("CidrIpv6", one.cidr_ipv6, one)) for one in permission.ipv6_ranges),
        *(("UserIdGroupPairs", _source("GroupId", one.group_id, one)) for one in permission.user_id_group_pairs),
        *(("PrefixListIds", _source("PrefixListId", one.list_id, one)) for one in permission.prefix_lists),
    ]
    if len(sources) != 1:
        raise Invalid(f"an inbound rule must have one source, but one for {permission.ip_protocol} has {len(sources)}")
    kind, source = sources[0]
    shape: dict[str, Any] = {"IpProtocol": permission.ip_protocol, kind: [source]}
    if permission.from_port is not None:
        shape["FromPort"] = permission.from_port
    if permission.to_port is not None:
        shape["ToPort"] = permission.to_port
    [wanted] = with_shapes([shape])
    return wanted


def _source(member: str, value: str, source: IPRange | IPv6Range | UserIDGroupPair | PrefixList) -> Shape:
    return {member: value, "Description": source.description}

"""Fields of a managed security group, and its inbound rules in AWS's form (spec/aws.md §4)."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from albc.deploy.fields.field import Change, Field
from albc.errors import Invalid
from albc.model.inventory import ActualSecurityGroup
from albc.model.security_group import IPPermission, IPRange, IPv6Range, PrefixList, SecurityGroup, UserIDGroupPair

Shape = Mapping[str, Any]

SECURITY_GROUP: tuple[Field[SecurityGroup, ActualSecurityGroup], ...] = (
    Field(
        name="GroupName",
        wanted=lambda group, _: group.group_name,
        actual=lambda group: group.aws.get("GroupName"),
        change=Change.IGNORE,
    ),
    Field(
        name="Description",
        wanted=lambda group, _: group.description,
        actual=lambda group: group.aws.get("Description"),
        change=Change.IGNORE,
    ),
    Field(
        name="VpcId",
        wanted=lambda _, settings: settings.vpc_id,
        actual=lambda group: group.aws.get("VpcId"),
        change=Change.IGNORE,
    ),
)

_SOURCES: Mapping[str, tuple[str, str]] = {
    "IpRanges": ("CidrIp", "IpRange"),
    "Ipv6Ranges": ("CidrIpv6", "Ipv6Range"),
    "PrefixListIds": ("PrefixListId", "PrefixListId"),
    "UserIdGroupPairs": ("GroupId", "UserIdGroupPair"),
}
"""Kinds of sources: the member that holds the source, and its name in the identity of a rule."""


class Inbound(NamedTuple):
    """One inbound rule with its one source."""

    identity: str
    """What makes it this rule; the description does not."""
    shape: Shape


def wanted_permission(permission: IPPermission) -> Inbound:
    """In AWS's form. The model gives each permission exactly one source."""
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
    return Inbound(_identity(shape, kind, source), shape)


def actual_permissions(group: Shape) -> Iterator[Inbound]:
    """AWS groups sources by protocol and ports; here each has a rule of its own."""
    for permission in group.get("IpPermissions") or ():
        head = {name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission}
        for kind in _SOURCES:
            for source in permission.get(kind) or ():
                yield Inbound(_identity(head, kind, source), {**head, kind: [source]})


def _source(member: str, value: str, source: IPRange | IPv6Range | UserIDGroupPair | PrefixList) -> Shape:
    return {member: value, "Description": source.description}


def _identity(permission: Shape, kind: str, source: Shape) -> str:
    member, name = _SOURCES[kind]
    from_port, to_port = permission.get("FromPort") or 0, permission.get("ToPort") or 0
    return f"IpProtocol: {permission['IpProtocol']}, FromPort: {from_port}, ToPort: {to_port}, {name}: {source[member]}"

"""Pure: one element of an AWS answer, in botocore's shape, to one value of `albc.model.facts`."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from albc.model.facts import (
    VPC,
    AvailabilityZone,
    CertificateFact,
    RouteTable,
    SecurityGroupFact,
    Subnet,
    TargetGroupFact,
)

Answer: TypeAlias = Mapping[str, Any]


def tag_map(tags: Iterable[Answer] | None) -> dict[str, str]:
    """`[{"Key": …, "Value": …}]` as a map; AWS leaves out the value of a tag that has none."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags or ()}


def vpc(answer: Answer) -> VPC:
    return VPC(
        id=answer["VpcId"],
        ipv4_cidrs=_associated(answer.get("CidrBlockAssociationSet"), "CidrBlock", "CidrBlockState"),
        ipv6_cidrs=_associated(answer.get("Ipv6CidrBlockAssociationSet"), "Ipv6CidrBlock", "Ipv6CidrBlockState"),
    )


def subnet(answer: Answer) -> Subnet:
    return Subnet(
        id=answer["SubnetId"],
        vpc_id=answer.get("VpcId", ""),
        availability_zone=answer.get("AvailabilityZone", ""),
        availability_zone_id=answer.get("AvailabilityZoneId", ""),
        cidr=answer.get("CidrBlock", ""),
        ipv6_cidrs=_associated(answer.get("Ipv6CidrBlockAssociationSet"), "Ipv6CidrBlock", "Ipv6CidrBlockState"),
        available_ip_address_count=answer.get("AvailableIpAddressCount", 0),
        outpost_arn=answer.get("OutpostArn", ""),
        tags=tag_map(answer.get("Tags")),
    )


def availability_zone(answer: Answer) -> AvailabilityZone:
    return AvailabilityZone(
        id=answer["ZoneId"], name=answer.get("ZoneName", ""), zone_type=answer.get("ZoneType", "availability-zone")
    )


def route_table(answer: Answer) -> RouteTable:
    associations = answer.get("Associations") or ()
    return RouteTable(
        main=any(association.get("Main") for association in associations),
        subnet_ids=tuple(association["SubnetId"] for association in associations if association.get("SubnetId")),
        has_internet_gateway=any(
            (route.get("GatewayId") or "").startswith("igw") for route in answer.get("Routes") or ()
        ),
    )


def security_group(answer: Answer) -> SecurityGroupFact:
    tags = tag_map(answer.get("Tags"))
    return SecurityGroupFact(
        id=answer["GroupId"],
        vpc_id=answer.get("VpcId", ""),
        name_tag=tags.get("Name", ""),
        group_name=answer.get("GroupName", ""),
        tags=tags,
    )


def certificate(answer: Answer, tags: Iterable[Answer] | None = None) -> CertificateFact:
    """Of `DescribeCertificate`'s `Certificate` and `ListTagsForCertificate`'s `Tags`."""
    return CertificateFact(
        arn=answer["CertificateArn"],
        domains=tuple(answer.get("SubjectAlternativeNames") or ()),
        certificate_authority_arn=answer.get("CertificateAuthorityArn", ""),
        tags=tag_map(tags),
    )


def target_group(answer: Answer) -> TargetGroupFact:
    return TargetGroupFact(
        arn=answer["TargetGroupArn"],
        name=answer.get("TargetGroupName", ""),
        target_type=answer.get("TargetType", ""),
        protocol=answer.get("Protocol", ""),
        protocol_version=answer.get("ProtocolVersion", ""),
        vpc_id=answer.get("VpcId", ""),
        ip_address_type=answer.get("IpAddressType", ""),
    )


def _associated(blocks: Iterable[Answer] | None, cidr: str, state: str) -> tuple[str, ...]:
    """A block without a state counts as not associated (spec/targets.md §13)."""
    return tuple(block[cidr] for block in blocks or () if (block.get(state) or {}).get("State") == "associated")

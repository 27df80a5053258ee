"""What an account has from the start: its network, and perhaps certificates and target groups. Values are AWS-shaped,
one for each item of the `Describe…` answers.

`recorded_layout` takes the answers of another account (the file that `albc plan --facts` reads); `loopback` has the
local stack's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]


def _prefix_list(list_id: str, name: str, max_entries: int, *cidrs: str) -> Item:
    return {
        "PrefixListId": list_id,
        "PrefixListName": f"com.amazonaws.{name}",
        "PrefixListArn": f"arn:aws:ec2:us-west-2:aws:prefix-list/{list_id}",
        "AddressFamily": "IPv4",
        "State": "create-complete",
        "MaxEntries": max_entries,
        "Version": 1,
        "OwnerId": "AWS",
        "Tags": [],
        "Entries": [{"Cidr": cidr, "Description": ""} for cidr in cidrs],
    }


AWS_PREFIX_LISTS = (
    _prefix_list("pl-82a045eb", "global.cloudfront.origin-facing", 55, "120.52.22.96/27", "205.251.249.0/24"),
    _prefix_list("pl-68a54001", "us-west-2.s3", 10, "52.218.128.0/17", "3.5.76.0/22"),
    _prefix_list("pl-00a54069", "us-west-2.dynamodb", 5, "35.80.36.208/28", "52.94.8.0/24"),
)
"""Prefix lists that AWS itself keeps in us-west-2."""


@dataclass(frozen=True, slots=True)
class Layout:
    """AWS-shaped items by kind. Security groups may hold rules."""

    vpcs: tuple[Item, ...] = ()
    zones: tuple[Item, ...] = ()
    subnets: tuple[Item, ...] = ()
    route_tables: tuple[Item, ...] = ()
    internet_gateways: tuple[Item, ...] = ()
    addresses: tuple[Item, ...] = ()
    security_groups: tuple[Item, ...] = ()
    instances: tuple[Item, ...] = ()
    network_interfaces: tuple[Item, ...] = ()
    prefix_lists: tuple[Item, ...] = ()
    """As DescribeManagedPrefixLists has them, plus `Entries`."""
    certificates: tuple[Item, ...] = ()
    """As DescribeCertificate has them; the account's own authority signs them anew, their ARNs stay."""
    target_groups: tuple[Item, ...] = ()


def recorded_layout(answers: Mapping[str, Mapping[str, Any]]) -> Layout:
    """The layout of an account whose answers were recorded: service → operation → full answer in botocore's shape.

    `DescribeCertificate` has an answer for each ARN.
    """
    ec2, acm, elbv2 = (answers.get(service, {}) for service in ("ec2", "acm", "elbv2"))

    def items(operation: str, key: str) -> tuple[Item, ...]:
        return tuple(ec2.get(operation, {}).get(key, ()))

    return Layout(
        vpcs=items("DescribeVpcs", "Vpcs"),
        zones=items("DescribeAvailabilityZones", "AvailabilityZones"),
        subnets=items("DescribeSubnets", "Subnets"),
        route_tables=items("DescribeRouteTables", "RouteTables"),
        internet_gateways=items("DescribeInternetGateways", "InternetGateways"),
        addresses=items("DescribeAddresses", "Addresses"),
        security_groups=items("DescribeSecurityGroups", "SecurityGroups"),
        instances=tuple(
            instance
            for reservation in items("DescribeInstances", "Reservations")
            for instance in reservation.get("Instances", ())
        ),
        network_interfaces=items("DescribeNetworkInterfaces", "NetworkInterfaces"),
        prefix_lists=(*AWS_PREFIX_LISTS, *items("DescribeManagedPrefixLists", "PrefixLists")),
        certificates=tuple(answer["Certificate"] for answer in acm.get("DescribeCertificate", {}).values()),
        target_groups=tuple(elbv2.get("DescribeTargetGroups", {}).get("TargetGroups", ())),
    )

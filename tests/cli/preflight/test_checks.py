"""What will be trouble in an account and a cluster."""

from typing import Any

import pytest

from albc.cli.preflight.checks import Quota, account_rights, cluster_rights, node_groups, quotas, subnets
from albc.cli.preflight.findings import Finding, Level


def subnet(name: str, zone: str, *roles: str, free: int = 100) -> dict[str, Any]:
    tags = [{"Key": f"kubernetes.io/role/{role}", "Value": "1"} for role in roles]
    return {"SubnetId": name, "AvailabilityZone": zone, "Tags": tags, "AvailableIpAddressCount": free}


def interface(*groups: str) -> dict[str, Any]:
    return {"Groups": [{"GroupId": group} for group in groups]}


def told(findings: Any, level: Level = Level.WARNING) -> list[str]:
    found: list[Finding] = list(findings)
    return [finding.text for finding in found if finding.level is level]


def test_two_zones_for_each_scheme_are_enough() -> None:
    found = [subnet("a", "z1", "elb", "internal-elb"), subnet("b", "z2", "elb", "internal-elb")]

    assert {finding.level for finding in subnets(found)} == {Level.OK}


def test_a_scheme_with_one_zone_is_told() -> None:
    found = [subnet("a", "z1", "elb", "internal-elb"), subnet("b", "z2", "internal-elb"), subnet("c", "z1", "elb")]

    (text,) = told(subnets(found))
    assert "1 zones have a subnet tagged kubernetes.io/role/elb=1" in text


def test_a_subnet_without_room_is_told() -> None:
    found = [subnet("a", "z1", "elb", "internal-elb", free=7), subnet("b", "z2", "elb", "internal-elb")]

    (text,) = told(subnets(found))
    assert text.startswith("a has 7 free addresses")


def test_a_vpc_without_subnets_is_trouble() -> None:
    assert told(subnets([]), Level.TROUBLE) == ["the VPC has no subnets"]


def test_interfaces_with_several_tagged_groups_are_trouble() -> None:
    found = node_groups(
        [interface("sg-2", "sg-1"), interface("sg-1", "sg-2"), interface("sg-1", "sg-9")], ["sg-1", "sg-2"], "prod"
    )

    (text,) = told(found, Level.TROUBLE)
    assert text == "2 interfaces have several groups tagged kubernetes.io/cluster/prod: sg-1, sg-2"


def test_one_tagged_group_an_interface_is_well() -> None:
    assert told(node_groups([interface("sg-1", "sg-9")], ["sg-1"], "prod"), Level.OK)


def test_no_tagged_group_is_told() -> None:
    assert told(node_groups([interface("sg-1")], [], "prod"))


def test_missing_rights_are_named() -> None:
    assert told(cluster_rights("me", ["patch services/status"]), Level.TROUBLE) == ["me may not patch services/status"]
    assert told(account_rights("me", ["ec2:DescribeVpcs"]), Level.TROUBLE) == ["me may not ec2:DescribeVpcs"]
    assert told(cluster_rights("me", []), Level.OK)
    assert told(account_rights("me", []), Level.OK)


@pytest.mark.parametrize(
    ("used", "level"), [(0, Level.OK), (39, Level.OK), (40, Level.WARNING), (50, Level.TROUBLE), (51, Level.TROUBLE)]
)
def test_a_quota_is_told_before_it_is_used_up(used: int, level: Level) -> None:
    (finding,) = quotas([Quota("application-load-balancers", 50, used)])

    assert (finding.level, finding.text) == (level, f"application-load-balancers: {used} of 50 in use")

"""Names become group ids, and listeners with their sources become permissions."""

import pytest

from albc.mapping.invalid import Invalid
from albc.mapping.security_groups import inbound, resolve
from albc.model.facts import VPC, Facts, SecurityGroupFact
from albc.model.security_group import IPPermission, IPRange, IPv6Range, PrefixList


def group(id: str, name: str = "", vpc: str = "vpc-1") -> SecurityGroupFact:
    return SecurityGroupFact(id=id, vpc_id=vpc, name_tag=name)


def facts(*groups: SecurityGroupFact) -> Facts:
    return Facts(vpc=VPC(id="vpc-1"), security_groups=groups)


EDGE, WEB, DB = group("sg-0e", "edge"), group("sg-0a", "sg-web"), group("sg-0d", "db")


def test_groups_named_by_id_come_before_those_found_by_name() -> None:
    assert resolve(["edge", "sg-0d"], facts(EDGE, DB)) == ("sg-0d", "sg-0e")


def test_a_name_that_begins_like_an_id_is_still_a_name() -> None:
    assert resolve(["sg-web"], facts(WEB)) == ("sg-0a",)


def test_groups_that_share_a_name_are_all_taken() -> None:
    assert resolve(["db"], facts(DB, group("sg-0f", "db"))) == ("sg-0d", "sg-0f")


def test_a_name_given_twice_counts_once() -> None:
    assert resolve(["db", "db"], facts(DB)) == ("sg-0d",)


def test_an_id_given_twice_is_refused() -> None:
    with pytest.raises(Invalid, match=r"\[sg-0d\] are named more than once"):
        resolve(["sg-0d", "sg-0d"], facts(DB))


def test_all_missing_names_and_ids_are_told_at_once() -> None:
    with pytest.raises(Invalid, match=r"couldn't find all security groups.*\[api, sg-99\]"):
        resolve(["db", "sg-99", "api"], facts(DB))


def test_a_name_is_looked_for_in_the_clusters_vpc_only() -> None:
    with pytest.raises(Invalid, match="db"):
        resolve(["db"], facts(group("sg-0d", "db", vpc="vpc-2")))


def test_no_names_are_no_groups() -> None:
    assert resolve([], facts()) == ()


def test_each_source_gets_a_permission_of_its_own_family() -> None:
    assert inbound("tcp", 443, ["10.0.0.0/8", "2001:db8::/32"]) == (
        IPPermission(ip_protocol="tcp", from_port=443, to_port=443, ip_ranges=(IPRange(cidr_ip="10.0.0.0/8"),)),
        IPPermission(
            ip_protocol="tcp", from_port=443, to_port=443, ipv6_ranges=(IPv6Range(cidr_ipv6="2001:db8::/32"),)
        ),
    )


def test_prefix_lists_get_permissions_after_the_sources() -> None:
    assert inbound("udp", 53, [], ["pl-1", "pl-2"]) == (
        IPPermission(ip_protocol="udp", from_port=53, to_port=53, prefix_lists=(PrefixList(list_id="pl-1"),)),
        IPPermission(ip_protocol="udp", from_port=53, to_port=53, prefix_lists=(PrefixList(list_id="pl-2"),)),
    )


def test_path_mtu_discovery_lets_each_source_say_that_a_packet_is_too_big() -> None:
    permissions = inbound("tcp", 80, ["10.0.0.0/8", "::/0"], ["pl-1"], path_mtu_discovery=True)

    assert [(p.ip_protocol, p.from_port, p.to_port) for p in permissions] == [
        ("tcp", 80, 80),
        ("icmp", 3, 4),
        ("tcp", 80, 80),
        ("icmpv6", 2, 0),
        ("tcp", 80, 80),
    ]

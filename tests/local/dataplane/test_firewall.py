"""Security groups decide who gets in."""

from collections.abc import Mapping
from typing import Any

from albc.local.dataplane.firewall import Knock, admits


def group(**permission: Any) -> Mapping[str, Mapping[str, Any]]:
    return {"sg": {"GroupId": "sg", "IpPermissions": [permission]}}


def knock(source_ip: str = "127.0.0.1", port: int = 443, protocol: str = "tcp", *groups: str) -> Knock:
    return Knock(source_ip, protocol, port, frozenset(groups))


WEB = group(IpProtocol="tcp", FromPort=443, ToPort=443, IpRanges=[{"CidrIp": "127.0.0.0/8"}])


def test_a_client_inside_range_and_port_gets_in() -> None:
    assert admits(["sg"], WEB, knock())


def test_another_port_address_or_protocol_stays_out() -> None:
    assert not admits(["sg"], WEB, knock(port=80))
    assert not admits(["sg"], WEB, knock(source_ip="192.0.2.1"))
    assert not admits(["sg"], WEB, knock(protocol="udp"))


def test_all_protocols_means_all_ports() -> None:
    everything = group(IpProtocol="-1", IpRanges=[{"CidrIp": "0.0.0.0/0"}])

    assert admits(["sg"], everything, knock(port=9, protocol="udp"))


def test_members_of_a_named_group_get_in() -> None:
    internal = group(IpProtocol="tcp", FromPort=1, ToPort=65535, UserIdGroupPairs=[{"GroupId": "front"}])

    assert admits(["sg"], internal, knock("127.18.0.9", 443, "tcp", "front"))
    assert not admits(["sg"], internal, knock())


def test_a_load_balancer_without_groups_is_open() -> None:
    assert admits([], {}, knock())


def test_a_group_that_does_not_exist_admits_nobody() -> None:
    assert not admits(["sg"], {}, knock())


def test_ipv6_ranges_do_not_admit_ipv4_clients() -> None:
    assert not admits(["sg"], group(IpProtocol="-1", Ipv6Ranges=[{"CidrIpv6": "::/0"}]), knock())

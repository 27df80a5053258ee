"""Pieces of a binding's networking that Services and Gateways share."""

import pytest

from albc.mapping.binding_network import (
    TRAFFIC_PORT,
    Reach,
    carries_udp,
    default_sources,
    from_cidrs,
    from_group,
    from_group_on_any_port,
    subnet_cidrs,
)
from albc.model.facts import VPC, Subnet
from albc.model.target_group_binding import NetworkingIngressRule, NetworkingPeer, NetworkingPort

TCP, UDP = NetworkingPort(protocol="TCP", port=8080), NetworkingPort(protocol="UDP", port=8080)


def subnet(number: int, *ipv6: str) -> Subnet:
    return Subnet(
        id=f"subnet-{number}",
        vpc_id="vpc-1",
        availability_zone=f"z{number}",
        availability_zone_id=f"z{number}",
        cidr=f"10.0.{number}.0/24",
        ipv6_cidrs=ipv6,
    )


@pytest.mark.parametrize(
    ("protocol", "ports"),
    [
        ("TCP", (TCP,)),
        ("TLS", (TCP,)),
        ("UDP", (UDP,)),
        ("QUIC", (UDP,)),
        ("TCP_UDP", (TCP, UDP)),
        ("TCP_QUIC", (TCP, UDP)),
    ],
)
def test_traffic_arrives_on_the_target_port_by_the_protocols_of_the_group(
    protocol: str, ports: tuple[NetworkingPort, ...]
) -> None:
    assert Reach(protocol=protocol, port=8080, health_check_port=TRAFFIC_PORT).traffic_ports == ports
    assert carries_udp(protocol) == (UDP in ports)


@pytest.mark.parametrize(
    ("port", "check", "expected", "on_traffic_port"),
    [
        (8080, TRAFFIC_PORT, 8080, True),
        (8080, 8080, 8080, True),
        (8080, 9000, 9000, False),
        ("web", TRAFFIC_PORT, "web", True),
        ("web", 8080, 8080, False),
    ],
)
def test_health_is_asked_over_tcp_on_the_check_port(
    port: int | str, check: int | str, expected: int | str, on_traffic_port: bool
) -> None:
    reach = Reach(protocol="UDP", port=port, health_check_port=check)

    assert reach.health_check == NetworkingPort(protocol="TCP", port=expected)
    assert reach.health_check_is_on_the_traffic_port is on_traffic_port


def test_a_rule_lets_one_group_in_or_many_addresses() -> None:
    assert from_group("sg-1", TCP) == NetworkingIngressRule(
        from_=(NetworkingPeer(security_group="sg-1"),), ports=(TCP,)
    )
    assert from_cidrs(["10.0.0.0/8", "::/0"], UDP).from_ == (
        NetworkingPeer(cidr="10.0.0.0/8"),
        NetworkingPeer(cidr="::/0"),
    )


def test_unrestricted_rules_name_protocols_and_no_ports() -> None:
    assert from_group_on_any_port("sg-1", "TLS").ports == (NetworkingPort(protocol="TCP"),)
    assert from_group_on_any_port("sg-1", "QUIC").ports == (
        NetworkingPort(protocol="TCP"),
        NetworkingPort(protocol="UDP"),
    )


def test_a_load_balancers_packets_come_from_all_blocks_of_its_subnets() -> None:
    subnets = [subnet(2, "2001:db8:2::/64", "2001:db8:3::/64"), subnet(1)]

    assert subnet_cidrs(subnets, "ipv4") == ("10.0.2.0/24", "10.0.1.0/24")
    assert subnet_cidrs(subnets, "ipv6") == ("2001:db8:2::/64", "2001:db8:3::/64")


def test_clients_of_an_internal_load_balancer_come_from_the_vpc_others_from_anywhere() -> None:
    vpc = VPC(id="vpc-1", ipv4_cidrs=("10.0.0.0/16", "10.1.0.0/16"), ipv6_cidrs=("2001:db8::/56",))

    assert default_sources("internal", "ipv4", vpc) == ("10.0.0.0/16", "10.1.0.0/16")
    assert default_sources("internal", "ipv6", vpc) == ("2001:db8::/56",)
    assert default_sources("internet-facing", "ipv4", vpc) == ("0.0.0.0/0",)
    assert default_sources("internet-facing", "ipv6", vpc) == ("::/0",)

"""From where clients may come."""

import pytest

from albc.kube.objects import Service
from tests.mapping.service.classic.kit import HTTP, HTTPS, fault, managed_group, service


def sources(subject: Service, protocol: str = "tcp") -> list[str]:
    return [
        permission.ip_ranges[0].cidr_ip
        for permission in managed_group(subject).ingress
        if permission.ip_protocol == protocol
    ]


def with_ranges(value: str) -> Service:
    return service(annotations={"load-balancer-source-ranges": value})


def test_everybody_may_come_where_nothing_is_said() -> None:
    assert sources(service()) == ["0.0.0.0/0"]
    assert sources(with_ranges("  ")) == ["0.0.0.0/0"]


def test_the_spec_wins_over_the_annotation() -> None:
    given = {"load-balancer-source-ranges": "10.0.0.0/8"}

    assert sources(service(annotations=given, loadBalancerSourceRanges=["192.0.2.0/24"])) == ["192.0.2.0/24"]
    assert sources(service(annotations=given, loadBalancerSourceRanges=[])) == ["10.0.0.0/8"]


def test_ranges_are_networks_each_once_and_sorted() -> None:
    assert sources(with_ranges("10.0.0.0/24, 1.2.3.4/19 ,1.2.0.0/19")) == ["1.2.0.0/19", "10.0.0.0/24"]


@pytest.mark.parametrize("value", ["10.0.0.0", "10.0.0.0/33", "x", "10.0.0.0/8,", "10.0.0.0/255.0.0.0"])
def test_what_is_no_network_is_refused(value: str) -> None:
    assert fault(with_ranges(value)).startswith(
        f"service.beta.kubernetes.io/load-balancer-source-ranges: {value} is not valid. "
        "Expecting a comma-separated list of source IP ranges. For example, 10.0.0.0/24,192.168.2.0/24"
    )
    assert fault(service(loadBalancerSourceRanges=["x"])).startswith(
        "service.Spec.LoadBalancerSourceRanges: [x] is not valid. Expecting a list of IP ranges. "
        "For example, 10.0.0.0/24. Error msg: invalid CIDR address: x"
    )


def test_ipv6_is_refused() -> None:
    assert fault(with_ranges("2001:db8::/32")).startswith(
        'IPv6 source range "2001:db8::/32" is not supported for Classic Load Balancer'
    )


def test_every_port_is_opened_and_then_what_path_mtu_discovery_needs() -> None:
    subject = service(HTTPS, {**HTTP, "nodePort": 0}, loadBalancerSourceRanges=["10.1.0.0/16", "10.0.0.0/16"])
    opened = [
        (one.ip_protocol, one.from_port, one.to_port, one.ip_ranges[0].cidr_ip)
        for one in managed_group(subject).ingress
    ]

    assert opened == [
        ("tcp", 443, 443, "10.0.0.0/16"),
        ("tcp", 443, 443, "10.1.0.0/16"),
        ("tcp", 80, 80, "10.0.0.0/16"),
        ("tcp", 80, 80, "10.1.0.0/16"),
        ("icmp", 3, 4, "10.0.0.0/16"),
        ("icmp", 3, 4, "10.1.0.0/16"),
    ]

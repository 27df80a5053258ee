"""Elastic IPs and source NAT prefixes go to subnets by position, addresses by the subnet that they lie in."""

from collections.abc import Mapping

import pytest

from albc.model.load_balancer import SubnetMapping
from tests.mapping.service.kit import fault, load_balancer, service, stack

EIPS = "aws-load-balancer-eip-allocations"
IPV4 = "aws-load-balancer-private-ipv4-addresses"
IPV6 = "aws-load-balancer-ipv6-addresses"
SWITCH = "aws-load-balancer-enable-prefix-for-ipv6-source-nat"
PREFIXES = "aws-load-balancer-source-nat-ipv6-prefixes"
PUBLIC = {"aws-load-balancer-scheme": "internet-facing"}
DUALSTACK = {"aws-load-balancer-ip-address-type": "dualstack"}


def mappings(annotations: Mapping[str, str]) -> tuple[SubnetMapping, ...]:
    return load_balancer(stack(service(annotations=annotations))).subnet_mapping


def test_elastic_ips_go_by_position() -> None:
    assert [(m.subnet_id, m.allocation_id) for m in mappings({**PUBLIC, EIPS: "eipalloc-1,eipalloc-2"})] == [
        ("subnet-3", "eipalloc-1"),
        ("subnet-4", "eipalloc-2"),
    ]


def test_private_addresses_find_their_subnets_in_any_order() -> None:
    assert [m.private_ipv4_address for m in mappings({IPV4: "10.0.2.9,10.0.1.9"})] == ["10.0.1.9", "10.0.2.9"]


def test_ipv6_addresses_find_their_subnets_and_print_in_canonical_form() -> None:
    assert [m.ipv6_address for m in mappings({**DUALSTACK, IPV6: "2001:DB8:0:2::0009,2001:db8:0:1::9"})] == [
        "2001:db8:0:1::9",
        "2001:db8:0:2::9",
    ]


def test_elastic_ips_and_ipv6_addresses_can_be_given_together() -> None:
    annotations = {**PUBLIC, **DUALSTACK, EIPS: "eipalloc-1,eipalloc-2", IPV6: "2001:db8:0:3::9,2001:db8:0:4::9"}

    [first, _] = mappings(annotations)

    assert (first.allocation_id, first.ipv6_address) == ("eipalloc-1", "2001:db8:0:3::9")


def test_source_nat_prefixes_go_by_position_as_they_are_written() -> None:
    given = {**DUALSTACK, SWITCH: "on", PREFIXES: "auto_assigned,2001:db8:0:2:9::/80"}

    assert [m.source_nat_ipv6_prefix for m in mappings(given)] == ["auto_assigned", "2001:db8:0:2:9::/80"]


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ({EIPS: "e-1,e-2"}, "can only be set for internet-facing"),
        ({**PUBLIC, EIPS: "e-1"}, "count of EIP allocations (1) and subnets (2) must match"),
        ({**PUBLIC, EIPS: ","}, "count of EIP allocations (0) and subnets (2) must match"),
        ({**PUBLIC, IPV4: "10.0.3.9,10.0.4.9"}, "can only be set for internal"),
        ({IPV4: "10.0.1.9"}, "count of private IPv4 addresses (1) and subnets (2) must match"),
        ({IPV4: "10.0.1.9,10.0.2.009"}, "must be valid IP address: 10.0.2.009"),
        ({IPV4: "10.0.1.9,::ffff:10.0.2.9"}, "must be valid IPv4 address: ::ffff:10.0.2.9"),
        ({IPV4: "10.0.1.9,10.0.1.10"}, "expect one private IPv4 address configured for subnet: subnet-1"),
        ({IPV6: "2001:db8:0:1::9,2001:db8:0:2::9"}, "can only be set for dualstack"),
        ({**DUALSTACK, IPV6: "2001:db8:0:1::9"}, "count of IPv6 addresses (1) and subnets (2) must match"),
        ({**DUALSTACK, IPV6: "web,2001:db8:0:2::9"}, "must be valid IP address: web"),
        ({**DUALSTACK, IPV6: "10.0.1.9,2001:db8:0:2::9"}, "must be valid IPv6 address: 10.0.1.9"),
        ({**DUALSTACK, IPV6: "2001:db8:0:1::9,2001:db8:0:7::9"}, "IPv6 address configured for subnet: subnet-2"),
        ({SWITCH: "true"}, "must be on or off"),
        ({SWITCH: "on"}, "needs a load balancer with IP address type dualstack"),
        ({PREFIXES: "auto_assigned,auto_assigned"}, "can only be set for dualstack"),
        ({**DUALSTACK, PREFIXES: "auto_assigned,auto_assigned"}, "only in effect with"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(annotations: Mapping[str, str], message: str) -> None:
    assert message in fault(service(annotations=annotations))


def test_the_source_nat_switch_is_off_unless_turned_on() -> None:
    assert load_balancer(stack(service())).enable_prefix_for_ipv6_source_nat == "off"
    on = load_balancer(stack(service(annotations={**DUALSTACK, SWITCH: "on"})))
    assert on.enable_prefix_for_ipv6_source_nat == "on"

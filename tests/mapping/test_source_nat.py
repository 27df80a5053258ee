"""Prefixes for source NAT: one for each subnet, chosen by AWS or a /80 inside it."""

import pytest

from albc.mapping.invalid import Invalid
from albc.mapping.source_nat import check_prefixes
from albc.model.facts import Subnet

SUBNETS = [
    Subnet(
        id=f"subnet-{n}",
        vpc_id="vpc-1",
        availability_zone=f"z{n}",
        availability_zone_id=f"z{n}",
        cidr=f"10.0.{n}.0/24",
        ipv6_cidrs=(f"2001:db8:0:{n}::/64",),
    )
    for n in (1, 2)
]


def test_prefixes_inside_their_subnets_pass() -> None:
    check_prefixes(["auto_assigned", "2001:db8:0:2:1::/80"], SUBNETS)


def test_host_bits_are_not_looked_at() -> None:
    check_prefixes(["2001:db8:0:1::5/80", "auto_assigned"], SUBNETS)


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("AUTO_ASSIGNED", "must be auto_assigned or an IPv6 CIDR"),
        ("2001:db8:0:1::", "must be auto_assigned or an IPv6 CIDR"),
        ("2001:db8:0:1::/64", "Prefix length must be 80, but 64 is specified"),
        ("2001:db8:0:1::/80/80", "Prefix length must be 80, but 80/80 is specified"),
        ("10.0.0.0/80", "must be a valid IPv6 CIDR"),
        ("web/80", "must be a valid IPv6 CIDR"),
        ("2001:db8:0:2::/80", "within subnet CIDR range: [2001:db8:0:1::/64] of subnet-1"),
    ],
)
def test_a_wrong_prefix_is_refused_with_what_it_must_be(prefix: str, message: str) -> None:
    with pytest.raises(Invalid) as fault:
        check_prefixes([prefix, "auto_assigned"], SUBNETS)

    assert message in fault.value.message
    assert prefix in fault.value.message


def test_there_is_a_prefix_for_each_subnet() -> None:
    with pytest.raises(Invalid, match=r"\(1\) must match the number of subnets \(2\)"):
        check_prefixes(["auto_assigned"], SUBNETS)

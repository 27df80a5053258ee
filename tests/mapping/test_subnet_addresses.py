"""Addresses that a user pins to subnets: by position, or by the subnet that they lie in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.mapping.invalid import Invalid
from albc.mapping.subnet_addresses import eip_allocations, ipv6_addresses, private_ipv4_addresses
from albc.model.facts import Subnet

SUBNETS = [
    Subnet(
        id=f"subnet-{number}",
        vpc_id="vpc-1",
        availability_zone=f"z{number}",
        availability_zone_id=f"z{number}",
        cidr=f"10.0.{number}.0/24",
        ipv6_cidrs=(f"2001:db8:0:{number}::/64", f"2001:db8:1:{number}::/64"),
    )
    for number in (1, 2, 3)
]


def test_allocations_go_by_position() -> None:
    assert eip_allocations(["c", "a", "b"], SUBNETS) == ("c", "a", "b")


@given(st.permutations(["10.0.1.9", "10.0.2.9", "10.0.3.9"]))
def test_addresses_find_their_subnets_in_any_order(addresses: list[str]) -> None:
    assert private_ipv4_addresses(addresses, SUBNETS) == ("10.0.1.9", "10.0.2.9", "10.0.3.9")


def test_an_ipv6_address_may_lie_in_any_block_of_its_subnet() -> None:
    addresses = ["2001:db8:1:1::9", "2001:db8:0:2::9", "2001:db8:1:3::9"]

    assert ipv6_addresses(addresses, SUBNETS) == tuple(addresses)


@pytest.mark.parametrize("assign", [eip_allocations, private_ipv4_addresses, ipv6_addresses])
def test_a_wrong_number_of_addresses_is_told_with_the_subnets_that_need_one(assign: object) -> None:
    assert callable(assign)
    with pytest.raises(Invalid, match=r"\(1\) and subnets \(3\) must match; .* subnet-1, subnet-2, subnet-3"):
        assign(["10.0.1.9"], SUBNETS)


def test_two_addresses_in_one_subnet_are_one_too_many() -> None:
    with pytest.raises(Invalid, match=r"subnet-1 \(in 10.0.1.0/24\), but there are 2"):
        private_ipv4_addresses(["10.0.1.9", "10.0.1.10", "10.0.3.9"], SUBNETS)

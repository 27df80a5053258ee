"""IPv4 and IPv6 are told apart, and never taken for one another."""

from ipaddress import ip_address

import pytest

from albc.mapping.cidrs import contains, is_ipv6, parse_address


@pytest.mark.parametrize(("cidr", "expected"), [("10.0.0.0/8", False), ("::/0", True), ("2001:db8::/32", True)])
def test_a_colon_makes_a_cidr_ipv6(cidr: str, expected: bool) -> None:
    assert is_ipv6(cidr) is expected


@pytest.mark.parametrize("text", ["", "10.0.0", "10.0.0.010", "10.0.0.0/8", "web", "2001:db8:::1", "fe80::1%eth0"])
def test_what_is_no_address_parses_to_none(text: str) -> None:
    assert parse_address(text) is None


def test_addresses_print_in_canonical_form() -> None:
    assert str(parse_address("2001:DB8:0:0::0001")) == "2001:db8::1"


def test_an_ipv4_address_mapped_into_ipv6_lies_in_no_ipv4_block() -> None:
    mapped = parse_address("::ffff:192.0.2.1")

    assert mapped is not None
    assert not contains(["192.0.2.0/24", "0.0.0.0/0"], mapped)


def test_an_address_lies_in_any_of_several_blocks() -> None:
    blocks = ["10.0.0.0/24", "10.0.1.0/24"]

    assert contains(blocks, ip_address("10.0.1.9"))
    assert not contains(blocks, ip_address("10.0.2.9"))


def test_a_block_written_with_host_bits_stands_for_its_network() -> None:
    assert contains(["10.0.0.5/24"], ip_address("10.0.0.9"))

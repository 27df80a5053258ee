"""Where the hostnames of a listener and of a route meet (spec/gateway.md §7.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.mapping.gateway import hostnames
from albc.mapping.gateway.hostnames import ANY, intersection
from albc.mapping.invalid import Invalid


@pytest.mark.parametrize(
    ("listener", "route", "served"),
    [
        (None, [], (ANY,)),
        ("a.example.com", [], ("a.example.com",)),
        (None, ["a.example.com", "b.example.com"], ("a.example.com", "b.example.com")),
        ("a.example.com", ["a.example.com"], ("a.example.com",)),
        ("*.example.com", ["a.example.com"], ("a.example.com",)),
        ("a.example.com", ["*.example.com"], ("a.example.com",)),
        ("*.example.com", ["a.b.example.com"], ("a.b.example.com",)),
        ("*.example.com", ["*.a.example.com"], ("*.a.example.com",)),
        ("*.example.com", ["*.example.com"], ("*.example.com",)),
        ("*.example.com", ["example.com"], None),
        ("example.com", ["*.example.com"], None),
        ("a.example.com", ["b.example.com"], None),
        ("A.example.com", ["a.example.com"], None),
        ("*.example.com", ["*.other.com", "a.example.com"], ("a.example.com",)),
        ("*.example.com", ["10.0.0.1", "a.example.com"], ("a.example.com",)),
        ("*.example.com", ["a.example.com", "a.example.com"], ("a.example.com",)),
    ],
)
def test_a_route_serves_what_both_sides_cover(
    listener: str | None, route: list[str], served: tuple[str, ...] | None
) -> None:
    assert intersection(listener, route) == served


NAMES = st.sampled_from(
    ["example.com", "a.example.com", "b.a.example.com", "*.example.com", "*.a.example.com", "*.com"]
)


@given(NAMES, NAMES)
def test_it_does_not_matter_which_side_is_the_listener(one: str, other: str) -> None:
    assert intersection(one, [other]) == intersection(other, [one])


@pytest.mark.parametrize("bad", ["10.0.0.1", "2001:db8::1", "a..example.com", f"{'x' * 64}.example.com"])
def test_an_address_or_an_impossible_label_is_no_hostname(bad: str) -> None:
    with pytest.raises(Invalid, match="hostname") as raised:
        hostnames.check(bad)
    assert raised.value.reason == "Invalid"

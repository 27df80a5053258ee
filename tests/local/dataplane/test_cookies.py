"""Stickiness cookies."""

from hypothesis import given
from hypothesis import strategies as st

from albc.local.dataplane.balancing import TargetKey
from albc.local.dataplane.cookies import parse_cookies, seal, set_cookies, sticky_group, sticky_target, unseal

NOW = 1_700_000_000.0


def test_cookies_of_several_headers_are_read_and_the_first_of_a_name_counts() -> None:
    assert parse_cookies([b"a=1; b=x=y", b"a=2;c="]) == {"a": "1", "b": "x=y", "c": ""}


def test_a_target_cookie_leads_back_to_its_target_until_it_expires() -> None:
    value = seal("group", "10.0.0.1", 80, int(NOW) + 60)

    assert sticky_target(value, "group", NOW) == TargetKey("10.0.0.1", 80)
    assert sticky_target(value, "group", NOW + 61) is None


def test_a_target_cookie_of_another_group_says_nothing() -> None:
    assert sticky_target(seal("other", "10.0.0.1", 80, int(NOW) + 60), "group", NOW) is None


def test_a_group_cookie_holds_only_while_the_rule_forwards_there() -> None:
    value = seal("a", int(NOW) + 60)

    assert sticky_group(value, ["a", "b"], NOW) == "a"
    assert sticky_group(value, ["b"], NOW) is None


@given(st.text())
def test_a_forged_cookie_is_no_cookie(text: str) -> None:
    assert sticky_target(text, "group", NOW) is None


@given(st.lists(st.text() | st.integers()))
def test_what_is_sealed_comes_out_again(parts: list[str | int]) -> None:
    assert unseal(seal(*parts)) == tuple(parts)


def test_a_cookie_has_a_twin_for_cross_origin_requests() -> None:
    plain, cors = (value.decode() for _, value in set_cookies("AWSALB", "v", 60, NOW))

    assert plain.startswith("AWSALB=v; Expires=")
    assert cors.startswith("AWSALBCORS=v; Expires=")
    assert cors.endswith("; SameSite=None; Secure")

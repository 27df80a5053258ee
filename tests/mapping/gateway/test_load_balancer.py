"""The load balancer itself (spec/gateway.md §14)."""

from dataclasses import replace

from albc.model.load_balancer import Attribute
from tests.mapping.gateway.kit import (
    SETTINGS,
    Plain,
    built,
    configured,
    gateway,
    http_route,
    l4,
    l4_route,
    lbc,
    load_balancer,
    service,
)

ALB = (gateway(infrastructure=configured()), service(), http_route())
NLB = (gateway(l4("TCP", 80), layer="nlb", infrastructure=configured()), service(), l4_route("TCPRoute"))


def test_a_plain_gateway_has_an_internal_ipv4_load_balancer() -> None:
    found = load_balancer(*ALB, lbc())

    assert (found.kind, found.scheme, found.ip_address_type) == ("application", "internal", "ipv4")


def test_the_default_scheme_is_a_flag() -> None:
    public = replace(SETTINGS, default_load_balancer_scheme="internet-facing")

    assert load_balancer(*ALB, lbc(), settings=public).scheme == "internet-facing"
    assert load_balancer(*ALB, lbc(scheme="internal"), settings=public).scheme == "internal"


def test_an_attribute_list_keeps_its_order() -> None:
    given = [{"key": "z", "value": "1"}, {"key": "a", "value": "2"}]

    assert load_balancer(*ALB, lbc(loadBalancerAttributes=given)).load_balancer_attributes == (
        Attribute(key="z", value="1"),
        Attribute(key="a", value="2"),
    )


def of_either(objects: tuple[Plain, ...]) -> tuple[str | None, ...]:
    everything = lbc(
        enforceSecurityGroupInboundRulesOnPrivateLinkTraffic="off",
        customerOwnedIpv4Pool="coip",
        ipv4IPAMPoolId="ipam",
    )
    found = load_balancer(*objects, everything)
    return (
        found.security_groups_inbound_rules_on_private_link,
        found.customer_owned_ipv4_pool,
        found.ipv4_ipam_pool,
        found.enable_prefix_for_ipv6_source_nat or None,
    )


def test_what_only_one_type_has_is_left_out_on_the_other() -> None:
    assert of_either(ALB) == (None, "coip", "ipam", None)
    assert of_either(NLB) == ("off", None, None, "off")


def test_default_tags_win_over_the_configurations_unless_told_otherwise() -> None:
    defaults = replace(SETTINGS, default_tags={"team": "platform"})
    tagged = lbc(tags={"team": "shop", "app": "web"})

    assert load_balancer(*ALB, tagged, settings=defaults).tags == {"team": "platform", "app": "web"}
    low = replace(defaults, enable_default_tags_low_priority=True)
    assert load_balancer(*ALB, tagged, settings=low).tags == {"team": "shop", "app": "web"}


def test_a_tag_that_is_managed_elsewhere_stops_the_gateway() -> None:
    strict = replace(SETTINGS, external_managed_tags=frozenset({"team"}))

    (problem,) = built(*ALB, lbc(tags={"team": "shop"}), settings=strict).built.problems
    assert "team" in problem.message

"""Security groups of the load balancer, and who may come in (spec/gateway.md §14.2)."""

from dataclasses import replace

import pytest

from albc.model.reference import Ref
from albc.model.security_group import IPPermission, SecurityGroup
from tests.mapping.gateway.kit import (
    BACKEND_GROUP,
    SETTINGS,
    Plain,
    asked,
    built,
    configured,
    faults,
    gateway,
    http,
    http_route,
    l4,
    l4_route,
    lbc,
    load_balancer,
    security_group,
    service,
    stack,
)

MANAGED = Ref(SecurityGroup.type, "ManagedLBSecurityGroup", "groupID")
ALB = (gateway(infrastructure=configured()), service(), http_route())
NLB = (gateway(l4("TCP", 80), layer="nlb", infrastructure=configured()), service(), l4_route("TCPRoute"))


def admitted(*objects: Plain) -> list[str]:
    """Each permission as `PROTOCOL:PORT SOURCE`."""

    def source(permission: IPPermission) -> str:
        values = [each.cidr_ip for each in permission.ip_ranges] + [each.cidr_ipv6 for each in permission.ipv6_ranges]
        return (values + [each.list_id for each in permission.prefix_lists])[0]

    return [f"{each.ip_protocol}:{each.from_port} {source(each)}" for each in security_group(*objects).ingress]


def test_without_given_groups_one_is_managed_and_the_shared_one_added() -> None:
    assert load_balancer(*ALB, lbc()).security_groups == (MANAGED, BACKEND_GROUP)


def test_without_the_shared_group_the_managed_one_stands_alone() -> None:
    alone = replace(SETTINGS, enable_backend_security_group=False)

    assert load_balancer(*ALB, lbc(), settings=alone).security_groups == (MANAGED,)


def test_a_fixed_backend_group_is_used_and_not_asked_for() -> None:
    fixed = replace(SETTINGS, backend_security_group="sg-fixed")

    assert load_balancer(*ALB, lbc(), settings=fixed).security_groups == (MANAGED, "sg-fixed")
    assert not asked(*ALB, lbc(), settings=fixed).backend_security_group


def test_given_groups_are_found_by_id_or_name() -> None:
    for group in ("web", "sg-0a"):
        assert load_balancer(*ALB, lbc(securityGroups=[group])).security_groups == ("sg-0a",)
        assert asked(*ALB, lbc(securityGroups=[group])).security_groups == {group}
    assert stack(*ALB, lbc(securityGroups=["web"])).all(SecurityGroup) == ()


def test_given_groups_with_managed_backend_rules_add_the_shared_one() -> None:
    managed = lbc(securityGroups=["web"], manageBackendSecurityGroupRules=True)
    off = replace(SETTINGS, enable_backend_security_group=False)

    assert load_balancer(*ALB, managed).security_groups == ("sg-0a", BACKEND_GROUP)
    assert built(*ALB, managed, settings=off).built.stack is None


def test_an_unknown_group_stops_the_gateway() -> None:
    (problem,) = built(*ALB, lbc(securityGroups=["gone"])).built.problems

    assert "gone" in problem.message


def test_an_nlb_can_do_without_groups_and_an_alb_cannot() -> None:
    without = lbc(disableSecurityGroup=True, securityGroups=["web"])

    assert load_balancer(*NLB, without).security_groups == ()
    assert not asked(*NLB, without).backend_security_group
    assert load_balancer(*ALB, without).security_groups == ("sg-0a",)


def test_everybody_may_come_in_on_every_valid_listener() -> None:
    two = gateway(http(80), http(81), http(0, name="bad"), infrastructure=configured())

    assert admitted(two, lbc(), service(), http_route()) == ["tcp:80 0.0.0.0/0", "tcp:81 0.0.0.0/0"]


def test_ipv6_comes_in_where_the_load_balancer_has_it() -> None:
    assert admitted(*ALB, lbc(ipAddressType="dualstack")) == ["tcp:80 0.0.0.0/0", "tcp:80 ::/0"]


def test_source_ranges_and_prefix_lists_restrict() -> None:
    restricted = lbc(sourceRanges=["192.0.2.0/24"], securityGroupPrefixes=["pl-1"])

    assert admitted(*ALB, restricted) == ["tcp:80 192.0.2.0/24", "tcp:80 pl-1"]


def test_path_mtu_messages_come_from_the_same_sources() -> None:
    both = lbc(enableICMP=True, ipAddressType="dualstack", sourceRanges=["192.0.2.0/24", "2001:db8::/32"])

    assert admitted(*ALB, both) == [
        "tcp:80 192.0.2.0/24",
        "icmp:3 192.0.2.0/24",
        "tcp:80 2001:db8::/32",
        "icmpv6:2 2001:db8::/32",
    ]


def test_tcp_and_udp_on_one_port_are_both_let_in() -> None:
    both = gateway(l4("TCP", 53), l4("UDP", 53), layer="nlb", infrastructure=configured())

    assert admitted(both, lbc(), service(), l4_route("TCPRoute")) == ["tcp:53 0.0.0.0/0", "udp:53 0.0.0.0/0"]


def test_an_empty_list_of_sources_admits_nobody_and_a_warning_says_so() -> None:
    nobody = lbc(sourceRanges=[])

    assert admitted(*ALB, nobody) == []
    assert faults(*ALB, nobody) == [("LoadBalancerConfiguration", "edge", "NoSourceRanges")]


@pytest.mark.parametrize("bad", ["everywhere", "10.0.0.1", "10.0.0.0/40"])
def test_a_source_that_is_no_cidr_admits_nobody_and_the_others_stay(bad: str) -> None:
    mixed = lbc(sourceRanges=[bad, "192.0.2.0/24"])

    assert admitted(*ALB, mixed) == ["tcp:80 192.0.2.0/24"]
    assert faults(*ALB, mixed) == [("LoadBalancerConfiguration", "edge", "InvalidParameters")]


def test_the_managed_group_bears_the_load_balancers_tags() -> None:
    assert security_group(*ALB, lbc(tags={"team": "shop"})).tags == {"team": "shop"}

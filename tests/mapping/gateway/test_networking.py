"""Which packets the targets let in (spec/gateway.md §15)."""

from dataclasses import replace
from typing import Any

import pytest

from albc.mapping.settings import MappingSettings
from albc.model.reference import Ref
from albc.model.security_group import SecurityGroup
from tests.mapping.gateway.kit import (
    BACKEND_GROUP,
    SETTINGS,
    Plain,
    binding,
    configured,
    gateway,
    http_route,
    l4,
    l4_route,
    lbc,
    service,
    tgc,
)

NLB_SUBNETS = ["10.0.1.0/24", "10.0.2.0/24"]


def opened(*objects: Plain, settings: MappingSettings = SETTINGS) -> list[tuple[list[Any], list[str]]] | None:
    """Per rule: who, and which ports as `PROTOCOL:PORT`."""
    rules = binding(*objects, settings=settings).networking
    if rules is None:
        return None
    return [
        (
            [peer.cidr or peer.security_group for peer in rule.from_],
            [f"{port.protocol}:{port.port if port.port is not None else '*'}" for port in rule.ports],
        )
        for rule in rules
    ]


HTTP = (gateway(), service(), http_route())


def nlb(*protocols: str, **props: Any) -> tuple[Plain, ...]:
    listeners = [l4(protocol, 80) for protocol in protocols]
    kind = "TCPRoute" if "TCP" in protocols else "UDPRoute"
    return gateway(*listeners, layer="nlb", infrastructure=configured()), service(), l4_route(kind), tgc(**props)


def test_targets_let_in_the_shared_backend_group_on_their_port() -> None:
    assert opened(*HTTP) == [([BACKEND_GROUP], ["TCP:30080"])]
    assert opened(*HTTP, tgc(targetType="ip")) == [([BACKEND_GROUP], ["TCP:8080"])]


def test_a_health_check_on_another_port_is_let_in_too() -> None:
    assert opened(*HTTP, tgc(targetType="ip", healthCheckConfig={"healthCheckPort": "9000"})) == [
        ([BACKEND_GROUP], ["TCP:8080"]),
        ([BACKEND_GROUP], ["TCP:9000"]),
    ]


def test_udp_targets_are_asked_for_their_health_over_tcp() -> None:
    assert opened(*nlb("UDP"), lbc()) == [([BACKEND_GROUP], ["UDP:30080"]), ([BACKEND_GROUP], ["TCP:30080"])]


def test_tcp_and_udp_are_both_open_beside_a_health_check_of_its_own() -> None:
    objects = nlb("TCP", "UDP", healthCheckConfig={"healthCheckPort": "9000"})

    assert opened(*objects, lbc()) == [
        ([BACKEND_GROUP], ["UDP:30080"]),
        ([BACKEND_GROUP], ["TCP:30080"]),
        ([BACKEND_GROUP], ["TCP:9000"]),
    ]


def test_unrestricted_rules_open_every_port_of_the_protocols() -> None:
    open_ = replace(SETTINGS, disable_restricted_sg_rules=True)

    assert opened(*HTTP, settings=open_) == [([BACKEND_GROUP], ["TCP:*"])]
    assert opened(*nlb("UDP"), lbc(), settings=open_) == [([BACKEND_GROUP], ["TCP:*", "UDP:*"])]


def test_without_a_shared_group_the_load_balancers_own_one_is_let_in() -> None:
    alone = replace(SETTINGS, enable_backend_security_group=False)

    assert opened(*HTTP, settings=alone) == [
        ([Ref(SecurityGroup.type, "ManagedLBSecurityGroup", "groupID")], ["TCP:30080"])
    ]


def test_given_groups_leave_the_targets_to_the_user_unless_asked() -> None:
    objects = (gateway(infrastructure=configured()), service(), http_route())

    assert opened(*objects, lbc(securityGroups=["web"])) is None
    assert opened(*objects, lbc(securityGroups=["web"], manageBackendSecurityGroupRules=True)) == [
        ([BACKEND_GROUP], ["TCP:30080"])
    ]


NO_GROUPS = lbc(disableSecurityGroup=True)


def test_behind_an_nlb_without_groups_clients_reach_instances_with_their_own_addresses() -> None:
    assert opened(*nlb("TCP"), NO_GROUPS) == [(["10.0.0.0/16"], ["TCP:30080"])]
    public = lbc(disableSecurityGroup=True, scheme="internet-facing")
    assert opened(*nlb("TCP"), public) == [(["0.0.0.0/0"], ["TCP:30080"])]


def test_pods_see_the_nlbs_addresses_unless_clients_are_preserved() -> None:
    assert opened(*nlb("TCP", targetType="ip"), NO_GROUPS) == [(NLB_SUBNETS, ["TCP:8080"])]
    preserved = [{"key": "preserve_client_ip.enabled", "value": "true"}]
    assert opened(*nlb("TCP", targetType="ip", targetGroupAttributes=preserved), NO_GROUPS) == [
        (["10.0.0.0/16"], ["TCP:8080"])
    ]


def test_source_ranges_hold_for_clients_and_health_checks_come_from_the_subnets() -> None:
    ranges = lbc(disableSecurityGroup=True, sourceRanges=["192.0.2.0/24"])

    assert opened(*nlb("TCP"), ranges) == [
        (["192.0.2.0/24"], ["TCP:30080"]),
        (NLB_SUBNETS, ["TCP:30080"]),
    ]


def test_udp_without_groups_opens_tcp_for_health_checks() -> None:
    assert opened(*nlb("UDP"), NO_GROUPS) == [(["10.0.0.0/16"], ["UDP:30080"]), (NLB_SUBNETS, ["TCP:30080"])]


@pytest.mark.parametrize("value", ["false", "no", ""])
def test_client_addresses_that_are_not_preserved_for_instances(value: str) -> None:
    attribute = [{"key": "preserve_client_ip.enabled", "value": value}]

    assert opened(*nlb("TCP", targetGroupAttributes=attribute), NO_GROUPS) == [(NLB_SUBNETS, ["TCP:30080"])]


def test_ipv6_targets_let_in_ipv6_only() -> None:
    objects = (
        gateway(l4("TCP", 80), layer="nlb", infrastructure=configured()),
        lbc(disableSecurityGroup=True, ipAddressType="dualstack"),
        service(ipFamilies=["IPv6"]),
        l4_route("TCPRoute"),
        tgc(targetType="ip"),
    )

    assert opened(*objects) == [(["2001:db8:0:1::/64", "2001:db8:0:2::/64"], ["TCP:8080"])]

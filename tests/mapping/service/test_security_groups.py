"""Security groups of the load balancer, and which group its targets let in."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from albc.mapping.service.build import wants
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.model.reference import Ref, Token
from albc.model.security_group import SecurityGroup
from albc.model.stack import Stack
from albc.model.target_group_binding import NetworkingPeer
from tests.mapping.service.kit import (
    BACKEND_GROUP,
    FACTS,
    SETTINGS,
    TCP_80,
    binding,
    existing,
    fault,
    load_balancer,
    managed_group,
    service,
    stack,
    warnings,
)

GROUPS = "aws-load-balancer-security-groups"
MANAGE = "aws-load-balancer-manage-backend-security-group-rules"
DISABLE = "aws-load-balancer-disable-nlb-sg"
RANGES = "load-balancer-source-ranges"
PREFIX_LISTS = "aws-load-balancer-security-group-prefix-lists"
ICMP = "aws-load-balancer-enable-icmp-for-path-mtu-discovery"
DUALSTACK = {"aws-load-balancer-ip-address-type": "dualstack"}

MANAGED = Ref("AWS::EC2::SecurityGroup", "ManagedLBSecurityGroup", "groupID")
NO_BACKEND = MappingSettings(cluster_name="demo", enable_backend_security_group=False)


def groups(built: Stack) -> tuple[Token, ...]:
    return load_balancer(built).security_groups


def peers(built: Stack) -> list[NetworkingPeer] | None:
    networking = binding(built).networking
    return None if networking is None else [peer for rule in networking for peer in rule.from_]


def rules(annotations: Mapping[str, str], *ports: Mapping[str, object], **spec: Any) -> list[str]:
    """The managed group's rules, `tcp 80-80 0.0.0.0/0`."""
    found: list[str] = []
    for permission in managed_group(stack(service(*ports, annotations=annotations, **spec))).ingress:
        sources = [
            *(r.cidr_ip for r in permission.ip_ranges),
            *(r.cidr_ipv6 for r in permission.ipv6_ranges),
            *(p.list_id for p in permission.prefix_lists),
        ]
        found.append(f"{permission.ip_protocol} {permission.from_port}-{permission.to_port} {' '.join(sources)}")
    return found


def test_a_managed_group_stands_in_front_of_the_shared_one_which_targets_let_in() -> None:
    built = stack(service())

    assert groups(built) == (MANAGED, BACKEND_GROUP)
    assert peers(built) == [NetworkingPeer(security_group=BACKEND_GROUP)]
    assert managed_group(built).description == "[k8s] Managed SecurityGroup for LoadBalancer"


def test_without_the_shared_group_targets_let_the_managed_one_in() -> None:
    built = stack(service(), settings=NO_BACKEND)

    assert groups(built) == (MANAGED,)
    assert peers(built) == [NetworkingPeer(security_group=MANAGED)]


def test_a_backend_group_given_by_flag_is_used_and_not_asked_for() -> None:
    settings = MappingSettings(cluster_name="demo", backend_security_group="sg-99")
    facts = replace(FACTS, backend_security_group="")

    assert groups(stack(service(), facts=facts, settings=settings)) == (MANAGED, "sg-99")
    assert not wants(service(), Snapshot(), settings).backend_security_group


def test_groups_of_ones_own_replace_the_managed_one_and_leave_targets_alone() -> None:
    built = stack(service(annotations={GROUPS: "web, sg-0d"}))

    assert groups(built) == ("sg-0d", "sg-0a")
    assert peers(built) is None
    assert not built.all(SecurityGroup)


def test_a_group_whose_name_begins_like_an_id_can_be_named() -> None:
    assert groups(stack(service(annotations={GROUPS: "sg-db"}))) == ("sg-0d",)


def test_an_empty_list_of_groups_is_no_list() -> None:
    assert groups(stack(service(annotations={GROUPS: " ,"}))) == (MANAGED, BACKEND_GROUP)


def test_rules_on_targets_can_be_kept_for_groups_of_ones_own() -> None:
    built = stack(service(annotations={GROUPS: "web", MANAGE: "true"}))

    assert groups(built) == ("sg-0a", BACKEND_GROUP)
    assert peers(built) == [NetworkingPeer(security_group=BACKEND_GROUP)]


def test_the_flag_decides_about_rules_where_the_annotation_does_not() -> None:
    settings = MappingSettings(cluster_name="demo", enable_manage_backend_security_group_rules=True)

    assert peers(stack(service(annotations={GROUPS: "web"}), settings=settings)) is not None
    assert peers(stack(service(annotations={GROUPS: "web", MANAGE: "false"}), settings=settings)) is None


def test_rules_for_groups_of_ones_own_need_the_shared_group() -> None:
    message = fault(service(annotations={GROUPS: "web", MANAGE: "true"}), settings=NO_BACKEND)

    assert "needs --enable-backend-security-group" in message


def test_the_rules_annotation_is_not_read_beside_a_managed_group() -> None:
    assert groups(stack(service(annotations={MANAGE: "maybe"}))) == (MANAGED, BACKEND_GROUP)


def test_a_missing_group_tells_the_annotation_and_the_name() -> None:
    message = fault(service(annotations={GROUPS: "web,nowhere"}))

    assert GROUPS in message
    assert "[nowhere]" in message


def test_a_load_balancer_can_do_without_groups() -> None:
    assert groups(stack(service(annotations={DISABLE: "true"}))) == ()


def test_with_the_gate_off_no_load_balancer_has_groups() -> None:
    off = MappingSettings(cluster_name="demo", nlb_security_group=False)

    assert groups(stack(service(annotations={GROUPS: "web"}), settings=off)) == ()


def test_a_load_balancer_that_was_made_without_groups_never_gets_any() -> None:
    assert groups(stack(service(annotations={GROUPS: "web"}), facts=existing(groups=()))) == ()


def test_groups_cannot_be_taken_from_a_load_balancer_that_has_them() -> None:
    message = fault(service(annotations={DISABLE: "true"}), facts=existing(groups=["sg-0a"]))

    assert "conflicting security groups configuration" in message


def test_a_malformed_switch_is_refused_even_where_it_would_not_count() -> None:
    assert DISABLE in fault(service(annotations={DISABLE: "yes"}), facts=existing(groups=()))


def test_given_groups_beside_the_switch_are_told_to_do_nothing() -> None:
    [warning] = warnings(service(annotations={DISABLE: "true", GROUPS: "web"}))

    assert "the load balancer gets no security groups" in warning.message
    assert not warnings(service(annotations={DISABLE: "true"}))
    assert not warnings(service(annotations={DISABLE: "false", GROUPS: "web"}))


def test_everybody_may_connect_unless_somebody_says_otherwise() -> None:
    assert rules({}) == ["tcp 80-80 0.0.0.0/0"]
    assert rules(DUALSTACK) == ["tcp 80-80 0.0.0.0/0", "tcp 80-80 ::/0"]


def test_source_ranges_of_the_spec_win_over_the_annotation() -> None:
    assert rules({RANGES: "10.1.0.0/16,10.2.0.0/16"}) == ["tcp 80-80 10.1.0.0/16", "tcp 80-80 10.2.0.0/16"]
    assert rules({RANGES: "10.1.0.0/16"}, loadBalancerSourceRanges=["10.9.0.0/16"]) == ["tcp 80-80 10.9.0.0/16"]


def test_an_ipv6_range_needs_a_dualstack_load_balancer() -> None:
    assert "unsupported v6 cidr 2001:db8::/32" in fault(service(annotations={RANGES: "2001:db8::/32"}))
    assert rules({**DUALSTACK, RANGES: "2001:db8::/32"}) == ["tcp 80-80 2001:db8::/32"]


def test_each_port_gets_rules_also_both_halves_of_a_pair() -> None:
    pair = [{**TCP_80, "name": "a"}, {**TCP_80, "name": "b", "protocol": "UDP"}]

    assert rules({"aws-load-balancer-enable-tcp-udp-listener": "true"}, *pair) == [
        "tcp 80-80 0.0.0.0/0",
        "udp 80-80 0.0.0.0/0",
    ]


def test_prefix_lists_alone_open_nothing_else() -> None:
    assert rules({PREFIX_LISTS: "pl-1,pl-2"}) == ["tcp 80-80 pl-1", "tcp 80-80 pl-2"]
    assert rules({PREFIX_LISTS: "pl-1", RANGES: "10.1.0.0/16"}) == ["tcp 80-80 10.1.0.0/16", "tcp 80-80 pl-1"]


def test_an_empty_prefix_list_lets_nobody_in_and_says_so() -> None:
    [warning] = warnings(service(annotations={PREFIX_LISTS: ","}))

    assert rules({PREFIX_LISTS: ","}) == []
    assert warning.reason == "NobodyCanConnect"


@pytest.mark.parametrize(("word", "icmp"), [("on", True), ("true", False), ("ON", False)])
def test_path_mtu_discovery_is_on_for_exactly_one_word(word: str, icmp: bool) -> None:
    expected = ["tcp 80-80 0.0.0.0/0", "icmp 3-4 0.0.0.0/0"] if icmp else ["tcp 80-80 0.0.0.0/0"]

    assert rules({ICMP: word}) == expected


@pytest.mark.parametrize(
    ("annotations", "named", "backend"),
    [
        ({}, set(), True),
        ({GROUPS: "web,sg-0d"}, {"web", "sg-0d"}, False),
        ({GROUPS: "web", MANAGE: "true"}, {"web"}, True),
        ({DISABLE: "true", GROUPS: "web"}, set(), False),
        ({DISABLE: "malformed"}, set(), False),
    ],
)
def test_facts_are_asked_for_as_the_rule_will_use_them(
    annotations: Mapping[str, str], named: set[str], backend: bool
) -> None:
    request = wants(service(annotations=annotations), Snapshot(), SETTINGS)

    assert request.security_groups == named
    assert request.backend_security_group is backend

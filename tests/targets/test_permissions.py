"""Which security group rules a binding's targets get."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.crds.target_group_binding import Networking
from albc.errors import Invalid
from albc.kube.objects import Pod
from albc.model.permissions import Permission, Source, change, from_answer
from albc.targets.permissions import aggregate, permissions_of

OURS = "elbv2.k8s.aws/targetGroupBinding=shared"


def networking(peer: dict[str, object], *ports: dict[str, object]) -> Networking:
    return Networking.model_validate({"ingress": [{"from": [peer], "ports": list(ports)}]})


def test_a_port_is_opened_to_the_load_balancers_group() -> None:
    rules = permissions_of(networking({"securityGroup": {"groupID": "sg-1"}}, {"protocol": "TCP", "port": 8080}))
    assert rules == (Permission("tcp", 8080, 8080, "group", "sg-1"),)
    assert rules[0].description == OURS


def test_a_port_without_number_is_all_ports() -> None:
    (rule,) = permissions_of(networking({"ipBlock": {"cidr": "10.0.0.0/8"}}, {"protocol": "UDP"}))
    assert (rule.protocol, rule.from_port, rule.to_port, rule.source) == ("udp", 0, 65535, "cidr_ipv4")


def test_a_named_port_is_looked_up_on_the_pods(make_pod: Callable[..., Pod]) -> None:
    rules = permissions_of(networking({"securityGroup": {"groupID": "sg-1"}}, {"port": "http"}), [make_pod("a")])
    assert [rule.from_port for rule in rules] == [8080]


def test_a_named_port_that_a_pod_lacks_names_the_pod(make_pod: Callable[..., Pod]) -> None:
    with pytest.raises(Invalid, match="unable to find port grpc on pod shop/a"):
        permissions_of(networking({"securityGroup": {"groupID": "sg-1"}}, {"port": "grpc"}), [make_pod("a")])


def test_a_bad_cidr_is_named() -> None:
    with pytest.raises(Invalid, match=r"invalid CIDR address: 10\.0\.0/8"):
        permissions_of(networking({"ipBlock": {"cidr": "10.0.0/8"}}, {"port": 80}))


PORTS = st.integers(1, 65535)
SOURCES: list[tuple[Source, str]] = [("group", "sg-1"), ("group", "sg-2"), ("cidr_ipv4", "10.0.0.0/8")]


def tcp(port: int, source: tuple[Source, str]) -> Permission:
    return Permission("tcp", port, port, source[0], source[1], OURS)


RULES = st.builds(tcp, PORTS, st.sampled_from(SOURCES))


def allows(rules: tuple[Permission, ...], wanted: Permission) -> bool:
    return any(
        (rule.protocol, rule.source, rule.value) == (wanted.protocol, wanted.source, wanted.value)
        and rule.from_port <= wanted.from_port
        and wanted.to_port <= rule.to_port
        for rule in rules
    )


@given(st.lists(RULES), st.booleans())
def test_joining_rules_closes_nothing(rules: list[Permission], restricted: bool) -> None:
    joined = aggregate(rules, restricted=restricted)
    assert all(allows(joined, rule) for rule in rules)


@given(st.lists(RULES))
def test_each_source_group_costs_one_rule(rules: list[Permission]) -> None:
    groups = [rule.value for rule in aggregate(rules, restricted=True) if rule.source == "group"]
    assert len(groups) == len(set(groups))


def test_rules_of_others_are_never_revoked() -> None:
    by_hand = Permission("tcp", 22, 22, "cidr_ipv4", "10.0.0.0/8", "for the admins")
    ours = Permission("tcp", 80, 80, "group", "sg-1", OURS)
    assert change([by_hand, ours], [], labels={"elbv2.k8s.aws/targetGroupBinding": "shared"}).revoke == (ours,)


def test_a_rule_that_somebody_else_made_is_not_granted_twice() -> None:
    by_hand = Permission("tcp", 80, 80, "group", "sg-1", "by hand")
    assert change([by_hand], [Permission("tcp", 80, 80, "group", "sg-1", OURS)]).grant == ()


@given(st.lists(RULES, unique=True))
def test_a_rule_reads_back_as_it_was_sent(rules: list[Permission]) -> None:
    assert from_answer(rule.request() for rule in rules) == tuple(rules)

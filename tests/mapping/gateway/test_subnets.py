"""Where the load balancer stands, and with which addresses (spec/gateway.md §14.1)."""

from typing import Any

import pytest

from albc.model.facts import ExistingLoadBalancer
from albc.model.load_balancer import SubnetMapping
from tests.mapping.gateway.kit import (
    Plain,
    asked,
    built,
    configured,
    gateway,
    http_route,
    l4,
    lbc,
    load_balancer,
    service,
    with_facts,
)

ALB = (gateway(infrastructure=configured()), service(), http_route())
NLB = (gateway(l4("TCP", 80), layer="nlb", infrastructure=configured()),)


def ids(*objects: Plain, **facts: Any) -> list[str]:
    return [each.subnet_id for each in load_balancer(*objects, facts=with_facts(**facts)).subnet_mapping]


def named(*identifiers: str, **fields: Any) -> Plain:
    return lbc(loadBalancerSubnets=[{"identifier": each} for each in identifiers], **fields)


def test_subnets_are_found_by_their_role() -> None:
    assert ids(*ALB, lbc()) == ["subnet-1", "subnet-2"]
    assert ids(*ALB, lbc(scheme="internet-facing")) == ["subnet-3", "subnet-4"]


def test_named_subnets_stand_in_the_order_given() -> None:
    assert ids(*ALB, named("subnet-2", "internal-elb-a")) == ["subnet-2", "subnet-1"]


def test_a_selector_chooses_by_tags() -> None:
    assert ids(*ALB, lbc(loadBalancerSubnetsSelector={"tier": ["elb"]})) == ["subnet-3", "subnet-4"]


def test_named_subnets_win_over_the_selector() -> None:
    both = named("subnet-1", "subnet-2", loadBalancerSubnetsSelector={"tier": ["elb"]})

    assert ids(*ALB, both) == ["subnet-1", "subnet-2"]


def existing(scheme: str) -> ExistingLoadBalancer:
    return ExistingLoadBalancer(arn="arn", kind="application", scheme=scheme, subnet_ids=("subnet-3", "subnet-2"))


def test_a_load_balancer_that_stands_keeps_its_subnets_unless_its_scheme_changes() -> None:
    assert ids(*ALB, lbc(), existing=existing("internal")) == ["subnet-3", "subnet-2"]
    assert ids(*ALB, lbc(), existing=existing("internet-facing")) == ["subnet-1", "subnet-2"]


def test_too_few_or_unknown_subnets_stop_the_gateway_and_its_routes_are_told_nothing_bad() -> None:
    for bad in (named("subnet-1"), named("subnet-1", "gone")):
        result = built(*ALB, bad)

        assert result.built.stack is None
        assert [problem.object.kind for problem in result.built.problems] == ["Gateway"]
        (route,) = result.routes.values()
        assert route.parents[0].not_accepted is None


def entries(*rows: Plain, **fields: Any) -> Plain:
    return lbc(loadBalancerSubnets=list(rows), **fields)


def mappings(*objects: Plain) -> tuple[SubnetMapping, ...]:
    return load_balancer(*objects).subnet_mapping


def test_elastic_addresses_belong_to_subnets_by_position() -> None:
    rows = [{"identifier": f"subnet-{n}", "eipAllocation": f"eip-{n}"} for n in (3, 4)]

    assert mappings(*NLB, entries(*rows, scheme="internet-facing")) == (
        SubnetMapping(subnet_id="subnet-3", allocation_id="eip-3"),
        SubnetMapping(subnet_id="subnet-4", allocation_id="eip-4"),
    )


def test_private_addresses_belong_to_the_subnet_that_they_lie_in() -> None:
    rows = [
        {"identifier": "subnet-1", "privateIPv4Allocation": "10.0.2.9"},
        {"identifier": "subnet-2", "privateIPv4Allocation": "10.0.1.9"},
    ]

    assert [each.private_ipv4_address for each in mappings(*NLB, entries(*rows))] == ["10.0.1.9", "10.0.2.9"]


def test_ipv6_addresses_need_dualstack() -> None:
    rows = [
        {"identifier": "subnet-1", "ipv6Allocation": "2001:db8:0:1::9"},
        {"identifier": "subnet-2", "ipv6Allocation": "2001:db8:0:2::9"},
    ]

    found = mappings(*NLB, entries(*rows, ipAddressType="dualstack"))

    assert [each.ipv6_address for each in found] == ["2001:db8:0:1::9", "2001:db8:0:2::9"]
    assert built(*NLB, entries(*rows)).built.stack is None


def test_source_nat_prefixes_turn_source_nat_on() -> None:
    rows = [{"identifier": f"subnet-{n}", "sourceNatIPv6Prefix": "auto_assigned"} for n in (1, 2)]

    on = load_balancer(*NLB, entries(*rows, ipAddressType="dualstack"))
    off = load_balancer(*NLB, lbc())

    assert (on.enable_prefix_for_ipv6_source_nat, off.enable_prefix_for_ipv6_source_nat) == ("on", "off")
    assert [each.source_nat_ipv6_prefix for each in on.subnet_mapping] == ["auto_assigned", "auto_assigned"]


@pytest.mark.parametrize(
    ("objects", "row", "fields", "word"),
    [
        (ALB, {"eipAllocation": "eip-1"}, {"scheme": "internet-facing"}, "eipAllocation"),
        (ALB, {"ipv6Allocation": "::1"}, {"ipAddressType": "dualstack"}, "ipv6Allocation"),
        (ALB, {"privateIPv4Allocation": "10.0.1.9"}, {}, "privateIPv4Allocation"),
        (ALB, {"sourceNatIPv6Prefix": "auto_assigned"}, {}, "sourceNatIPv6Prefix"),
        (NLB, {"eipAllocation": "eip-1"}, {}, "internet facing"),
        (NLB, {"ipv6Allocation": "::1"}, {}, "dualstack"),
        (NLB, {"privateIPv4Allocation": "10.0.1.9"}, {"scheme": "internet-facing"}, "internal"),
    ],
)
def test_an_address_that_does_not_fit_the_load_balancer_is_refused(
    objects: tuple[Plain, ...], row: Plain, fields: Plain, word: str
) -> None:
    (problem,) = built(*objects, entries(row, **fields)).built.problems

    assert word in problem.message


@pytest.mark.parametrize("field", ["identifier", "privateIPv4Allocation", "sourceNatIPv6Prefix"])
def test_what_one_entry_says_all_must_say(field: str) -> None:
    first = {"identifier": "subnet-1", "privateIPv4Allocation": "10.0.1.9", "sourceNatIPv6Prefix": "auto_assigned"}
    second = {key: value for key, value in first.items() if key != field}

    (problem,) = built(*NLB, entries(first, second)).built.problems

    assert "or none" in problem.message


def test_what_is_asked_of_aws_follows_from_how_subnets_are_chosen() -> None:
    assert asked(*ALB, lbc()).route_tables
    assert not asked(*ALB, named("subnet-1")).route_tables
    assert asked(*ALB, named("subnet-1", "internal-elb-a")).subnet_ids == {"subnet-1"}
    assert not asked(*ALB, lbc(loadBalancerSubnetsSelector={"tier": ["elb"]})).route_tables

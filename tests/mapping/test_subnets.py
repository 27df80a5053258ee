"""Which subnets a load balancer stands in: found by tag or route, named, or selected."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.subnets import (
    Placement,
    discover,
    resolve_names_or_ids,
    resolve_selector,
    wants_discovery,
    wants_named,
)
from albc.model.facts import VPC, AvailabilityZone, Facts, RouteTable, Subnet
from albc.model.load_balancer import LoadBalancerType

SETTINGS = MappingSettings(cluster_name="prod")
INTERNAL = {"kubernetes.io/role/internal-elb": "1"}
ZONES = {
    "z-a": AvailabilityZone(id="z-a", name="a", zone_type="availability-zone"),
    "z-b": AvailabilityZone(id="z-b", name="b", zone_type="availability-zone"),
    "z-l": AvailabilityZone(id="z-l", name="l", zone_type="local-zone"),
    "z-x": AvailabilityZone(id="z-x", name="x", zone_type="moon-base"),
}


def subnet(id: str, zone: str = "a", tags: Mapping[str, str] = INTERNAL, *, free: int = 100, ipv6: str = "") -> Subnet:
    return Subnet(
        id=id,
        vpc_id="vpc-1",
        availability_zone=zone,
        availability_zone_id=f"z-{zone}",
        cidr="10.0.0.0/24",
        ipv6_cidrs=(ipv6,) if ipv6 else (),
        available_ip_address_count=free,
        tags=tags,
    )


def named(id: str, name: str, zone: str = "a") -> Subnet:
    return subnet(id, zone, {"Name": name})


def facts(*subnets: Subnet, routes: tuple[RouteTable, ...] = ()) -> Facts:
    return Facts(vpc=VPC(id="vpc-1"), subnets=subnets, availability_zones=ZONES, route_tables=routes)


def placement(
    type_: LoadBalancerType = "network", scheme: str = "internal", ip_address_type: str = "ipv4"
) -> Placement:
    return Placement(load_balancer_type=type_, scheme=scheme, ip_address_type=ip_address_type)


def ids(subnets: tuple[Subnet, ...]) -> list[str]:
    return [s.id for s in subnets]


# Discovery


@pytest.mark.parametrize("value", ["", "1"])
def test_discovery_takes_the_subnets_with_the_role_tag_of_the_scheme(value: str) -> None:
    known = facts(
        subnet("subnet-1", "a", {"kubernetes.io/role/elb": value}),
        subnet("subnet-2", "b", {"kubernetes.io/role/internal-elb": value}),
        subnet("subnet-3", "b", {"kubernetes.io/role/elb": "no"}),
    )

    assert ids(discover(placement(scheme="internet-facing"), known, SETTINGS)) == ["subnet-1"]
    assert ids(discover(placement(scheme="internal"), known, SETTINGS)) == ["subnet-2"]


def test_discovery_takes_one_subnet_for_each_zone_and_prefers_the_clusters_own() -> None:
    own = {**INTERNAL, "kubernetes.io/cluster/prod": "shared"}
    known = facts(subnet("subnet-1"), subnet("subnet-2", "a", own), subnet("subnet-4", "b"), subnet("subnet-3", "b"))

    assert ids(discover(placement(), known, SETTINGS)) == ["subnet-2", "subnet-3"]


def test_subnets_of_other_clusters_are_left_alone_unless_the_check_is_off() -> None:
    known = facts(subnet("subnet-1", "a", {**INTERNAL, "kubernetes.io/cluster/dev": "owned"}), subnet("subnet-2", "b"))
    unchecked = MappingSettings(cluster_name="prod", subnets_cluster_tag_check=False)

    assert ids(discover(placement(), known, SETTINGS)) == ["subnet-2"]
    assert ids(discover(placement(), known, unchecked)) == ["subnet-1", "subnet-2"]


def test_a_subnet_shared_with_another_cluster_is_ours_too() -> None:
    both = {**INTERNAL, "kubernetes.io/cluster/dev": "owned", "kubernetes.io/cluster/prod": "shared"}

    assert ids(discover(placement(), facts(subnet("subnet-1", "a", both)), SETTINGS)) == ["subnet-1"]


def test_when_nothing_fits_the_message_counts_why() -> None:
    known = facts(
        subnet("subnet-1", "a", {**INTERNAL, "kubernetes.io/cluster/dev": ""}),
        subnet("subnet-2", free=7),
        subnet("subnet-3", "b"),
    )

    with pytest.raises(Invalid, match=r"of 3 evaluated, 1 are tagged .*, 1 have insufficient .*, 1 have no .* IPv6"):
        discover(placement(ip_address_type="dualstack"), known, SETTINGS)


def test_eight_free_addresses_are_enough() -> None:
    assert ids(discover(placement(), facts(subnet("subnet-1", free=8)), SETTINGS)) == ["subnet-1"]


def test_without_role_tags_the_way_to_the_internet_decides() -> None:
    routes = (
        RouteTable(main=True, subnet_ids=(), has_internet_gateway=False),
        RouteTable(main=False, subnet_ids=("subnet-2",), has_internet_gateway=True),
    )
    known = facts(subnet("subnet-1", "a", {}), subnet("subnet-2", "b", {}), routes=routes)

    assert ids(discover(placement(scheme="internal"), known, SETTINGS)) == ["subnet-1"]
    assert ids(discover(placement(scheme="internet-facing"), known, SETTINGS)) == ["subnet-2"]


def test_reachability_is_not_asked_when_the_gate_is_off() -> None:
    settings = MappingSettings(cluster_name="prod", subnet_discovery_by_reachability=False)
    routes = (RouteTable(main=True, subnet_ids=(), has_internet_gateway=False),)

    assert not wants_discovery(settings).route_tables
    with pytest.raises(Invalid, match="of 0 evaluated"):
        discover(placement(), facts(subnet("subnet-1", "a", {}), routes=routes), settings)


def test_a_vpc_without_main_route_table_is_told() -> None:
    with pytest.raises(Invalid, match="vpc-1 has no main route table"):
        discover(placement(), facts(subnet("subnet-1", "a", {})), SETTINGS)


def test_a_scheme_that_elastic_load_balancing_does_not_know_is_told() -> None:
    with pytest.raises(Invalid, match="unknown load balancer scheme public: must be one of internal, internet-facing"):
        discover(placement(scheme="public"), facts(subnet("subnet-1")), SETTINGS)


@given(st.permutations([subnet(f"subnet-{i}", "ab"[i % 2], free=i) for i in range(4, 10)]))
def test_discovery_does_not_depend_on_the_order_of_the_facts(shuffled: list[Subnet]) -> None:
    assert ids(discover(placement(), facts(*shuffled), SETTINGS)) == ["subnet-8", "subnet-9"]


# Names and ids


def test_named_subnets_keep_the_order_in_which_they_are_named() -> None:
    known = facts(named("subnet-1", "one"), named("subnet-2", "two", "b"))

    assert ids(resolve_names_or_ids(["two", "subnet-1"], placement(), known, SETTINGS)) == ["subnet-2", "subnet-1"]


def test_each_use_of_a_shared_name_takes_the_next_subnet_of_that_name() -> None:
    known = facts(named("subnet-2", "app", "b"), named("subnet-1", "app"))

    assert ids(resolve_names_or_ids(["app", "app"], placement(), known, SETTINGS)) == ["subnet-1", "subnet-2"]


def test_a_name_used_too_often_is_told_with_both_numbers() -> None:
    with pytest.raises(Invalid, match="subnet app is requested 2 times, but 1 subnet"):
        resolve_names_or_ids(["app", "app"], placement(), facts(named("subnet-1", "app")), SETTINGS)


def test_an_id_given_twice_is_refused() -> None:
    with pytest.raises(Invalid, match="subnet subnet-1 is requested 2 times"):
        resolve_names_or_ids(["subnet-1", "subnet-1"], placement(), facts(subnet("subnet-1")), SETTINGS)


def test_all_missing_subnets_are_told_at_once() -> None:
    with pytest.raises(Invalid, match=r"couldn't find all subnets.*\[subnet-9, nowhere\]"):
        resolve_names_or_ids(["subnet-9", "subnet-1", "nowhere"], placement(), facts(subnet("subnet-1")), SETTINGS)


def test_a_name_that_begins_like_an_id_is_still_a_name() -> None:
    known = facts(named("subnet-1", "subnet-edge"))

    assert ids(resolve_names_or_ids(["subnet-edge"], placement(), known, SETTINGS)) == ["subnet-1"]
    assert wants_named(["subnet-edge", "subnet-0abc"]).subnet_ids == {"subnet-0abc"}


def test_a_subnet_of_another_vpc_is_refused_by_its_vpc() -> None:
    elsewhere = Subnet(
        id="subnet-9", vpc_id="vpc-2", availability_zone="a", availability_zone_id="z-a", cidr="10.9.0.0/24"
    )

    with pytest.raises(Invalid, match=r"subnet-9 is in vpc-2, but .* vpc-1"):
        resolve_names_or_ids(["subnet-9"], placement(), facts(elsewhere), SETTINGS)


def test_named_subnets_are_not_asked_for_tags_or_free_addresses() -> None:
    full = subnet("subnet-1", "a", {"kubernetes.io/cluster/dev": "owned"}, free=0)

    assert ids(resolve_names_or_ids(["subnet-1"], placement(), facts(full), SETTINGS)) == ["subnet-1"]


def test_two_subnets_of_one_zone_are_refused() -> None:
    known = facts(subnet("subnet-1"), subnet("subnet-2"))

    with pytest.raises(Invalid, match=r"same Availability Zone a: \[subnet-1, subnet-2\]"):
        resolve_names_or_ids(["subnet-2", "subnet-1"], placement(), known, SETTINGS)


def test_a_zone_of_another_kind_cannot_be_mixed_in() -> None:
    known = facts(subnet("subnet-1"), subnet("subnet-2", "l"))

    with pytest.raises(Invalid, match=r"multiple locales \[availability-zone, local-zone\]"):
        resolve_names_or_ids(["subnet-1", "subnet-2"], placement(), known, SETTINGS)


def test_a_zone_type_that_we_do_not_know_is_told() -> None:
    with pytest.raises(Invalid, match="unknown zone type for subnet subnet-1: moon-base"):
        resolve_names_or_ids(["subnet-1"], placement(), facts(subnet("subnet-1", "x")), SETTINGS)


def test_a_zone_that_aws_does_not_describe_is_told() -> None:
    with pytest.raises(Invalid, match="what kind of zone z-q of subnet subnet-1 is"):
        resolve_names_or_ids(["subnet-1"], placement(), facts(subnet("subnet-1", "q")), SETTINGS)


def test_a_dualstack_load_balancer_needs_ipv6_in_every_subnet() -> None:
    known = facts(subnet("subnet-1", "a", ipv6="2001:db8::/64"), subnet("subnet-2", "b"))

    with pytest.raises(Invalid, match=r"subnets \[subnet-2\] do not have an associated IPv6 CIDR block"):
        resolve_names_or_ids(["subnet-1", "subnet-2"], placement(ip_address_type="dualstack"), known, SETTINGS)


def test_an_application_load_balancer_needs_two_zones() -> None:
    alone = facts(subnet("subnet-1"))
    single = MappingSettings(cluster_name="prod", alb_single_subnet=True)

    with pytest.raises(Invalid, match="1 < 2"):
        resolve_names_or_ids(["subnet-1"], placement("application"), alone, SETTINGS)
    assert ids(resolve_names_or_ids(["subnet-1"], placement("application"), alone, single)) == ["subnet-1"]
    assert ids(resolve_names_or_ids(["subnet-1"], placement("network"), alone, SETTINGS)) == ["subnet-1"]


def test_one_local_zone_is_enough_for_an_application_load_balancer() -> None:
    known = facts(subnet("subnet-1", "l"))

    assert ids(resolve_names_or_ids(["subnet-1"], placement("application"), known, SETTINGS)) == ["subnet-1"]


def test_an_empty_list_of_subnets_is_refused() -> None:
    with pytest.raises(Invalid, match="at least one subnet"):
        resolve_names_or_ids([], placement(), facts(subnet("subnet-1")), SETTINGS)


# Selectors


def test_a_selector_by_tags_wants_every_key_and_any_of_its_values() -> None:
    known = facts(
        subnet("subnet-1", "a", {"tier": "edge", "env": "prod"}),
        subnet("subnet-2", "b", {"tier": "app", "env": "prod"}),
        subnet("subnet-3", "b", {"tier": "edge", "env": "dev"}),
    )

    selected = resolve_selector([], {"tier": ["edge", "app"], "env": ["prod"]}, placement(), known, SETTINGS)

    assert ids(selected) == ["subnet-1", "subnet-2"]


def test_ids_of_a_selector_win_over_its_tags() -> None:
    known = facts(subnet("subnet-1", "a", {"tier": "edge"}), subnet("subnet-2", "b"))

    assert ids(resolve_selector(["subnet-2"], {"tier": ["edge"]}, placement(), known, SETTINGS)) == ["subnet-2"]


def test_a_selector_that_nothing_fits_repeats_the_tags_that_it_wants() -> None:
    with pytest.raises(Invalid, match=r"tier=edge\|app"):
        resolve_selector([], {"tier": ["edge", "app"]}, placement(), facts(subnet("subnet-1")), SETTINGS)

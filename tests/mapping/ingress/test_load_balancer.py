"""Name, scheme, addresses, subnets, attributes and capacity of the load balancer (spec/ingress.md §11)."""

from dataclasses import replace
from typing import Any

import pytest

from albc.kube.objects import Ingress
from albc.model.facts import ExistingLoadBalancer
from albc.model.load_balancer import Attribute, LoadBalancer
from tests.mapping.ingress.kit import (
    FACTS,
    Thing,
    annotated,
    built,
    class_with,
    errors,
    fault,
    ingress,
    load_balancer,
    settings,
    stack,
    warnings,
)


def balancer(*things: Thing, **more: Any) -> LoadBalancer:
    return load_balancer(stack(*things, **more))


def member(name: str, **annotations: Any) -> Ingress:
    return ingress(
        name=name, annotations={"group.name": "edge", **{k.replace("_", "-"): v for k, v in annotations.items()}}
    )


def conflict(*members: Ingress) -> tuple[LoadBalancer, str, str]:
    """What holds, who lost, and what it was told."""
    result = built(*members, group="edge")
    assert result.stack is not None
    [problem] = errors(result)
    return load_balancer(result.stack), problem.object.name, problem.message


def test_the_name_of_a_single_ingress() -> None:
    assert balancer(ingress(name="web-front"), group="shop/web-front").name == "k8s-shop-webfront-da453b323a"


def test_the_name_depends_on_the_scheme() -> None:
    subject = ingress(name="web-front", annotations={"scheme": "internet-facing"})

    assert balancer(subject, group="shop/web-front").name == "k8s-shop-webfront-0434c3f64c"


def test_the_name_of_an_explicit_group() -> None:
    subject = ingress(annotations={"group.name": "my-team.edge"})

    assert balancer(subject, group="my-team.edge").name == "k8s-myteamedge-db9b601267"


@pytest.mark.parametrize("name", ["mine", "x" * 32, ""])
def test_a_given_name_is_used_as_it_is(name: str) -> None:
    assert balancer(annotated(load_balancer_name=name)).name == name


@pytest.mark.parametrize(
    ("existing", "scheme", "told"),
    [("old-name", "internal", True), ("given", "internal", False), ("old-name", "internet-facing", False)],
)
def test_a_new_name_for_a_load_balancer_that_stays_does_nothing_and_is_told(
    existing: str, scheme: str, told: bool
) -> None:
    there = ExistingLoadBalancer(
        arn="arn:lb", kind="application", scheme=scheme, subnet_ids=("subnet-1", "subnet-2"), name=existing
    )
    found = warnings(annotated(load_balancer_name="given"), facts=replace(FACTS, existing=there))
    assert [problem.reason for problem in found] == (["IgnoredSetting"] if told else [])


def test_a_name_may_have_32_bytes() -> None:
    assert "cannot be longer than 32 characters" in fault(annotated(load_balancer_name="é" * 17))


def test_the_name_of_the_class_goes_first() -> None:
    assert balancer(annotated(load_balancer_name="mine"), *class_with(loadBalancerName="ours")).name == "ours"


def test_of_two_names_the_first_members_holds() -> None:
    holds, loser, message = conflict(member("a", load_balancer_name="x"), member("b", load_balancer_name="y"))

    assert (holds.name, loser) == ("x", "b")
    assert "load balancer name is y here, but x at Ingress shop/a" in message


def test_scheme_and_address_type_have_defaults() -> None:
    found = balancer(ingress())

    assert (found.kind, found.scheme, found.ip_address_type) == ("application", "internal", "ipv4")
    assert balancer(ingress(), settings=settings(default_load_balancer_scheme="internet-facing")).scheme == (
        "internet-facing"
    )


def test_scheme_and_address_type_of_the_class_go_first() -> None:
    things = class_with(scheme="internet-facing", ipAddressType="dualstack")
    found = balancer(annotated(scheme="internal", ip_address_type="ipv4"), *things)

    assert (found.scheme, found.ip_address_type) == ("internet-facing", "dualstack")


@pytest.mark.parametrize(("name", "value"), [("scheme", "public"), ("scheme", ""), ("ip_address_type", "ipv6")])
def test_an_unknown_scheme_or_address_type_is_told_with_what_is_allowed(name: str, value: str) -> None:
    message = fault(annotated(**{name: value}))

    assert f'{name.replace("_", "-")}: the value "{value}" must be one of' in message


def test_a_member_that_wants_another_scheme_is_left_out() -> None:
    result = built(member("a", scheme="internal"), member("b", scheme="internet-facing"), group="edge")

    assert [ref.name for ref in result.left_out] == ["b"]
    assert "scheme is internet-facing here, but internal at Ingress shop/a" in errors(result)[0].message


def test_subnets_are_found_by_the_role_of_the_scheme() -> None:
    assert [each.subnet_id for each in balancer(ingress()).subnet_mapping] == ["subnet-1", "subnet-2"]
    public = balancer(annotated(scheme="internet-facing"))
    assert [each.subnet_id for each in public.subnet_mapping] == ["subnet-3", "subnet-4"]


def test_named_subnets_keep_their_order() -> None:
    found = balancer(annotated(subnets="subnet-2,internal-elb-a"))

    assert [each.subnet_id for each in found.subnet_mapping] == ["subnet-2", "subnet-1"]


def test_the_same_subnets_in_another_order_are_no_conflict() -> None:
    found = balancer(member("a", subnets="subnet-2,subnet-1"), member("b", subnets="subnet-1, subnet-2"), group="edge")

    assert [each.subnet_id for each in found.subnet_mapping] == ["subnet-2", "subnet-1"]


def test_other_subnets_of_a_later_member_are_told() -> None:
    holds, loser, _ = conflict(member("a", subnets="subnet-1,subnet-2"), member("b", subnets="subnet-3,subnet-4"))

    assert loser == "b"
    assert holds.subnet_mapping[0].subnet_id == "subnet-1"


def test_an_empty_list_of_subnets_is_a_fault() -> None:
    assert "unable to resolve at least one subnet" in fault(annotated(subnets=","))


def test_subnets_of_the_class_silence_the_annotation() -> None:
    by_ids = balancer(annotated(subnets="nowhere"), *class_with(subnets={"ids": ["subnet-4", "subnet-3"]}))
    by_tags = balancer(ingress(), *class_with(subnets={"tags": {"Name": ["elb-a", "elb-b"]}}))

    assert [each.subnet_id for each in by_ids.subnet_mapping] == ["subnet-3", "subnet-4"]
    assert by_ids.subnet_mapping == by_tags.subnet_mapping


def test_subnets_of_a_class_and_of_an_annotation_exclude_one_another_in_a_group() -> None:
    selecting = class_with("p", "selecting", subnets={"ids": ["subnet-3", "subnet-4"]})
    by_class = ingress(name="b", class_name="selecting", annotations={"group.name": "edge"})
    result = built(member("a", subnets="subnet-1,subnet-2"), by_class, *selecting, *class_with("q"), group="edge")

    assert result.stack is not None
    assert load_balancer(result.stack).subnet_mapping[0].subnet_id == "subnet-1"
    assert [problem.object.name for problem in errors(result)] == ["b"]


def test_an_existing_load_balancer_keeps_its_subnets() -> None:
    existing = ExistingLoadBalancer(arn="arn", kind="application", scheme="internal", subnet_ids=("subnet-9",))

    assert [each.subnet_id for each in balancer(ingress(), facts=replace(FACTS, existing=existing)).subnet_mapping] == [
        "subnet-9"
    ]


@pytest.mark.parametrize(("kind", "scheme"), [("network", "internal"), ("application", "internet-facing")])
def test_an_existing_load_balancer_of_another_kind_or_scheme_says_nothing(kind: str, scheme: str) -> None:
    existing = ExistingLoadBalancer(arn="arn", kind=kind, scheme=scheme, subnet_ids=("subnet-9",))

    assert balancer(ingress(), facts=replace(FACTS, existing=existing)).subnet_mapping[0].subnet_id == "subnet-1"


def test_attributes_are_merged_by_key_and_sorted() -> None:
    found = balancer(
        member("a", load_balancer_attributes="b=1"), member("b", load_balancer_attributes="a=2,b=1"), group="edge"
    )

    assert found.load_balancer_attributes == (Attribute(key="a", value="2"), Attribute(key="b", value="1"))


def test_two_values_of_an_attribute_are_told_and_the_first_holds() -> None:
    holds, loser, message = conflict(
        member("a", load_balancer_attributes="k=1"), member("b", load_balancer_attributes="k=2")
    )

    assert (holds.load_balancer_attributes, loser) == ((Attribute(key="k", value="1"),), "b")
    assert "load balancer attribute k is 2 here, but 1" in message


def test_attributes_of_the_first_members_class_settle_conflicts() -> None:
    found = balancer(
        member("a", load_balancer_attributes="k=1"),
        member("b", load_balancer_attributes="k=2"),
        *class_with(loadBalancerAttributes=[{"key": "k", "value": "3"}]),
        group="edge",
    )

    assert found.load_balancer_attributes == (Attribute(key="k", value="3"),)


def test_the_class_of_a_later_member_gives_no_attributes() -> None:
    a_class, params = class_with(
        "p",
        "other",
        loadBalancerAttributes=[{"key": "k", "value": "3"}],
        minimumLoadBalancerCapacity={"capacityUnits": 9},
        ipamConfiguration={"ipv4IPAMPoolId": "ipam"},
    )
    late = ingress(name="b", class_name="other", annotations={"group.name": "edge"})
    found = balancer(member("a"), late, a_class, params, *class_with("q"), group="edge")

    assert found.load_balancer_attributes == ()
    assert (found.minimum_load_balancer_capacity, found.ipv4_ipam_pool) == (None, None)


def test_an_empty_customer_owned_pool_is_a_fault() -> None:
    assert "customer-owned-ipv4-pool" in fault(annotated(customer_owned_ipv4_pool=""))
    assert balancer(annotated(customer_owned_ipv4_pool="coip")).customer_owned_ipv4_pool == "coip"


def test_an_empty_ipam_pool_says_nothing_and_the_class_goes_first() -> None:
    assert balancer(annotated(ipam_ipv4_pool_id="")).ipv4_ipam_pool is None
    by_class = class_with(ipamConfiguration={"ipv4IPAMPoolId": "ours"})
    assert balancer(annotated(ipam_ipv4_pool_id="mine"), *by_class).ipv4_ipam_pool == "ours"


def test_capacity_is_a_number_of_units() -> None:
    capacity = balancer(annotated(minimum_load_balancer_capacity="CapacityUnits=0")).minimum_load_balancer_capacity

    assert capacity is not None
    assert capacity.capacity_units == 0
    assert balancer(ingress()).minimum_load_balancer_capacity is None


@pytest.mark.parametrize("value", ["Units=5", "CapacityUnits=-5", "CapacityUnits=x", "5"])
def test_an_unusable_capacity_is_a_fault(value: str) -> None:
    assert "apacity" in fault(annotated(minimum_load_balancer_capacity=value))


def test_a_negative_capacity_of_the_class_is_a_fault() -> None:
    assert "CapacityUnits=-5" in fault(ingress(), *class_with(minimumLoadBalancerCapacity={"capacityUnits": -5}))


def test_an_unused_capacity_is_not_even_read() -> None:
    subject = annotated(minimum_load_balancer_capacity="nonsense")

    assert balancer(subject, settings=settings(lb_capacity_reservation=False)).minimum_load_balancer_capacity is None
    found = balancer(subject, *class_with(minimumLoadBalancerCapacity={"capacityUnits": 7}))
    assert found.minimum_load_balancer_capacity is not None


def test_an_empty_subnet_selector_of_the_class_does_not_mean_all_subnets() -> None:
    assert "must have either ids or tags" in fault(ingress(), *class_with(subnets={}))

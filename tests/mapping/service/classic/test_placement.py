"""Scheme and subnets."""

from dataclasses import replace
from typing import Any

import pytest

from albc.model.facts import AvailabilityZone, Facts, Subnet
from tests.mapping.service.classic.kit import FACTS, annotated, balancer, existing, fault, service, warnings


def subnet(number: int, zone: str = "a", **tags: str) -> Subnet:
    return replace(
        FACTS.subnets[0], id=f"subnet-{number}", availability_zone=zone, availability_zone_id=f"z-{zone}", tags=tags
    )


def world(*subnets: Subnet) -> Facts:
    return replace(FACTS, subnets=subnets)


def cluster(name: str) -> dict[str, Any]:
    return {f"kubernetes.io/cluster/{name}": "owned"}


INTERNAL = annotated(internal="true")
ROLE: dict[str, Any] = {"kubernetes.io/role/internal-elb": "0"}


@pytest.mark.parametrize(
    ("annotations", "scheme"),
    [
        ({}, "internet-facing"),
        ({"internal": "false"}, "internet-facing"),
        ({"internal": ""}, "internet-facing"),
        ({"internal": "true"}, "internal"),
        ({"internal": "0.0.0.0/0"}, "internal"),
        ({"internal": "False"}, "internal"),
        ({"scheme": "internal"}, "internal"),
        ({"scheme": "internet-facing", "internal": "true"}, "internet-facing"),
    ],
)
def test_the_scheme_is_what_the_annotations_say(annotations: dict[str, str], scheme: str) -> None:
    assert balancer(annotated(**annotations)).scheme == scheme


@pytest.mark.parametrize("scheme", ["", "public"])
def test_an_unknown_scheme_is_refused(scheme: str) -> None:
    assert fault(annotated(scheme=scheme)).startswith(f"unknown scheme: {scheme}")


def test_an_existing_one_keeps_its_scheme_and_is_placed_by_it() -> None:
    found = balancer(INTERNAL, existing("internet-facing"))

    assert found.subnets == ("subnet-3", "subnet-4")
    [(reason, message)] = warnings(INTERNAL, existing("internet-facing"))
    assert reason == "SchemeMismatch"
    assert message.startswith("scheme of an existing Classic Load Balancer cannot be changed; recreate the Service")
    assert not warnings(INTERNAL, existing("internal"))


def test_public_ones_need_a_way_to_the_internet() -> None:
    assert balancer(service()).subnets == ("subnet-3", "subnet-4")


def test_internal_ones_take_the_role_tag_whatever_its_value() -> None:
    assert balancer(INTERNAL).subnets == ("subnet-1", "subnet-2")
    assert balancer(INTERNAL, world(subnet(1), subnet(2, **ROLE))).subnets == ("subnet-2",)


def test_then_the_clusters_tag_then_the_lower_id() -> None:
    assert balancer(INTERNAL, world(subnet(1), subnet(2, **cluster("demo")))).subnets == ("subnet-2",)
    assert balancer(INTERNAL, world(subnet(1), subnet(2, KubernetesCluster="demo"))).subnets == ("subnet-2",)
    assert balancer(INTERNAL, world(subnet(2), subnet(1))).subnets == ("subnet-1",)
    assert balancer(INTERNAL, world(subnet(1, **cluster("demo")), subnet(2, **ROLE))).subnets == ("subnet-2",)


def test_subnets_of_other_clusters_are_theirs() -> None:
    both = subnet(2, **cluster("demo"), **cluster("other"))

    assert balancer(INTERNAL, world(subnet(1, **cluster("other")), both)).subnets == ("subnet-2",)


def test_zones_come_by_name_and_local_zones_not_at_all() -> None:
    zones = {
        **FACTS.availability_zones,
        "z-lax": AvailabilityZone(id="z-lax", name="lax", zone_type="local-zone"),
    }
    facts = replace(world(subnet(1, "b"), subnet(2, "a"), subnet(3, "lax")), availability_zones=zones)

    assert balancer(INTERNAL, facts).subnets == ("subnet-2", "subnet-1")


def test_without_any_subnet_nothing_can_be_built() -> None:
    assert fault(service(), world()).startswith("could not find any suitable subnets for creating the ELB")


def test_named_subnets_are_taken_ids_first() -> None:
    assert balancer(annotated(subnets="elb-b,subnet-1")).subnets == ("subnet-1", "subnet-4")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (",", "unable to resolve empty subnet slice"),
        ("subnet-1,subnet-9", "expected to find 2, but found 1 subnets"),
        ("nowhere", "expected to find 1, but found 0 subnets"),
        ("subnet-1,subnet-3", "multiple subnets in same Availability Zone a: [subnet-1, subnet-3]"),
    ],
)
def test_subnets_that_cannot_be_meant_are_told(named: str, said: str) -> None:
    assert fault(annotated(subnets=named)).startswith(said)

"""Attributes, capacity and the PrivateLink setting: only what somebody asked for."""

from collections.abc import Mapping

import pytest

from albc.mapping.settings import MappingSettings
from albc.model.load_balancer import LoadBalancer, MinimumLoadBalancerCapacity
from tests.mapping.service.kit import fault, load_balancer, service, stack

ATTRIBUTES = "aws-load-balancer-attributes"
LOGS = "aws-load-balancer-access-log-enabled"
BUCKET = "aws-load-balancer-access-log-s3-bucket-name"
FOLDER = "aws-load-balancer-access-log-s3-bucket-prefix"
CROSS_ZONE = "aws-load-balancer-cross-zone-load-balancing-enabled"
CAPACITY = "aws-load-balancer-minimum-load-balancer-capacity"
PRIVATE_LINK = "aws-load-balancer-inbound-sg-rules-on-private-link-traffic"


def balancer(annotations: Mapping[str, str]) -> LoadBalancer:
    return load_balancer(stack(service(annotations=annotations)))


def attributes(annotations: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(attribute.key, attribute.value) for attribute in balancer(annotations).load_balancer_attributes]


def test_a_plain_service_has_an_internal_network_load_balancer_without_attributes() -> None:
    plain = balancer({})

    assert (plain.id, plain.kind, plain.scheme) == ("LoadBalancer", "network", "internal")
    assert plain.load_balancer_attributes == ()


def test_attributes_are_passed_on_by_key() -> None:
    assert attributes({ATTRIBUTES: "z=1,deletion_protection.enabled=true"}) == [
        ("deletion_protection.enabled", "true"),
        ("z", "1"),
    ]


def test_the_older_annotations_win_over_the_map() -> None:
    given = {
        ATTRIBUTES: "load_balancing.cross_zone.enabled=true,access_logs.s3.enabled=false,access_logs.s3.bucket=a",
        CROSS_ZONE: "f",
        LOGS: "true",
        BUCKET: "logs",
        FOLDER: "nlb",
    }

    assert attributes(given) == [
        ("access_logs.s3.bucket", "logs"),
        ("access_logs.s3.enabled", "true"),
        ("access_logs.s3.prefix", "nlb"),
        ("load_balancing.cross_zone.enabled", "false"),
    ]


@pytest.mark.parametrize("logs", [{}, {LOGS: "false"}])
def test_bucket_and_prefix_count_only_when_access_logs_are_on(logs: Mapping[str, str]) -> None:
    assert attributes({**logs, BUCKET: "logs", FOLDER: "nlb"}) == []


def test_an_unknown_routing_policy_is_refused_with_the_known_ones() -> None:
    message = fault(service(annotations={ATTRIBUTES: "dns_record.client_routing_policy=nearest"}))

    assert 'the value "nearest" of dns_record.client_routing_policy must be one of any_availability_zone' in message


def test_capacity_is_reserved_and_zero_gives_it_back() -> None:
    assert balancer({CAPACITY: "CapacityUnits=3000"}).minimum_load_balancer_capacity == MinimumLoadBalancerCapacity(
        capacity_units=3000
    )
    assert balancer({CAPACITY: "CapacityUnits=0"}).minimum_load_balancer_capacity == MinimumLoadBalancerCapacity(
        capacity_units=0
    )
    assert balancer({}).minimum_load_balancer_capacity is None


def test_capacity_is_not_even_read_when_the_gate_is_off() -> None:
    off = MappingSettings(cluster_name="demo", lb_capacity_reservation=False)

    built = stack(service(annotations={CAPACITY: "nonsense"}), settings=off)

    assert load_balancer(built).minimum_load_balancer_capacity is None


def test_a_bad_capacity_tells_the_annotation() -> None:
    assert fault(service(annotations={CAPACITY: "CapacityUnits=-5"})).startswith(
        f"service.beta.kubernetes.io/{CAPACITY}: "
    )


def test_the_private_link_setting_is_left_alone_unless_given() -> None:
    assert balancer({}).security_groups_inbound_rules_on_private_link is None
    assert balancer({PRIVATE_LINK: "off"}).security_groups_inbound_rules_on_private_link == "off"


@pytest.mark.parametrize("word", ["ON", "true", ""])
def test_another_private_link_word_is_refused(word: str) -> None:
    assert "must be on or off" in fault(service(annotations={PRIVATE_LINK: word}))

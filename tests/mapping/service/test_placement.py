"""Scheme, IP address type and subnets: annotation, then what exists, then the flag or discovery."""

import pytest

from albc.mapping.settings import MappingSettings
from tests.mapping.service.kit import existing, fault, load_balancer, service, stack

SCHEME = "aws-load-balancer-scheme"
INTERNAL = "aws-load-balancer-internal"
SUBNETS = "aws-load-balancer-subnets"
IP_TYPE = "aws-load-balancer-ip-address-type"


def scheme(annotations: dict[str, str], existing_scheme: str | None = None, flag: str = "internal") -> str:
    settings = MappingSettings(cluster_name="demo", default_load_balancer_scheme=flag)
    subject = service(annotations=annotations)
    if existing_scheme is None:
        return load_balancer(stack(subject, settings=settings)).scheme
    return load_balancer(stack(subject, facts=existing(existing_scheme), settings=settings)).scheme


def subnets(subject_annotations: dict[str, str], existing_scheme: str | None = None) -> list[str]:
    subject = service(annotations=subject_annotations)
    built = stack(subject, facts=existing(existing_scheme)) if existing_scheme else stack(subject)
    return [mapping.subnet_id for mapping in load_balancer(built).subnet_mapping]


def test_the_scheme_annotation_wins_over_everything() -> None:
    assert scheme({SCHEME: "internet-facing", INTERNAL: "true"}, "internal") == "internet-facing"


def test_a_valid_scheme_hides_a_bad_internal_annotation() -> None:
    assert scheme({SCHEME: "internal", INTERNAL: "FaLsE"}) == "internal"


@pytest.mark.parametrize(("word", "expected"), [("true", "internal"), ("0", "internet-facing")])
def test_the_older_annotation_wins_over_what_exists(word: str, expected: str) -> None:
    other = "internet-facing" if expected == "internal" else "internal"

    assert scheme({INTERNAL: word}, other) == expected


def test_a_load_balancer_keeps_its_scheme_when_the_flag_changes() -> None:
    assert scheme({}, "internet-facing", flag="internal") == "internet-facing"


def test_a_new_load_balancer_gets_the_scheme_of_the_flag() -> None:
    assert scheme({}, flag="internet-facing") == "internet-facing"


@pytest.mark.parametrize("word", ["public", "Internal", "", " internal"])
def test_an_unknown_scheme_is_refused_with_the_known_ones(word: str) -> None:
    message = fault(service(annotations={SCHEME: word}))

    assert f'{SCHEME}: the value "{word}" must be internal or internet-facing' in message


def test_a_bad_internal_annotation_is_refused_where_it_counts() -> None:
    assert INTERNAL in fault(service(annotations={INTERNAL: "FaLsE"}))


@pytest.mark.parametrize("word", ["dualstack-without-public-ipv4", "IPv4", ""])
def test_an_unknown_ip_address_type_is_refused(word: str) -> None:
    assert "must be ipv4 or dualstack" in fault(service(annotations={IP_TYPE: word}))


def test_the_ip_address_type_is_ipv4_unless_said_otherwise() -> None:
    assert load_balancer(stack(service())).ip_address_type == "ipv4"
    assert load_balancer(stack(service(annotations={IP_TYPE: "dualstack"}))).ip_address_type == "dualstack"


def test_named_subnets_stay_in_the_order_in_which_they_are_named() -> None:
    assert subnets({SUBNETS: "subnet-2, internal-elb-a"}) == ["subnet-2", "subnet-1"]


def test_a_load_balancer_keeps_its_subnets() -> None:
    assert subnets({}, "internal") == ["subnet-2"]


def test_a_change_of_scheme_finds_new_subnets() -> None:
    assert subnets({SCHEME: "internet-facing"}, "internal") == ["subnet-3", "subnet-4"]


def test_without_anything_subnets_are_discovered() -> None:
    assert subnets({}) == ["subnet-1", "subnet-2"]


def test_a_fault_of_named_subnets_tells_the_annotation() -> None:
    assert fault(service(annotations={SUBNETS: "nowhere"})).startswith(f"service.beta.kubernetes.io/{SUBNETS}: ")


def test_an_empty_list_of_subnets_is_refused() -> None:
    assert "at least one subnet" in fault(service(annotations={SUBNETS: ","}))

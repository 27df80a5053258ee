"""Which Services are ours: the class decides alone, and without one the type annotation."""

from collections.abc import Mapping
from typing import Any

import pytest

from albc.mapping.service.selection import FINALIZER, is_ours, pending_finalization, protected
from albc.mapping.settings import MappingSettings
from tests.mapping.service.kit import CLASS, SETTINGS, service

TYPE = "aws-load-balancer-type"
TARGET_TYPE = "aws-load-balancer-nlb-target-type"


@pytest.mark.parametrize(("class_", "ours"), [(CLASS, True), ("other", False), ("", False), (CLASS + "x", False)])
def test_a_class_decides_whatever_the_annotations_say(class_: str, ours: bool) -> None:
    assert is_ours(service(loadBalancerClass=class_, annotations={TYPE: "nlb-ip"}), SETTINGS) is ours


def test_the_class_is_that_of_the_flag() -> None:
    settings = MappingSettings(cluster_name="demo", load_balancer_class="example.com/nlb")

    assert is_ours(service(loadBalancerClass="example.com/nlb"), settings)
    assert not is_ours(service(loadBalancerClass=CLASS), settings)


@pytest.mark.parametrize(
    ("annotations", "ours"),
    [
        ({}, False),
        ({TYPE: "nlb-ip"}, True),
        ({TYPE: "external"}, False),
        ({TYPE: "external", TARGET_TYPE: "ip"}, True),
        ({TYPE: "external", TARGET_TYPE: "instance"}, True),
        ({TYPE: "external", TARGET_TYPE: "lambda"}, False),
        ({TYPE: "External", TARGET_TYPE: "ip"}, False),
        ({TYPE: "nlb"}, False),
        ({TYPE: "nlb-ddd"}, False),
    ],
)
def test_without_class_the_type_annotation_decides(annotations: Mapping[str, str], ours: bool) -> None:
    assert is_ours(service(loadBalancerClass=None, annotations=annotations), SETTINGS) is ours


@pytest.mark.parametrize("type_", ["NodePort", "ClusterIP", "ExternalName"])
def test_other_types_of_service_are_ours_unless_the_gate_says_otherwise(type_: str) -> None:
    subject = service(type=type_, loadBalancerClass=None, annotations={TYPE: "nlb-ip"})
    only = MappingSettings(cluster_name="demo", service_type_load_balancer_only=True)

    assert is_ours(subject, SETTINGS)
    assert not is_ours(subject, only)


def test_a_service_that_is_being_deleted_is_not_ours() -> None:
    assert not is_ours(service(deleted=True), SETTINGS)


def test_only_our_finalizer_says_that_something_may_be_left() -> None:
    assert pending_finalization(service(finalizers=["other", FINALIZER]))
    assert not pending_finalization(service(finalizers=["other"]))


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("deletion_protection.enabled=true", True),
        ("deletion_protection.enabled=T", True),
        ("deletion_protection.enabled=false", False),
        ("deletion_protection.enabled=maybe", False),
        ("not a map", False),
    ],
)
def test_protection_is_read_and_a_malformed_value_protects_nothing(attributes: str, expected: bool) -> None:
    assert protected(service(annotations={"aws-load-balancer-attributes": attributes})) is expected


def test_a_service_without_attributes_is_not_protected() -> None:
    nothing: dict[str, Any] = {}

    assert not protected(service(annotations=nothing))

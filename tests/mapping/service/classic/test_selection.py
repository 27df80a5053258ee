"""Only the class makes a Service one of ours."""

from dataclasses import replace

import pytest

from albc.mapping.service import selection as network
from albc.mapping.service.classic.selection import FINALIZER, is_ours, load_balancer_name
from tests.mapping.service.classic.kit import CLASS, NAME, annotated, built, service
from tests.mapping.service.kit import SETTINGS


def test_the_class_selects() -> None:
    assert is_ours(service(), SETTINGS)


@pytest.mark.parametrize("other", ["service.k8s.aws/nlb", "", None, "service.k8s.aws/CLB"])
def test_another_class_or_none_does_not(other: str | None) -> None:
    assert not is_ours(service(loadBalancerClass=other), SETTINGS)


@pytest.mark.parametrize("type_", ["clb", "classic", "nlb", "", "external"])
def test_no_annotation_selects(type_: str) -> None:
    subject = service(annotations={"aws-load-balancer-type": type_}, loadBalancerClass=None)

    assert not is_ours(subject, SETTINGS)


def test_the_class_is_a_setting() -> None:
    settings = replace(SETTINGS, classic_load_balancer_class="example.com/old")

    assert is_ours(service(loadBalancerClass="example.com/old"), settings)
    assert not is_ours(service(), settings)


@pytest.mark.parametrize("type_", ["NodePort", "ClusterIP", "ExternalName"])
def test_other_types_are_not_ours(type_: str) -> None:
    assert not is_ours(service(type=type_), SETTINGS)


def test_a_deleted_service_is_not_ours_and_has_an_empty_stack() -> None:
    subject = service(deleted=True, finalizers=[FINALIZER])
    stack = built(subject).stack

    assert not is_ours(subject, SETTINGS)
    assert stack is not None
    assert not stack.resources


def test_with_the_gate_off_only_deleted_services_are_touched() -> None:
    off = replace(SETTINGS, classic_load_balancer=False)

    assert built(service(), settings=off).stack is None
    assert not built(service(), settings=off).problems
    deleted = built(service(deleted=True), settings=off).stack
    assert deleted is not None
    assert not deleted.resources


def test_network_load_balancers_have_another_class_and_another_finalizer() -> None:
    assert not network.is_ours(service(), SETTINGS)
    assert not network.is_ours(service(annotations={"aws-load-balancer-type": "nlb-ip"}), SETTINGS)
    assert network.FINALIZER != FINALIZER


def test_the_name_is_that_of_the_in_tree_provider() -> None:
    assert load_balancer_name(service()) == NAME
    assert len(NAME) == 32


def test_the_class_of_network_load_balancers_leaves_classic_annotations_alone() -> None:
    assert built(annotated(connection_idle_timeout="soon")).stack is None
    assert SETTINGS.load_balancer_class != CLASS

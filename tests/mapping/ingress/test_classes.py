"""Which Ingresses are ours (spec/ingress.md §2)."""

from collections.abc import Iterable

import pytest

from albc.crds.ingress_class_params import IngressClassParams
from albc.kube.objects import Ingress
from albc.mapping.ingress.classes import Claim, claim
from albc.mapping.invalid import Invalid
from tests.mapping.ingress.kit import SETTINGS, Thing, class_with, ingress, ingress_class, namespace, settings, snapshot


def claimed(subject: Ingress, *things: Thing, ingress_class_flag: str = "alb") -> Claim | None:
    return claim(subject, snapshot(subject, *things), settings(ingress_class=ingress_class_flag))


def params_of(subject: Ingress, things: Iterable[Thing]) -> IngressClassParams | None:
    found = claim(subject, snapshot(subject, *things), SETTINGS)
    assert found is not None
    return found.params


def test_an_ingress_of_our_class_is_ours() -> None:
    assert claimed(ingress()) == Claim()


def test_a_class_of_another_controller_is_not_ours() -> None:
    assert claimed(ingress(), ingress_class(controller="example.com/nginx")) is None


def test_the_class_annotation_decides_alone_and_knows_no_parameters() -> None:
    things = class_with(name="other", scheme="internet-facing")

    assert params_of(ingress(class_annotation="alb", class_name="other"), things) is None
    assert claim(ingress(class_annotation="nginx"), snapshot(*things), SETTINGS) is None


@pytest.mark.parametrize(("value", "ours"), [("alb", True), ("", True), ("nginx", False)])
def test_an_empty_flag_takes_the_old_name_and_an_empty_annotation(value: str, ours: bool) -> None:
    assert (claimed(ingress(class_annotation=value), ingress_class_flag="") is not None) is ours


def test_without_any_class_only_an_empty_flag_makes_it_ours() -> None:
    assert claimed(ingress(class_name=None)) is None
    assert claimed(ingress(class_name=None), ingress_class_flag="") == Claim()


def test_the_default_class_is_that_of_ingresses_without() -> None:
    assert claimed(ingress(class_name=None), ingress_class("x", default=True)) == Claim()
    foreign = ingress_class("x", controller="example.com/nginx", default=True)
    assert claimed(ingress(class_name=None), foreign, ingress_class_flag="") is None


def test_two_default_classes_are_a_fault_of_ingresses_without_class_alone() -> None:
    classes = (ingress_class("x", default=True), ingress_class("y", default=True), ingress_class())

    assert claimed(ingress(), *classes) == Claim()
    with pytest.raises(Invalid, match="multiple default IngressClasses found: x, y"):
        claimed(ingress(class_name=None), *classes)


def test_a_missing_class_is_named() -> None:
    with pytest.raises(Invalid, match="IngressClass gone does not exist") as caught:
        claimed(ingress(class_name="gone"))

    assert caught.value.reason == "FailedLoadGroupID"


@pytest.mark.parametrize(
    "parameters",
    [
        {"kind": "IngressClassParams", "name": "params"},
        {"apiGroup": "example.com", "kind": "IngressClassParams", "name": "params"},
        {"apiGroup": "elbv2.k8s.aws", "kind": "ConfigMap", "name": "params"},
    ],
)
def test_parameters_of_another_kind_are_refused(parameters: dict[str, str]) -> None:
    _, params = class_with()

    with pytest.raises(Invalid, match="references unknown parameters"):
        claimed(ingress(), ingress_class(parameters=parameters), params)


def test_missing_parameters_are_named() -> None:
    with pytest.raises(Invalid, match="IngressClassParams params of IngressClass alb does not exist"):
        claimed(ingress(), class_with()[0])


def test_parameters_are_for_the_namespaces_that_they_select() -> None:
    things = class_with(namespaceSelector={"matchLabels": {"team": "shop"}})

    assert claimed(ingress(), *things, namespace("shop", team="shop"))
    with pytest.raises(Invalid, match="does not select namespace shop"):
        claimed(ingress(), *things, namespace("shop", team="blog"))
    with pytest.raises(Invalid, match=r"namespace shop .* is not known"):
        claimed(ingress(), *things)


@pytest.mark.parametrize("selector", [None, {}])
def test_no_selector_and_an_empty_one_select_all_namespaces(selector: dict[str, str] | None) -> None:
    assert claimed(ingress(), *class_with(namespaceSelector=selector), namespace("shop"))

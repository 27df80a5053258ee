"""What the admission webhooks refuse (spec/ingress.md §3, §6)."""

from typing import Any

import pytest
from msgspec.structs import replace

from albc.crds.ingress_class_params import IngressClassParams
from albc.kube.objects import Ingress
from albc.mapping.ingress.admission import check_ingress, class_params_faults, refusals
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from tests.mapping.ingress.kit import SETTINGS, class_with, ingress, ingress_class, rule, settings, snapshot

BAD_CONDITION = {"conditions.cart": [{"field": "source-ip"}]}


def refused(new: Ingress, old: Ingress | None = None, *things: Any, settings: MappingSettings = SETTINGS) -> str | None:
    """Why, or None."""
    try:
        check_ingress(new, old, snapshot(*things), settings)
    except Invalid as fault:
        return fault.message
    return None


def test_a_plain_ingress_is_taken() -> None:
    assert refused(ingress()) is None


def test_what_is_not_ours_is_not_judged() -> None:
    foreign = ingress_class(controller="example.com/nginx")

    assert refused(ingress(annotations=BAD_CONDITION), None, foreign) is None
    assert refused(ingress(annotations=BAD_CONDITION, class_annotation="nginx")) is None
    assert refused(ingress(annotations=BAD_CONDITION, class_name=None)) is None


def test_a_missing_class_is_refused_but_missing_parameters_are_not() -> None:
    assert "IngressClass gone does not exist" in str(refused(ingress(class_name="gone")))
    assert refused(ingress(), None, class_with()[0]) is None


def test_a_finalizer_may_go_though_the_class_is_gone() -> None:
    old = ingress(class_name="gone", finalizers=["ingress.k8s.aws/resources"])

    assert refused(ingress(class_name="gone"), old) is None
    assert refused(ingress(class_name="gone", deleted=True), None) is None


def test_a_change_to_a_missing_class_is_refused() -> None:
    assert "IngressClass gone does not exist" in str(refused(ingress(class_name="gone"), ingress()))


NO_CLASS_ANNOTATION = settings(disable_ingress_class_annotation=True)
NO_GROUP_ANNOTATION = settings(disable_ingress_group_name_annotation=True)


def test_the_class_annotation_may_be_forbidden_to_newcomers() -> None:
    annotated = ingress(class_annotation="alb", class_name=None)

    assert "new usage" in str(refused(annotated, settings=NO_CLASS_ANNOTATION))
    assert "new usage" in str(refused(annotated, ingress(), settings=NO_CLASS_ANNOTATION))
    changed = ingress(class_annotation="alb", class_name=None, annotations={"scheme": "internal"})
    assert refused(changed, annotated, settings=NO_CLASS_ANNOTATION) is None
    assert refused(annotated) is None


def test_the_group_annotation_may_be_forbidden_to_newcomers() -> None:
    def grouped(name: str, **annotations: str) -> Ingress:
        return ingress(annotations={"group.name": name, **annotations})

    assert "new usage" in str(refused(grouped("a"), settings=NO_GROUP_ANNOTATION))
    assert "new usage" in str(refused(grouped("a"), grouped("b"), settings=NO_GROUP_ANNOTATION))
    assert refused(grouped("a", scheme="internal"), grouped("a"), settings=NO_GROUP_ANNOTATION) is None
    assert refused(grouped("a")) is None


def test_conditions_of_backends_are_checked() -> None:
    assert "conditions.cart" in str(refused(ingress(annotations=BAD_CONDITION)))
    assert refused(ingress(annotations={"conditions.unused": "nonsense"})) is None
    assert refused(ingress({"host": "a.com"}, annotations=BAD_CONDITION)) is None


def test_a_backend_that_is_no_service_is_refused_with_a_message() -> None:
    resource = {"path": "/x", "pathType": "Prefix", "backend": {"resource": {"kind": "Bucket", "name": "x"}}}

    assert 'missing required "service" field in the backend of path /x' in str(refused(ingress(rule(resource))))


def test_an_update_that_changes_nothing_is_taken_whatever_the_object_is_like() -> None:
    subject = ingress(annotations=BAD_CONDITION)
    relabelled = replace(subject, metadata=replace(subject.metadata, labels={"a": "1"}))

    assert refused(relabelled, subject) is None


def params(**spec: Any) -> IngressClassParams:
    return class_with(**spec)[1]


@pytest.mark.parametrize(
    ("cidr", "told"),
    [
        ("x", "Could not be parsed as a CIDR"),
        ("10.0.0.0/33", "Could not be parsed as a CIDR"),
        ("10.0.0.0/x", "Could not be parsed as a CIDR"),
        ("10.0.0.0/255.0.0.0", "Could not be parsed as a CIDR"),
        ("10.0.0.1", 'did you mean "10.0.0.1/32"'),
        ("2001:db8::1", 'did you mean "2001:db8::1/64"'),
        ("10.0.0.1/8", 'Network contains bits outside prefix (did you mean "10.0.0.0/8")'),
    ],
)
def test_cidrs_of_a_class_are_strict_and_come_with_a_hint(cidr: str, told: str) -> None:
    [fault] = class_params_faults(params(inboundCIDRs=["10.0.0.0/8", cidr]))

    assert fault.startswith(f'spec.inboundCIDRs[1]: Invalid value: "{cidr}"')
    assert told in fault


@pytest.mark.parametrize(
    ("subnets", "told"),
    [
        ({}, "must have either `ids` or `tags`"),
        ({"ids": ["subnet-1"], "tags": {"a": ["b"]}}, "may not have both `ids` and `tags` set"),
        ({"ids": ["subnet-1", "subnet-2", "subnet-1"]}, 'spec.subnets.ids[2]: Duplicate value: "subnet-1"'),
        ({"tags": {}}, "must have at least one tag key"),
        ({"tags": {"a": ["x", "x"]}}, 'spec.subnets.tags[a][1]: Duplicate value: "x"'),
    ],
)
def test_subnets_of_a_class_are_ids_or_tags(subnets: dict[str, Any], told: str) -> None:
    [fault] = class_params_faults(params(subnets=subnets))

    assert told in fault


def test_sound_parameters_are_taken() -> None:
    assert class_params_faults(params(inboundCIDRs=["10.0.0.0/8", "::/0"], subnets={"ids": ["subnet-1"]})) == ()


def test_refusals_of_a_cluster_are_told_on_their_objects() -> None:
    cluster = snapshot(ingress(annotations=BAD_CONDITION), *class_with(subnets={}))

    assert [problem.object.kind for problem in refusals(cluster, SETTINGS)] == ["Ingress", "IngressClassParams"]

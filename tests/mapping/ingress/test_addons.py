"""WAFv2, WAF Classic and Shield (spec/ingress.md §20)."""

from typing import Any

import pytest

from albc.kube.objects import Ingress
from albc.model.addons import ShieldProtection, WAFRegionalAssociation, WAFv2Association
from tests.mapping.ingress.kit import Thing, annotated, built, class_with, errors, fault, ingress, stack


def web_acl(*things: Thing, **more: Any) -> str | None:
    found = stack(*things, **more).all(WAFv2Association)
    return found[0].web_acl_arn if found else None


def classic(*things: Thing, **more: Any) -> str | None:
    found = stack(*things, **more).all(WAFRegionalAssociation)
    return found[0].web_acl_id if found else None


def member(name: str, **annotations: str) -> Ingress:
    return ingress(
        name=name, annotations={"group.name": "edge", **{k.replace("_", "-"): v for k, v in annotations.items()}}
    )


def test_without_annotations_associations_are_left_alone() -> None:
    built_stack = stack(ingress())

    assert not built_stack.all(WAFv2Association)
    assert not built_stack.all(WAFRegionalAssociation)
    assert not built_stack.all(ShieldProtection)


@pytest.mark.parametrize(("arn", "expected"), [("arn:acl/x", "arn:acl/x"), ("none", ""), ("", "")])
def test_a_web_acl_by_arn(arn: str, expected: str) -> None:
    assert web_acl(annotated(wafv2_acl_arn=arn)) == expected


def test_a_web_acl_by_name_goes_before_one_by_arn() -> None:
    assert web_acl(annotated(wafv2_acl_arn="arn:acl/x", wafv2_acl_name="shield")) == "arn:acl/shield"
    assert web_acl(member("a", wafv2_acl_arn="arn:acl/x"), member("b", wafv2_acl_name="shield"), group="edge") == (
        "arn:acl/shield"
    )


def test_the_name_none_takes_the_association_away_and_an_empty_name_says_nothing() -> None:
    assert web_acl(annotated(wafv2_acl_name="none")) == ""
    assert web_acl(annotated(wafv2_acl_name="")) is None


def test_the_class_goes_before_the_annotation() -> None:
    assert web_acl(annotated(wafv2_acl_arn="arn:acl/x"), *class_with(wafv2AclArn="arn:acl/y")) == "arn:acl/y"
    assert web_acl(annotated(wafv2_acl_name="gone"), *class_with(wafv2AclName="shield")) == "arn:acl/shield"


def test_an_unknown_name_is_a_fault() -> None:
    assert "couldn't find WAFv2 WebACL with name: gone" in fault(annotated(wafv2_acl_name="gone"))


@pytest.mark.parametrize(
    ("annotation", "values"),
    [("wafv2_acl_arn", ("x", "y")), ("wafv2_acl_arn", ("none", "")), ("waf_acl_id", ("x", "y"))],
)
def test_a_member_that_wants_another_web_acl_is_left_out(annotation: str, values: tuple[str, str]) -> None:
    result = built(member("a", **{annotation: values[0]}), member("b", **{annotation: values[1]}), group="edge")

    assert [ref.name for ref in result.left_out] == ["b"]


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({"web_acl_id": "old"}, "old"),
        ({"waf_acl_id": "new", "web_acl_id": "old"}, "new"),
        ({"waf_acl_id": "none"}, ""),
        ({"waf_acl_id": "", "web_acl_id": "old"}, None),
    ],
)
def test_a_classic_acl_by_its_newer_or_older_name(annotations: dict[str, str], expected: str | None) -> None:
    assert classic(annotated(**annotations)) == expected


def test_shield_is_what_the_first_member_says() -> None:
    result = built(
        member("a", shield_advanced_protection="false"), member("b", shield_advanced_protection="true"), group="edge"
    )

    assert result.stack is not None
    assert [each.enabled for each in result.stack.all(ShieldProtection)] == [False]
    assert [problem.object.name for problem in errors(result)] == ["b"]

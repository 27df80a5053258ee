"""TargetGroupBindings on their way in (spec/targets.md §4.2, §4.3)."""

from typing import Any

import pytest

from albc.crds.target_group_binding import TargetGroupBinding, TargetGroupBindingSpec
from albc.webhooks.bindings import (
    Lookup,
    LookupFailed,
    Surroundings,
    TargetGroupFacts,
    lacks_defaults,
    mutate_binding,
    needs_target_group,
    validate_binding,
)
from albc.webhooks.review import ALLOWED, Denied, MalformedReview, Verdict

ARN = "arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/web/0123456789abcdef"
VPC = "vpc-0123456789abcdef0"
GROUP = TargetGroupFacts(ARN, "ip", "", VPC, "HTTP")
FULL: dict[str, Any] = {
    "targetGroupARN": ARN,
    "targetType": "ip",
    "ipAddressType": "ipv4",
    "vpcID": VPC,
    "targetGroupProtocol": "HTTP",
}


def binding(uid: str = "u1", name: str = "web", without: tuple[str, ...] = (), **spec: Any) -> dict[str, Any]:
    fields = {key: value for key, value in (FULL | spec).items() if key not in without}
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": uid},
        "spec": {"serviceRef": {"name": "web", "port": 80}} | fields,
    }


def bare(**spec: Any) -> dict[str, Any]:
    return binding(without=tuple(FULL)) | {"spec": {"serviceRef": {"name": "web", "port": 80}} | spec}


# Filling in


def test_what_is_left_out_comes_from_the_target_group(review: Any, admitted: Any) -> None:
    asked = review(bare(targetGroupName="web"))

    assert admitted(asked, mutate_binding(asked, GROUP))["spec"] == {
        "serviceRef": {"name": "web", "port": 80},
        "targetGroupName": "web",
        **FULL,
    }


def test_what_is_given_stays(review: Any, admitted: Any) -> None:
    asked = review(binding(targetType="instance", without=("vpcID",)))

    assert admitted(asked, mutate_binding(asked, GROUP)) == binding(targetType="instance")


def test_a_whole_binding_needs_nothing_from_aws(review: Any) -> None:
    asked = review(binding())

    assert not lacks_defaults(TargetGroupBinding.model_validate(asked.object).spec)
    assert mutate_binding(asked, None) == ALLOWED


def test_an_update_is_not_filled_in(review: Any) -> None:
    assert mutate_binding(review(bare(), binding()), None) == ALLOWED


@pytest.mark.parametrize(
    ("spec", "lookup", "message", "check"),
    [
        ({}, None, "must provide either TargetGroupARN or TargetGroupName", "checkTargetGroupArnOrName"),
        ({"targetGroupName": "x"}, LookupFailed("no"), "no", "getArnFromNameIfNeeded"),
        ({"targetGroupARN": ARN}, LookupFailed("no"), "couldn't determine TargetType: no", "defaultingTargetType"),
        (
            {"targetGroupARN": ARN},
            TargetGroupFacts(ARN, "lambda", "", "", ""),
            "unsupported TargetType: lambda",
            "defaultingTargetType",
        ),
        (
            {"targetGroupARN": ARN, "targetType": "ip"},
            LookupFailed("no"),
            "unable to get target group IP address type: no",
            "defaultingIPAddressType",
        ),
        (
            {"targetGroupARN": ARN, "targetType": "ip"},
            TargetGroupFacts(ARN, "ip", "dualstack", "", ""),
            "unable to get target group IP address type: unsupported IPAddressType: dualstack",
            "defaultingIPAddressType",
        ),
        (
            {"targetGroupARN": ARN, "targetType": "ip", "ipAddressType": "ipv4"},
            LookupFailed("no"),
            "unable to get target group VpcID: no",
            "defaultingVpcID",
        ),
        (
            {"targetGroupARN": ARN, "targetType": "ip", "ipAddressType": "ipv4", "vpcID": VPC},
            LookupFailed("no"),
            "couldn't determine TargetGroup protocol: no",
            "defaultingTargetGroupProtocol",
        ),
    ],
)
def test_what_cannot_be_filled_in_is_told_by_its_field(
    review: Any, spec: dict[str, Any], lookup: Lookup, message: str, check: str
) -> None:
    assert mutate_binding(review(bare(**spec)), lookup) == Denied(message, check)


# Refusing


def judged(asked: Any, lookup: Lookup = GROUP, *others: dict[str, Any], vpc: str = "vpc-own") -> Verdict:
    bindings = [TargetGroupBinding.model_validate(other) for other in others]
    return validate_binding(asked, lookup, Surroundings(bindings, vpc))


def message(verdict: Verdict) -> str | None:
    return verdict.message if isinstance(verdict, Denied) else None


def test_a_sound_binding_is_taken(review: Any) -> None:
    assert judged(review(binding())) == ALLOWED
    assert judged(review(binding(), binding())) == ALLOWED


def test_an_object_that_goes_is_not_judged(review: Any) -> None:
    assert judged(review(None, bare(), operation="DELETE")) == ALLOWED


def test_both_required_fields_are_named_at_once(review: Any) -> None:
    assert message(judged(review(bare()))) == (
        "TargetGroupBinding must specify these fields: either TargetGroupARN or TargetGroupName,spec.targetType"
    )


def test_a_name_that_cannot_be_found_is_told(review: Any) -> None:
    verdict = judged(review(binding(targetGroupName="x", without=("targetGroupARN",))), LookupFailed("not found"))

    assert verdict == Denied("searching TargetGroup with name x: not found", "checkRequiredFields")


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        ({}, {"targetGroupARN": ARN + "0"}, "spec.targetGroupARN"),
        ({}, {"targetType": "instance"}, "spec.targetType"),
        ({"ipAddressType": "ipv4"}, {"ipAddressType": "ipv6"}, "spec.ipAddressType"),
        ({"ipAddressType": None}, {"ipAddressType": "ipv6"}, "spec.ipAddressType"),
        ({"ipAddressType": "ipv4"}, {"ipAddressType": None}, "spec.ipAddressType"),
        ({}, {"vpcID": "vpc-11111111"}, "spec.vpcID"),
        ({}, {"vpcID": ""}, "spec.vpcID"),
        ({"vpcID": ""}, {"vpcID": VPC}, "spec.vpcID"),
        (
            {},
            {"targetGroupARN": "x", "targetType": "instance", "vpcID": ""},
            "spec.targetGroupARN,spec.targetType,spec.vpcID",
        ),
    ],
)
def test_what_may_not_change_is_named(review: Any, before: Any, after: Any, fields: str) -> None:
    verdict = judged(review(binding(**after), binding(**before)))

    assert verdict == Denied(
        f"TargetGroupBinding update may not change these immutable fields: {fields}", "checkImmutableFields"
    )


def test_what_was_meant_may_be_said(review: Any) -> None:
    asked = review(binding(ipAddressType="ipv4", vpcID=VPC), binding(ipAddressType=None, vpcID=""))

    assert judged(asked, vpc=VPC) == ALLOWED


def test_a_node_selector_is_for_instances(review: Any) -> None:
    verdict = judged(review(binding(nodeSelector={"matchLabels": {"a": "b"}})))

    assert message(verdict) == "TargetGroupBinding cannot set NodeSelector when TargetType is ip"


def test_another_binding_of_the_same_target_group_is_named(review: Any) -> None:
    verdict = judged(review(binding()), GROUP, binding(), binding("u2", "a"), binding("u3", "b"))

    assert "TargetGroupBindings [shop/a shop/b]" in str(message(verdict))


def test_multi_cluster_bindings_may_share_if_all_say_so(review: Any) -> None:
    asked = review(binding(multiClusterTargetGroup=True))

    assert judged(asked, GROUP, binding("u2", multiClusterTargetGroup=True)) == ALLOWED
    assert isinstance(judged(asked, GROUP, binding("u2")), Denied)


@pytest.mark.parametrize(
    ("spec", "lookup", "check"),
    [
        ({"ipAddressType": "ipv6"}, GROUP, "checkTargetGroupIPAddressType"),
        ({}, LookupFailed("no"), "checkTargetGroupIPAddressType"),
        ({"vpcID": "vpc-XYZ"}, GROUP, "checkTargetGroupVpcID"),
        ({"vpcID": "vpc-00000000"}, GROUP, "checkTargetGroupVpcID"),
        ({"targetType": "instance", "iamRoleArnToAssume": "arn:x"}, GROUP, "checkAssumeRoleConfig"),
        ({"targetGroupProtocol": "TCP"}, GROUP, "checkTargetGroupProtocol"),
        (
            {"targetType": "instance", "targetGroupProtocol": "QUIC"},
            TargetGroupFacts(ARN, "instance", "ipv4", VPC, "QUIC"),
            "checkTargetGroupProtocol",
        ),
    ],
)
def test_a_new_binding_fits_its_target_group(review: Any, spec: dict[str, Any], lookup: Lookup, check: str) -> None:
    verdict = judged(review(binding(**spec)), lookup)

    assert isinstance(verdict, Denied)
    assert verdict.check == check


def test_an_old_binding_is_judged_without_aws(review: Any) -> None:
    asked = review(binding(), binding())

    assert not needs_target_group(asked)
    assert judged(asked, None) == ALLOWED


def test_a_field_of_another_form_is_told(review: Any) -> None:
    with pytest.raises(MalformedReview, match=r"spec\.targetType"):
        judged(review(binding(targetType="lambda")))


def test_the_spec_that_lacks_nothing_is_the_full_one() -> None:
    spec = TargetGroupBindingSpec.model_validate(binding()["spec"])

    assert not lacks_defaults(spec)
    for field in FULL:
        assert lacks_defaults(TargetGroupBindingSpec.model_validate(binding(without=(field,))["spec"])), field

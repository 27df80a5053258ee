"""Weighted forwards beside a Service's own targets."""

import json
from typing import Any

import pytest

from albc.model.actions import Forward, Stickiness, TargetGroupTuple
from albc.model.reference import Ref
from albc.model.stack import Stack
from tests.mapping.service.kit import IP, built, fault, listener, service, stack, target_group

GIVEN = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/given/1"
CANARY = service({"name": "http", "port": 81, "targetPort": 8081}, name="canary", type="ClusterIP")


def ref(name: str, port: int) -> Ref:
    return Ref("AWS::ElasticLoadBalancingV2::TargetGroup", f"shop/{name}:{port}", "targetGroupARN")


def to_canary(**item: Any) -> dict[str, Any]:
    return {"serviceName": "canary", "servicePort": 81, **item}


def action(*items: dict[str, Any], **config: Any) -> dict[str, str]:
    document = {"type": "forward", "forwardConfig": {"targetGroups": list(items), **config}}
    return {**IP, "actions.TCP-80": json.dumps(document)}


def forward(built_stack: Stack, port: int = 80) -> Forward:
    [only] = listener(built_stack, port).default_actions
    assert isinstance(only, Forward)
    return only


def test_a_listener_forwards_to_the_services_own_targets() -> None:
    assert forward(stack(service())) == Forward(target_groups=(TargetGroupTuple(target_group_arn=ref("web", 80)),))


def test_others_share_the_traffic_by_weight_after_the_service_itself() -> None:
    subject = service(
        annotations=action({"targetGroupARN": GIVEN, "weight": 10}, to_canary(weight=20), baseServiceWeight=70)
    )

    assert forward(stack(subject, CANARY)).target_groups == (
        TargetGroupTuple(target_group_arn=ref("web", 80), weight=70),
        TargetGroupTuple(target_group_arn=GIVEN, weight=10),
        TargetGroupTuple(target_group_arn=ref("canary", 81), weight=20),
    )


@pytest.mark.parametrize("port", [81, "http"])
def test_another_service_is_named_with_a_port_by_number_or_name(port: int | str) -> None:
    built_stack = stack(service(annotations=action(to_canary(servicePort=port))), CANARY)

    assert (target_group(built_stack, 81, "canary").port, target_group(built_stack, 81, "canary").protocol) == (
        8081,
        "TCP",
    )


def test_the_services_own_annotations_count_for_the_targets_of_others() -> None:
    annotations = {**action(to_canary()), "aws-load-balancer-healthcheck-interval": "30"}

    check = target_group(stack(service(annotations=annotations), CANARY), 81, "canary").health_check

    assert check is not None
    assert check.interval_seconds == 30


def test_an_empty_list_leaves_the_service_alone_with_its_weight() -> None:
    assert forward(stack(service(annotations=action(baseServiceWeight=5)))).target_groups == (
        TargetGroupTuple(target_group_arn=ref("web", 80), weight=5),
    )


@pytest.mark.parametrize(("given", "expected"), [({"enabled": True}, True), ({}, None)])
def test_stickiness_is_passed_on(given: dict[str, bool], expected: bool | None) -> None:
    subject = service(annotations=action(targetGroupStickinessConfig=given))

    assert forward(stack(subject)).stickiness == Stickiness(enabled=expected)


@pytest.mark.parametrize(("decrypt", "protocol"), [(True, "TCP"), (False, "TLS")])
def test_behind_tls_the_targets_of_others_get_tls_unless_it_is_decrypted(decrypt: bool, protocol: str) -> None:
    [document] = [text for suffix, text in action(to_canary(decrypt=decrypt)).items() if suffix.startswith("actions")]
    annotations = {
        **IP,
        "aws-load-balancer-ssl-cert": "arn:aws:acm:eu-west-1:1:certificate/1",
        "actions.TLS-80": document,
    }

    assert target_group(stack(service(annotations=annotations), CANARY), 81, "canary").protocol == protocol


def test_field_names_are_read_whatever_their_case() -> None:
    config = {"TargetGroups": [{"TargetGroupArn": GIVEN, "Weight": 1}]}
    document = json.dumps({"Type": "forward", "ForwardConfig": config})

    groups = forward(stack(service(annotations={**IP, "actions.TCP-80": document}))).target_groups

    assert groups[1] == TargetGroupTuple(target_group_arn=GIVEN, weight=1)


def test_two_ports_that_name_one_target_group_share_it() -> None:
    ports = [{"name": "a", "port": 80, "targetPort": 8080}, {"name": "b", "port": 90, "targetPort": 9090}]
    annotations = action(to_canary())
    annotations["actions.TCP-90"] = annotations["actions.TCP-80"]

    built_stack = stack(service(*ports, annotations=annotations), CANARY)

    assert forward(built_stack, 80).target_groups[1] == forward(built_stack, 90).target_groups[1]


SHARED = [{"name": "a", "port": 80, "targetPort": 8080}, {"name": "b", "port": 90, "targetPort": 9090}]


def test_with_merging_the_lower_port_decides_the_name_of_a_shared_target_group() -> None:
    # Port 80 leads to port 90 of the same Service by an action, so that target group bears the UID twice in its hash.
    annotations = action({"serviceName": "web", "servicePort": 90})
    annotations["aws-load-balancer-enable-tcp-udp-listener"] = "true"

    one = stack(service(*SHARED, annotations=annotations))
    other = stack(service(*reversed(SHARED), annotations=annotations))

    assert target_group(one, 90).name == target_group(other, 90).name
    assert target_group(one, 90).name != target_group(stack(service(*SHARED, annotations=IP)), 90).name


def test_without_merging_the_port_that_stands_first_decides_it_as_in_the_reference() -> None:
    annotations = action({"serviceName": "web", "servicePort": 90})

    by_action = stack(service(*SHARED, annotations=annotations))
    by_port = stack(service(*reversed(SHARED), annotations=annotations))

    assert target_group(by_port, 90).name == target_group(stack(service(*SHARED, annotations=IP)), 90).name
    assert target_group(by_action, 90).name != target_group(by_port, 90).name


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({}, "precisely one of targetGroupARN and serviceName"),
        ({"targetGroupARN": GIVEN, "serviceName": "canary", "servicePort": 81}, "precisely one of"),
        ({"serviceName": "canary"}, 'service "canary" a servicePort'),
        ({"targetGroupARN": GIVEN, "weight": 1000}, "has a weight of 1000"),
        ({"targetGroupARN": GIVEN, "weight": -1}, "has a weight of -1"),
        ({"targetGroupARN": GIVEN, "weight": "10"}, "must have a whole number at forwardConfig.targetGroups[0].weight"),
        ({"serviceName": "nobody", "servicePort": 81}, 'Service "nobody" not found in namespace shop'),
        ({"serviceName": "canary", "servicePort": 99}, "unable to find port 99 on service shop/canary"),
        ({"serviceName": "canary", "servicePort": "81"}, "unable to find port 81 on service shop/canary"),
    ],
)
def test_a_wrong_item_is_refused_with_the_annotation_and_the_reason(item: dict[str, Any], message: str) -> None:
    told = fault(service(annotations=action(item)), CANARY)

    assert "actions.TCP-80" in told
    assert message in told


def test_several_items_need_weights() -> None:
    told = fault(service(annotations=action({"targetGroupARN": GIVEN}, to_canary(weight=1))), CANARY)

    assert "must give each of several target groups a weight" in told


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "is not valid JSON"),
        ("[]", "must be an object"),
        ("{}", "unknown action type"),
        ('{"type":"redirect"}', 'unknown action type "redirect"'),
        ('{"type":"forward"}', "must have a forwardConfig"),
        ('{"type":"forward","forwardConfig":{"baseServiceWeight":5000}}', "has a baseServiceWeight of 5000"),
    ],
)
def test_a_document_that_is_no_forward_is_refused(document: str, message: str) -> None:
    assert message in fault(service(annotations={**IP, "actions.TCP-80": document}))


def test_a_service_of_another_namespace_is_out_of_reach() -> None:
    result = built(service(annotations=action({"serviceName": "other/canary", "servicePort": 81})), CANARY)

    assert result.stack is None

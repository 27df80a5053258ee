"""What a backend does with a request: `actions.NAME` or a Service (spec/ingress.md §14.1, §14.2)."""

from typing import Any

import pytest

from albc.mapping.ingress.build import wants
from albc.model.actions import (
    ActionConfig,
    FixedResponse,
    Forward,
    Redirect,
    Stickiness,
    TargetGroupTuple,
)
from albc.model.target_group import TargetGroup
from tests.mapping.ingress.kit import (
    SETTINGS,
    action,
    fault,
    group_id,
    ingress,
    path,
    rule,
    rules,
    service,
    settings,
    snapshot,
    stack,
    target_group,
)


def subject(document: Any) -> Any:
    return ingress(rule(action("go")), annotations={"actions.go": document})


def acted(document: Any, *things: Any) -> ActionConfig:
    [only] = rules(stack(subject(document), *things))
    [found] = only.actions
    return found


def forward(*groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "forward", "forwardConfig": {"targetGroups": list(groups), **more}}


ONE = {"targetGroupARN": "arn:a"}


def fixed_with(**changes: str) -> dict[str, Any]:
    return {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "404", **changes}}


def redirect_with(**changes: str) -> dict[str, Any]:
    return {"type": "redirect", "redirectConfig": {"statusCode": "HTTP_301", **changes}}


def test_a_fixed_response_is_copied_with_what_is_set() -> None:
    full = {"contentType": "text/html", "messageBody": "", "statusCode": "404"}

    assert acted({"type": "fixed-response", "fixedResponseConfig": full}) == FixedResponse(
        content_type="text/html", message_body="", status_code="404"
    )
    bare = {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "404"}}
    assert acted(bare) == FixedResponse(status_code="404")


def test_a_redirect_is_copied_with_what_is_set() -> None:
    document = {"type": "redirect", "redirectConfig": {"host": "x.com", "port": "443", "statusCode": "HTTP_301"}}

    assert acted(document) == Redirect(host="x.com", port="443", status_code="HTTP_301")


def test_a_target_group_by_arn_in_the_simple_form() -> None:
    assert acted({"type": "forward", "TargetGroupArn": "arn:tg/x"}) == Forward(
        target_groups=(TargetGroupTuple(target_group_arn="arn:tg/x"),)
    )


def test_a_target_group_by_name_is_looked_up_and_an_arn_wins() -> None:
    by_name = {"type": "forward", "targetGroupName": "outside"}

    assert acted(by_name) == Forward(target_groups=(TargetGroupTuple(target_group_arn="arn:tg/outside"),))
    assert acted({**by_name, "targetGroupARN": "arn:tg/x"}) == Forward(
        target_groups=(TargetGroupTuple(target_group_arn="arn:tg/x"),)
    )


def test_only_names_are_asked_for() -> None:
    document = forward(
        {"targetGroupName": "outside", "weight": 1},
        {"targetGroupName": "x", "targetGroupARN": "arn:tg/x", "weight": 1},
    )

    assert wants(group_id("shop/web"), snapshot(subject(document)), SETTINGS).target_group_names == {"outside"}


def test_an_unknown_name_is_told() -> None:
    message = fault(subject({"type": "forward", "targetGroupName": "gone"}))

    assert "searching TargetGroup with name gone: there are 0" in message


def test_weights_and_stickiness_are_copied_in_order() -> None:
    document = forward(
        {"serviceName": "cart", "servicePort": "http", "weight": 0},
        {"targetGroupARN": "arn:tg/x", "weight": 100},
        targetGroupStickinessConfig={"enabled": False, "durationSeconds": 0},
    )
    found = acted(document)

    assert isinstance(found, Forward)
    assert [each.weight for each in found.target_groups] == [0, 100]
    assert found.target_groups[1].target_group_arn == "arn:tg/x"
    assert found.stickiness == Stickiness(enabled=False, duration_seconds=0)


def test_a_port_that_is_a_number_in_quotes_is_a_number() -> None:
    found = stack(subject(forward({"serviceName": "cart", "servicePort": "80"})))

    assert target_group(found, "shop/web-cart:80")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"type": "proxy"}, 'not "proxy"'),
        ("null", 'not ""'),
        ("[]", "must be an object, not a list"),
        ({"type": "fixed-response"}, "fixedResponseConfig"),
        ({"type": "fixed-response", "fixedResponseConfig": {}}, "fixedResponseConfig.statusCode"),
        ({"type": "fixed-response", "fixedResponseConfig": {"statusCode": 503}}, '(write "503")'),
        (fixed_with(statusCode="2xx"), 'statusCode of 2xx, 4xx or 5xx, not "2xx"'),
        (fixed_with(statusCode="302"), 'statusCode of 2xx, 4xx or 5xx, not "302"'),
        (fixed_with(contentType="text/xml"), 'text/html, application/javascript, application/json, not "text/xml"'),
        (fixed_with(messageBody="x" * 1025), "at most 1024 characters in fixedResponseConfig.messageBody, not 1025"),
        ({"type": "redirect"}, "redirectConfig"),
        ({"type": "redirect", "redirectConfig": {"port": 443}}, "a text in quotes at redirectConfig.port"),
        ({"type": "redirect", "redirectConfig": {"port": "443"}}, "redirectConfig.statusCode"),
        (redirect_with(statusCode="301"), 'HTTP_301, HTTP_302, not "301"; did you mean HTTP_301?'),
        (redirect_with(statusCode="308"), 'HTTP_301, HTTP_302, not "308"'),
        (redirect_with(protocol="https"), 'not "https"; did you mean HTTPS?'),
        (redirect_with(port="http"), 'port from 1 to 65535, or #{port}, not "http"'),
        (redirect_with(port="65536"), 'port from 1 to 65535, or #{port}, not "65536"'),
        (redirect_with(port=""), "port from 1 to 65535"),
        (redirect_with(path="new"), 'begins with a slash, such as "/new"'),
        (redirect_with(host=""), "an empty redirectConfig.host"),
        (redirect_with(query="x" * 129), "at most 128 characters in redirectConfig.query, not 129"),
        ({"type": "forward"}, "forwardConfig, targetGroupARN or targetGroupName"),
        ({**forward(), "targetGroupARN": "x"}, "not both"),
        (forward({}), "serviceName or targetGroupARN/targetGroupName"),
        (forward({"serviceName": "cart", "servicePort": 80, "targetGroupName": "x"}), "either serviceName"),
        (forward({"serviceName": "cart"}), "servicePort beside serviceName cart"),
        (forward({"targetGroupARN": "a"}, {"targetGroupARN": "b", "weight": 1}), "a weight in each"),
        (forward({"targetGroupARN": "a", "weight": -1}), "weights from 0 to 999, not -1"),
        (forward({"targetGroupARN": "a", "weight": 1000}), "weights from 0 to 999, not 1000"),
        (forward({"targetGroupARN": "a", "weight": 20.5}), "whole number"),
        (forward({"serviceName": "cart", "servicePort": 80.5}), "whole number"),
        (forward(), "from 1 to 5 targetGroups, not 0"),
        (forward(*({"targetGroupARN": f"a{n}", "weight": 1} for n in range(6))), "from 1 to 5 targetGroups, not 6"),
        (forward(ONE, targetGroupStickinessConfig={"durationSeconds": 604801}), "from 1 to 604800, not 604801"),
        (forward(ONE, targetGroupStickinessConfig={"enabled": True, "durationSeconds": 0}), "from 1 to 604800, not 0"),
        (forward(ONE, targetGroupStickinessConfig={"enabled": True}), "from 1 to 604800, not none"),
    ],
)
def test_unusable_actions_are_told(document: Any, told: str) -> None:
    message = fault(subject(document))

    assert message.startswith("alb.ingress.kubernetes.io/actions.go")
    assert told in message


def test_a_missing_action_is_a_503_while_that_is_tolerated() -> None:
    missing = ingress(rule(action("gone")))

    [only] = rules(stack(missing))
    assert only.actions == (
        FixedResponse(content_type="text/plain", message_body="Backend action does not exist", status_code="503"),
    )
    strict = settings(tolerate_non_existent_backend_action=False)
    assert "actions.gone" in fault(missing, settings=strict)


def test_a_missing_service_is_a_503_while_that_is_tolerated() -> None:
    missing = ingress(rule(path("gone")))

    found = stack(missing)
    assert rules(found)[0].actions == (
        FixedResponse(content_type="text/plain", message_body="Backend service does not exist", status_code="503"),
    )
    assert not found.all(TargetGroup)
    strict = settings(tolerate_non_existent_backend_service=False)
    assert 'Service "gone" not found in namespace shop' in fault(missing, settings=strict)


def test_one_missing_of_several_services_is_a_fault() -> None:
    document = forward(
        {"serviceName": "cart", "servicePort": 80, "weight": 1}, {"serviceName": "gone", "servicePort": 80, "weight": 1}
    )

    assert 'Service "gone" not found' in fault(subject(document))


def test_a_service_of_another_namespace_is_not_found() -> None:
    [only] = rules(stack(ingress(rule(path("other"))), service("other", namespace="blog")))

    assert isinstance(only.actions[0], FixedResponse)

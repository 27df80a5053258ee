"""When AWS's actions do what is wanted, however it spells them (spec/aws.md §6.1)."""

from collections.abc import Mapping
from typing import Any

import pytest

from albc.deploy.fields.actions import aws_actions, same_actions
from albc.deploy.settings import DeploySettings
from albc.errors import Invalid
from albc.model.actions import (
    AuthenticateCognito,
    FixedResponse,
    Forward,
    Redirect,
    Stickiness,
    TargetGroupTuple,
)
from albc.model.reference import Ref

SETTINGS = DeploySettings(cluster_name="prod", vpc_id="vpc-1")


def forward(*groups: tuple[str, int | None], stickiness: Stickiness | None = None) -> Forward:
    tuples = tuple(TargetGroupTuple(target_group_arn=arn, weight=weight) for arn, weight in groups)
    return Forward(target_groups=tuples, stickiness=stickiness)


def told(**config: Any) -> list[Mapping[str, Any]]:
    """A forward action as AWS answers it."""
    return [{"Type": "forward", "Order": 1, "ForwardConfig": config}]


def test_aws_repeats_an_only_target_group_and_gives_it_a_weight() -> None:
    actual = [
        {
            "Type": "forward",
            "TargetGroupArn": "arn:a",
            "ForwardConfig": {
                "TargetGroups": [{"TargetGroupArn": "arn:a", "Weight": 1}],
                "TargetGroupStickinessConfig": {"Enabled": False},
            },
        }
    ]

    assert same_actions(aws_actions([forward(("arn:a", None))], SETTINGS), actual)


def test_target_groups_have_no_order_but_their_weights_count() -> None:
    wanted = aws_actions([forward(("arn:a", 1), ("arn:b", 9))], SETTINGS)
    group_a, group_b = {"TargetGroupArn": "arn:a", "Weight": 1}, {"TargetGroupArn": "arn:b", "Weight": 9}

    assert same_actions(wanted, told(TargetGroups=[group_b, group_a]))
    assert not same_actions(wanted, told(TargetGroups=[group_a, {**group_b, "Weight": 8}]))


def test_stickiness_counts_only_when_it_is_wanted() -> None:
    groups = [{"TargetGroupArn": "arn:a", "Weight": 1}]
    actual = told(TargetGroups=groups, TargetGroupStickinessConfig={"Enabled": True, "DurationSeconds": 60})

    assert same_actions(aws_actions([forward(("arn:a", None))], SETTINGS), actual)
    other = Stickiness(enabled=True, duration_seconds=61)
    assert not same_actions(aws_actions([forward(("arn:a", None), stickiness=other)], SETTINGS), actual)


def test_a_target_group_that_does_not_exist_yet_is_no_other_one() -> None:
    wanted = aws_actions(
        [Forward(target_groups=(TargetGroupTuple(target_group_arn=Ref("TG", "a", "targetGroupARN")),))], SETTINGS
    )

    assert not same_actions(wanted, told(TargetGroups=[{"TargetGroupArn": "arn:a"}]))


def test_what_a_redirect_leaves_out_is_kept_from_the_request() -> None:
    wanted = aws_actions([Redirect(port="443", protocol="HTTPS", status_code="HTTP_301")], SETTINGS)
    config = {"Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}

    assert same_actions(wanted, [{"Type": "redirect", "RedirectConfig": {**config, "StatusCode": "HTTP_301"}}])
    assert not same_actions(wanted, [{"Type": "redirect", "RedirectConfig": {**config, "StatusCode": "HTTP_302"}}])


@pytest.mark.parametrize(("mine", "theirs", "same"), [("a", "a", True), (None, None, True), (None, "", False)])
def test_a_body_is_compared_exactly(mine: str | None, theirs: str | None, same: bool) -> None:
    wanted = aws_actions([FixedResponse(message_body=mine, status_code="404")], SETTINGS)
    config = {"StatusCode": "404"} | ({"MessageBody": theirs} if theirs is not None else {})

    assert same_actions(wanted, [{"Type": "fixed-response", "FixedResponseConfig": config}]) is same


def test_what_aws_fills_in_for_authentication_is_no_difference() -> None:
    cognito = AuthenticateCognito(user_pool_arn="arn:pool", user_pool_client_id="id", user_pool_domain="shop")
    config = {
        "UserPoolArn": "arn:pool",
        "UserPoolClientId": "id",
        "UserPoolDomain": "shop",
        "OnUnauthenticatedRequest": "authenticate",
        "Scope": "openid",
        "SessionCookieName": "AWSELBAuthSessionCookie",
        "SessionTimeout": 604800,
        "AuthenticationRequestExtraParams": {},
    }

    assert same_actions(
        aws_actions([cognito], SETTINGS), [{"Type": "authenticate-cognito", "AuthenticateCognitoConfig": config}]
    )


def test_actions_are_compared_in_their_order() -> None:
    wanted = aws_actions([FixedResponse(status_code="200"), FixedResponse(status_code="404")], SETTINGS)

    assert same_actions(wanted, list(reversed(wanted)))
    assert not same_actions(wanted, wanted[:1])


def test_without_weighted_target_groups_an_action_has_one() -> None:
    settings = DeploySettings(cluster_name="prod", vpc_id="vpc-1", weighted_target_groups=False)
    wanted = aws_actions([forward(("arn:a", None))], settings)

    assert wanted == [{"Type": "forward", "Order": 1, "TargetGroupArn": "arn:a"}]
    assert same_actions(wanted, told(TargetGroups=[{"TargetGroupArn": "arn:a", "Weight": 1}]))
    with pytest.raises(Invalid):
        aws_actions([forward(("arn:a", 1), ("arn:b", 1))], settings)

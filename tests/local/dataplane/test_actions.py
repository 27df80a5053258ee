"""What rules do: parsed actions, redirect locations, rewrites."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.local.dataplane.actions import (
    FixedResponse,
    Forward,
    NotPlayed,
    Redirect,
    TransformFailed,
    Transforms,
    Url,
    apply_transforms,
    parse_actions,
    parse_transforms,
    redirect_location,
)

URL = Url("http", "shop.example.com", 80, "/cart/items", "id=1")


def test_a_fixed_response_keeps_status_type_and_body() -> None:
    config = {"StatusCode": "403", "ContentType": "text/html", "MessageBody": "<b>no</b>"}

    parsed = parse_actions([{"Type": "fixed-response", "FixedResponseConfig": config}])

    assert parsed == FixedResponse(403, "text/html", "<b>no</b>")


def test_a_plain_target_group_is_a_forward_to_it_alone() -> None:
    assert parse_actions([{"Type": "forward", "TargetGroupArn": "tg"}]) == Forward((("tg", 1),))


def test_a_weighted_forward_keeps_weights_and_stickiness() -> None:
    config = {
        "TargetGroups": [{"TargetGroupArn": "a", "Weight": 9}, {"TargetGroupArn": "b", "Weight": 0}],
        "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
    }

    assert parse_actions([{"Type": "forward", "ForwardConfig": config}]) == Forward((("a", 9), ("b", 0)), 60)


@pytest.mark.parametrize("kind", ["authenticate-oidc", "authenticate-cognito", "jwt-validation"])
def test_an_action_that_is_not_played_wins_over_the_forward_behind_it(kind: str) -> None:
    actions = [{"Type": "forward", "Order": 2, "TargetGroupArn": "tg"}, {"Type": kind, "Order": 1}]

    assert isinstance(parse_actions(actions), NotPlayed)


def test_a_redirect_to_https_keeps_host_path_and_query_and_names_the_port() -> None:
    redirect = parse_actions(
        [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]
    )

    assert isinstance(redirect, Redirect)
    assert redirect.status == 301
    assert redirect_location(redirect, URL) == "https://shop.example.com:443/cart/items?id=1"


def test_redirect_parts_may_use_those_of_the_request() -> None:
    redirect = Redirect(302, host="new.#{host}", path="/old/#{path}", query="from=#{protocol}&#{query}")

    assert redirect_location(redirect, URL) == "http://new.shop.example.com:80/old/cart/items?from=http&id=1"


def test_an_empty_query_leaves_no_question_mark() -> None:
    assert redirect_location(Redirect(301), Url("http", "h.example", 80, "/")) == "http://h.example:80/"


@given(st.text(alphabet="#{}hostpathquery/", min_size=1))
def test_what_a_client_sends_is_never_filled_in_a_second_time(path: str) -> None:
    url = Url("http", "h.example", 80, f"/{path}")

    assert redirect_location(Redirect(301), url) == f"http://h.example:80/{path}"


def url_rewrite(regex: str, replace: str) -> Transforms:
    config = {"Rewrites": [{"Regex": regex, "Replace": replace}]}
    return parse_transforms([{"Type": "url-rewrite", "UrlRewriteConfig": config}])


@pytest.mark.parametrize(
    ("regex", "replace", "sent", "passed_on"),
    [
        ("(^/foo(/)?)", "/cat$2", "/foo/bar", "/cat/bar"),
        ("(^/foo(/)?)", "/cat$2", "/foo?x", "/cat?x"),
        ("(^/foo(/)?)", "/", "/foo/bar", "/bar"),
        ("^([^?]*)", "/fixed", "/any/thing?a=1", "/fixed?a=1"),
        ("^/api/(.+)$", "/$1", "/api/users?all", "/users?all"),
        ("^/api/(.+)$", "/$1", "/other", "/other"),
    ],
)
def test_urls_are_rewritten_with_their_query(regex: str, replace: str, sent: str, passed_on: str) -> None:
    assert apply_transforms(url_rewrite(regex, replace), "h.example", sent) == ("h.example", passed_on)


def test_a_host_is_replaced_once_by_an_expression_that_matches_everything() -> None:
    config = {"Rewrites": [{"Regex": ".*", "Replace": "internal.example"}]}
    transforms = parse_transforms([{"Type": "host-header-rewrite", "HostHeaderRewriteConfig": config}])

    assert apply_transforms(transforms, "shop.example.com", "/") == ("internal.example", "/")


@pytest.mark.parametrize(("regex", "replace"), [("^/a", "/$3"), ("^/a", "b")])
def test_a_rewrite_without_a_usable_result_fails(regex: str, replace: str) -> None:
    with pytest.raises(TransformFailed):
        apply_transforms(url_rewrite(regex, replace), "h.example", "/a")

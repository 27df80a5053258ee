"""Attributes as the account holds them: strings by name."""

import pytest

from albc.local.dataplane.attributes import ListenerSettings, LoadBalancerSettings, TargetGroupSettings


def test_without_attributes_the_defaults_of_aws_hold() -> None:
    balancer, group = LoadBalancerSettings.of({}), TargetGroupSettings.of({})

    assert (balancer.idle_timeout, balancer.client_keep_alive, balancer.xff_mode, balancer.http2) == (
        *(60, 3600),
        *("append", True),
    )
    assert (group.algorithm, group.minimum_healthy, group.sticky) == ("round_robin", 1, None)


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5"])
def test_a_number_that_is_none_counts_as_the_default(value: str) -> None:
    assert LoadBalancerSettings.of({"idle_timeout.timeout_seconds": value}).idle_timeout == 60


@pytest.mark.parametrize(("value", "read"), [("true", True), ("TRUE", True), ("false", False), ("yes", False)])
def test_a_flag_is_true_or_false_or_its_default(value: str, read: bool) -> None:
    assert LoadBalancerSettings.of({"routing.http.preserve_host_header.enabled": value}).preserve_host is read


def test_each_kind_of_cookie_has_its_own_duration() -> None:
    attributes = {
        "stickiness.enabled": "true",
        "stickiness.lb_cookie.duration_seconds": "10",
        "stickiness.app_cookie.duration_seconds": "20",
    }

    assert TargetGroupSettings.of({**attributes, "stickiness.type": "lb_cookie"}).sticky_seconds == 10
    assert TargetGroupSettings.of({**attributes, "stickiness.type": "app_cookie"}).sticky_seconds == 20


def test_a_type_of_stickiness_without_the_flag_is_none() -> None:
    assert TargetGroupSettings.of({"stickiness.type": "lb_cookie"}).sticky is None


def test_only_response_headers_with_a_value_are_set() -> None:
    prefix = "routing.http.response"
    settings = ListenerSettings.of(
        {f"{prefix}.x_frame_options.header_value": "DENY", f"{prefix}.content_security_policy.header_value": ""}
    )

    assert settings.response_headers == ((b"X-Frame-Options", b"DENY"),)

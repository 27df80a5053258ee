"""Attributes, always all of them, and the policies."""

import pytest

from albc.model.classic import AccessLog, ClassicAttributes, ConnectionDraining
from tests.mapping.service.classic.kit import annotated, balancer, fault, service


def test_attributes_have_their_defaults() -> None:
    assert balancer(service()).attributes == ClassicAttributes(
        access_log=AccessLog(enabled=False),
        connection_draining=ConnectionDraining(enabled=False),
        idle_timeout=60,
        cross_zone_enabled=False,
    )


def test_each_annotation_sets_its_attribute() -> None:
    found = balancer(
        annotated(
            access_log_enabled="true",
            access_log_emit_interval="5",
            access_log_s3_bucket_name="logs",
            access_log_s3_bucket_prefix="web",
            connection_draining_enabled="1",
            connection_draining_timeout="30",
            connection_idle_timeout="120",
            cross_zone_load_balancing_enabled="T",
        )
    ).attributes

    assert found.access_log == AccessLog(enabled=True, emit_interval=5, s3_bucket_name="logs", s3_bucket_prefix="web")
    assert found.connection_draining == ConnectionDraining(enabled=True, timeout=30)
    assert (found.idle_timeout, found.cross_zone_enabled) == (120, True)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("access_log_emit_interval", "10", "5 or 60"),
        ("connection_idle_timeout", "4000", "between 1 and 3600"),
        ("connection_draining_timeout", "0", "between 1 and 3600"),
    ],
)
def test_a_number_that_aws_refuses_is_told_with_what_it_takes(name: str, value: str, allowed: str) -> None:
    assert allowed in fault(annotated(**{name: value}))


def test_access_logs_need_a_bucket() -> None:
    assert "aws-load-balancer-access-log-s3-bucket-name" in fault(annotated(access_log_enabled="true"))


def test_the_first_wrong_attribute_is_told_in_the_order_of_the_in_tree_provider() -> None:
    subject = annotated(cross_zone_load_balancing_enabled="x", access_log_emit_interval="x", access_log_enabled="x")

    assert "access-log-emit-interval=x" in fault(subject)


@pytest.mark.parametrize(("value", "on"), [("*", True), ("", False)])
def test_proxy_protocol_is_on_or_off(value: str, on: bool) -> None:
    assert balancer(annotated(proxy_protocol=value)).proxy_protocol is on


def test_proxy_protocol_takes_no_list_of_ports() -> None:
    assert fault(annotated(proxy_protocol="80")) == (
        'annotation "service.beta.kubernetes.io/aws-load-balancer-proxy-protocol"="80" detected, '
        "but the only value supported currently is '*'"
    )


def test_the_negotiation_policy_is_aws_word() -> None:
    assert balancer(service()).ssl_negotiation_policy is None
    name = "ELBSecurityPolicy-TLS-1-2-2017-01"
    assert balancer(annotated(ssl_negotiation_policy=name)).ssl_negotiation_policy == name

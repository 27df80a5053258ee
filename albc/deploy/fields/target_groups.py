"""Fields of a target group (spec/aws.md §5.1). Attributes have a call of their own."""

from collections.abc import Callable, Mapping
from operator import eq
from typing import Any

from albc.deploy.fields.field import Change, Field, told
from albc.deploy.settings import DeploySettings
from albc.deploy.values import given
from albc.model.inventory import ActualTargetGroup
from albc.model.target_group import HealthCheck, TargetGroup

ADVANCED_HEALTH_CHECK = frozenset(
    {"HealthCheckProtocol", "Matcher", "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds"}
)
"""What an NLB's health check once could not change in place, and cannot with `NLBHealthCheckAdvancedConfig` off."""


def _health(get: Callable[[HealthCheck], Any]) -> Callable[[TargetGroup, DeploySettings], Any]:
    return lambda group, _: get(group.health_check) if group.health_check else None


def _health_field(
    name: str,
    get: Callable[[HealthCheck], Any],
    same: Callable[[Any, Any], bool] = eq,
) -> Field[TargetGroup, ActualTargetGroup]:
    return Field(name=name, wanted=_health(get), actual=told(name), same=same, modified_by="modify_target_group")


def _matcher(check: HealthCheck) -> Any:
    if check.matcher is None:
        return None
    return given(HttpCode=check.matcher.http_code, GrpcCode=check.matcher.grpc_code)


def _same_matcher(wanted: Mapping[str, str], actual: Mapping[str, str] | None) -> bool:
    return actual is not None and all(
        (wanted.get(code) or "") == (actual.get(code) or "") for code in ("HttpCode", "GrpcCode")
    )


TARGET_GROUP: tuple[Field[TargetGroup, ActualTargetGroup], ...] = (
    Field(
        name="Name",
        wanted=lambda group, _: group.name,
        actual=told("TargetGroupName"),
        change=Change.IGNORE,
    ),
    Field(
        name="TargetType",
        wanted=lambda group, _: group.target_type,
        actual=told("TargetType"),
        change=Change.REPLACE,
    ),
    Field(name="Port", wanted=lambda group, _: group.port, actual=told("Port"), change=Change.IGNORE),
    Field(name="Protocol", wanted=lambda group, _: group.protocol, actual=told("Protocol"), change=Change.REPLACE),
    Field(
        name="ProtocolVersion",
        wanted=lambda group, _: group.protocol_version,
        actual=told("ProtocolVersion"),
        change=Change.REPLACE,
    ),
    Field(
        name="TargetControlPort",
        wanted=lambda group, _: group.target_control_port,
        actual=told("TargetControlPort"),
        change=Change.REPLACE,
        none_is_a_value=True,
    ),
    Field(
        name="IpAddressType",
        wanted=lambda group, _: group.ip_address_type if group.ip_address_type not in ("", "ipv4") else None,
        actual=told("IpAddressType"),
        same=lambda wanted, actual: (wanted or "ipv4") == (actual or "ipv4"),
        change=Change.REPLACE,
        none_is_a_value=True,
    ),
    Field(
        name="VpcId",
        wanted=lambda _, settings: settings.vpc_id,
        actual=told("VpcId"),
        change=Change.IGNORE,
    ),
    _health_field("HealthCheckEnabled", lambda check: True),
    _health_field("HealthCheckProtocol", lambda check: check.protocol or None),
    _health_field("HealthCheckPort", lambda check: None if check.port is None else str(check.port)),
    _health_field("HealthCheckPath", lambda check: check.path),
    _health_field("Matcher", _matcher, _same_matcher),
    _health_field("HealthCheckIntervalSeconds", lambda check: check.interval_seconds),
    _health_field("HealthCheckTimeoutSeconds", lambda check: check.timeout_seconds),
    _health_field("HealthyThresholdCount", lambda check: check.healthy_threshold_count),
    _health_field("UnhealthyThresholdCount", lambda check: check.unhealthy_threshold_count),
)

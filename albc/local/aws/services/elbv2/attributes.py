"""Attributes of load balancers, target groups and listeners: which exist, their defaults, what values they take.

Source: the Elastic Load Balancing API reference (`LoadBalancerAttribute`, `TargetGroupAttribute`, `ListenerAttribute`)
and the user guides. A key that a type of resource does not have is refused.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elbv2 import describe, lookup
from albc.local.aws.services.operation import Answer, Operations, Params
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import Listener

NLB_PROTOCOLS = frozenset({"TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """Its default, what it takes in words, and the test of a value."""

    default: str
    takes: str
    accepts: Callable[[str], bool]


def switch(default: bool) -> Attribute:
    return choice("true" if default else "false", "true", "false")


def choice(default: str, *values: str) -> Attribute:
    return Attribute(default, f"one of {', '.join(values)}", lambda value: value in values)


def number(default: int, low: int, high: int) -> Attribute:
    return Attribute(
        str(default),
        f"a number from {low} to {high}",
        lambda value: re.fullmatch(r"\d{1,9}", value) is not None and low <= int(value) <= high,
    )


def text(default: str = "") -> Attribute:
    return Attribute(default, "text of at most 1024 characters", lambda value: len(value) <= 1024)


def number_or_off(default: str, low: int, high: int) -> Attribute:
    numbers = number(0, low, high)
    return Attribute(default, f"off or {numbers.takes}", lambda value: value == "off" or numbers.accepts(value))


Table = Mapping[str, Attribute]

_ACCESS_LOGS = {
    "access_logs.s3.enabled": switch(False),
    "access_logs.s3.bucket": text(),
    "access_logs.s3.prefix": text(),
}

LOAD_BALANCER: Mapping[str, Table] = {
    "application": {
        **_ACCESS_LOGS,
        "idle_timeout.timeout_seconds": number(60, 1, 4000),
        "deletion_protection.enabled": switch(False),
        "routing.http2.enabled": switch(True),
        "routing.http.drop_invalid_header_fields.enabled": switch(False),
        "routing.http.xff_client_port.enabled": switch(False),
        "routing.http.preserve_host_header.enabled": switch(False),
        "routing.http.xff_header_processing.mode": choice("append", "append", "preserve", "remove"),
        "load_balancing.cross_zone.enabled": choice("true", "true"),
        "routing.http.desync_mitigation_mode": choice("defensive", "monitor", "defensive", "strictest"),
        "client_keep_alive.seconds": number(3600, 60, 604800),
        "waf.fail_open.enabled": switch(False),
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": switch(False),
        "zonal_shift.config.enabled": switch(False),
        "connection_logs.s3.enabled": switch(False),
        "connection_logs.s3.bucket": text(),
        "connection_logs.s3.prefix": text(),
        "health_check_logs.s3.enabled": switch(False),
        "health_check_logs.s3.bucket": text(),
        "health_check_logs.s3.prefix": text(),
        "ipv6.deny_all_igw_traffic": switch(False),
    },
    "network": {
        **_ACCESS_LOGS,
        "deletion_protection.enabled": switch(False),
        "load_balancing.cross_zone.enabled": switch(False),
        "dns_record.client_routing_policy": choice(
            "any_availability_zone",
            "any_availability_zone",
            "availability_zone_affinity",
            "partial_availability_zone_affinity",
        ),
        "secondary_ips.auto_assigned.per_subnet": number(0, 0, 7),
        "ipv6.deny_all_igw_traffic": switch(False),
        "zonal_shift.config.enabled": switch(False),
    },
}

_GROUP_HEALTH = {
    "load_balancing.cross_zone.enabled": choice(
        "use_load_balancer_configuration", "true", "false", "use_load_balancer_configuration"
    ),
    "target_group_health.dns_failover.minimum_healthy_targets.count": number_or_off("1", 1, 1000),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": number_or_off("off", 1, 100),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": number(1, 1, 1000),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": number_or_off("off", 1, 100),
}

_HTTP_GROUP: Table = {
    "deregistration_delay.timeout_seconds": number(300, 0, 3600),
    "stickiness.enabled": switch(False),
    "stickiness.type": choice("lb_cookie", "lb_cookie", "app_cookie"),
    "stickiness.lb_cookie.duration_seconds": number(86400, 1, 604800),
    "stickiness.app_cookie.cookie_name": text(),
    "stickiness.app_cookie.duration_seconds": number(86400, 1, 604800),
    "slow_start.duration_seconds": Attribute(
        "0", "0 or a number from 30 to 900", lambda value: value == "0" or number(0, 30, 900).accepts(value)
    ),
    "load_balancing.algorithm.type": choice(
        "round_robin", "round_robin", "least_outstanding_requests", "weighted_random"
    ),
    "load_balancing.algorithm.anomaly_mitigation": choice("off", "on", "off"),
    **_GROUP_HEALTH,
}

_HEADERS = {
    "x_amzn_mtls_clientcert_serial_number": "X-Amzn-Mtls-Clientcert-Serial-Number",
    "x_amzn_mtls_clientcert_issuer": "X-Amzn-Mtls-Clientcert-Issuer",
    "x_amzn_mtls_clientcert_subject": "X-Amzn-Mtls-Clientcert-Subject",
    "x_amzn_mtls_clientcert_validity": "X-Amzn-Mtls-Clientcert-Validity",
    "x_amzn_mtls_clientcert_leaf": "X-Amzn-Mtls-Clientcert-Leaf",
    "x_amzn_mtls_clientcert": "X-Amzn-Mtls-Clientcert",
    "x_amzn_tls_version": "X-Amzn-Tls-Version",
    "x_amzn_tls_cipher_suite": "X-Amzn-Tls-Cipher-Suite",
}

_HTTP_LISTENER: Table = {
    "routing.http.response.server.enabled": switch(True),
    **{
        f"routing.http.response.{header}.header_value": text()
        for header in (
            "strict_transport_security",
            "access_control_allow_origin",
            "access_control_allow_methods",
            "access_control_allow_headers",
            "access_control_allow_credentials",
            "access_control_expose_headers",
            "access_control_max_age",
            "content_security_policy",
            "x_content_type_options",
            "x_frame_options",
        )
    },
}

_HTTPS_LISTENER: Table = {
    **{f"routing.http.request.{key}.header_name": text(name) for key, name in _HEADERS.items()},
    **_HTTP_LISTENER,
}


def of_target_group(settings: Mapping[str, Any]) -> Table:
    """The attributes of a target group with these settings."""
    protocol = settings.get("Protocol")
    if protocol not in NLB_PROTOCOLS:
        return _HTTP_GROUP
    datagrams = protocol in ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC")
    keeps_client_ip = datagrams or settings["TargetType"] != "ip"
    return {
        "deregistration_delay.timeout_seconds": number(300, 0, 3600),
        "deregistration_delay.connection_termination.enabled": switch(datagrams),
        "stickiness.enabled": switch(False),
        "stickiness.type": choice("source_ip", "source_ip"),
        "preserve_client_ip.enabled": choice("true", "true") if datagrams else switch(keeps_client_ip),
        "proxy_protocol_v2.enabled": switch(False),
        "target_health_state.unhealthy.connection_termination.enabled": (
            choice("false", "false") if datagrams else switch(True)
        ),
        "target_health_state.unhealthy.draining_interval_seconds": number(0, 0, 360000),
        **_GROUP_HEALTH,
    }


def of_listener(protocol: str) -> Table:
    """The attributes of a listener of this protocol. Those that carry no TCP to time out have none."""
    tables = {
        "HTTP": _HTTP_LISTENER,
        "HTTPS": _HTTPS_LISTENER,
        "TCP": {"tcp.idle_timeout.seconds": number(350, 60, 6000)},
        "TCP_UDP": {"tcp.idle_timeout.seconds": number(350, 60, 6000)},
    }
    return tables.get(protocol, {})


def defaults(table: Table) -> dict[str, str]:
    """What a new resource has."""
    return {key: attribute.default for key, attribute in table.items()}


def changed(kind: str, table: Table, current: Mapping[str, str], wanted: Params) -> dict[str, str]:
    """The attributes after a change; `kind` is for messages. Refuses unknown keys and bad values."""
    values = dict(current)
    keys = [entry.get("Key", "") for entry in wanted["Attributes"]]
    if len(set(keys)) != len(keys):
        raise ApiError("ValidationError", f"{kind} attribute keys must be unique")
    for entry in wanted["Attributes"]:
        key, value = entry.get("Key", ""), entry.get("Value", "")
        attribute = table.get(key)
        if attribute is None:
            raise ApiError("ValidationError", f"{kind} attribute key '{key}' is not recognized")
        if not attribute.accepts(value):
            raise ApiError(
                "ValidationError", f"{kind} attribute '{key}' cannot be '{value}': it takes {attribute.takes}"
            )
        values[key] = value
    for logs in ("access_logs", "connection_logs", "health_check_logs"):
        if values.get(f"{logs}.s3.enabled") == "true" and not values[f"{logs}.s3.bucket"]:
            raise ApiError(
                "InvalidConfigurationRequest", f"{kind} attribute '{logs}.s3.bucket' is needed when {logs} are enabled"
            )
    return values


def describe_load_balancer_attributes(state: State, params: Params) -> Answer:
    return describe.attributes(lookup.load_balancer(state, params["LoadBalancerArn"], reading=True).attributes)


def modify_load_balancer_attributes(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params["LoadBalancerArn"])
    balancer.attributes = changed("Load balancer", LOAD_BALANCER[balancer.type], balancer.attributes, params)
    return describe.attributes(balancer.attributes)


def describe_target_group_attributes(state: State, params: Params) -> Answer:
    return describe.attributes(lookup.target_group(state, params["TargetGroupArn"], reading=True).attributes)


def modify_target_group_attributes(state: State, params: Params) -> Answer:
    group = lookup.target_group(state, params["TargetGroupArn"])
    group.attributes = changed("Target group", of_target_group(group.settings), group.attributes, params)
    return describe.attributes(group.attributes)


def describe_listener_attributes(state: State, params: Params) -> Answer:
    return describe.attributes(lookup.listener(state, params["ListenerArn"]).attributes)


def modify_listener_attributes(state: State, params: Params) -> Answer:
    listener = lookup.listener(state, params["ListenerArn"])
    listener.attributes = changed("Listener", of_listener(listener.protocol), listener.attributes, params)
    return describe.attributes(listener.attributes)


def carry_over(listener: Listener) -> None:
    """After a change of protocol: keep the values of attributes that the new protocol has too."""
    fresh = defaults(of_listener(listener.protocol))
    listener.attributes = {key: listener.attributes.get(key, value) for key, value in fresh.items()}


OPERATIONS: Operations = {
    "DescribeLoadBalancerAttributes": describe_load_balancer_attributes,
    "ModifyLoadBalancerAttributes": modify_load_balancer_attributes,
    "DescribeTargetGroupAttributes": describe_target_group_attributes,
    "ModifyTargetGroupAttributes": modify_target_group_attributes,
    "DescribeListenerAttributes": describe_listener_attributes,
    "ModifyListenerAttributes": modify_listener_attributes,
}

"""Attributes: what AWS gives a new load balancer, target group or listener before anybody sets one.

A plan writes only what differs, and the inventory need not read what was just made, so these defaults save reads and a
write for each new resource; they also say where an attribute goes back to when its setting is taken back. An attribute
that is not listed here is always written.
Source: the AWS pages on load balancer, target group and listener attributes of ALB and NLB.
"""

from collections.abc import Mapping
from typing import Final

from albc.model.load_balancer import LoadBalancerType

LOAD_BALANCER_DEFAULTS: Final[Mapping[LoadBalancerType, Mapping[str, str]]] = {
    "application": {
        "access_logs.s3.enabled": "false",
        "access_logs.s3.bucket": "",
        "access_logs.s3.prefix": "",
        "client_keep_alive.seconds": "3600",
        "connection_logs.s3.enabled": "false",
        "connection_logs.s3.bucket": "",
        "connection_logs.s3.prefix": "",
        "deletion_protection.enabled": "false",
        "idle_timeout.timeout_seconds": "60",
        "load_balancing.cross_zone.enabled": "true",
        "routing.http.desync_mitigation_mode": "defensive",
        "routing.http.drop_invalid_header_fields.enabled": "false",
        "routing.http.preserve_host_header.enabled": "false",
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
        "routing.http.xff_client_port.enabled": "false",
        "routing.http.xff_header_processing.mode": "append",
        "routing.http2.enabled": "true",
        "waf.fail_open.enabled": "false",
        "zonal_shift.config.enabled": "false",
    },
    "network": {
        "access_logs.s3.enabled": "false",
        "access_logs.s3.bucket": "",
        "access_logs.s3.prefix": "",
        "deletion_protection.enabled": "false",
        "dns_record.client_routing_policy": "any_availability_zone",
        "load_balancing.cross_zone.enabled": "false",
        "zonal_shift.config.enabled": "false",
    },
}

_TARGET_GROUP: Final = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "stickiness.enabled": "false",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}

APPLICATION_TARGET_GROUP_DEFAULTS: Final[Mapping[str, str]] = {
    **_TARGET_GROUP,
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
}

NETWORK_TARGET_GROUP_DEFAULTS: Final[Mapping[str, str]] = {
    **_TARGET_GROUP,
    "deregistration_delay.connection_termination.enabled": "false",
    "proxy_protocol_v2.enabled": "false",
    "stickiness.type": "source_ip",
    "target_health_state.unhealthy.connection_termination.enabled": "true",
    "target_health_state.unhealthy.draining_interval_seconds": "0",
}
"""`preserve_client_ip.enabled` depends on protocol and target type, so it is always written."""


def target_group_defaults(protocol: str) -> Mapping[str, str]:
    """Of a target group with this protocol."""
    return APPLICATION_TARGET_GROUP_DEFAULTS if protocol in ("HTTP", "HTTPS") else NETWORK_TARGET_GROUP_DEFAULTS


LISTENER_DEFAULTS: Final[Mapping[str, str]] = {
    "routing.http.response.server.enabled": "true",
    "tcp.idle_timeout.seconds": "350",
}

"""Load balancer, listener and target group attributes, as typed records. PURE.

The account keeps attributes as strings by name; each name that the data plane obeys is read here and nowhere else.
Names and defaults are those of the AWS pages on attributes; a value that does not parse counts as the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Attributes = Mapping[str, str]


def _flag(attributes: Attributes, name: str, default: bool) -> bool:
    return {"true": True, "false": False}.get(attributes.get(name, "").lower(), default)


def _number(attributes: Attributes, name: str, default: int) -> int:
    text = attributes.get(name, "")
    return int(text) if text.isdecimal() else default


@dataclass(frozen=True)
class LoadBalancerSettings:
    """Of an Application Load Balancer. Times in seconds."""

    idle_timeout: int
    client_keep_alive: int
    xff_mode: str
    """`append`, `preserve` or `remove`."""
    xff_client_port: bool
    preserve_host: bool
    tls_headers: bool
    drop_invalid_headers: bool
    http2: bool
    """Offer HTTP/2 to clients of HTTPS listeners."""

    @classmethod
    def of(cls, attributes: Attributes) -> "LoadBalancerSettings":
        return cls(
            idle_timeout=_number(attributes, "idle_timeout.timeout_seconds", 60),
            client_keep_alive=_number(attributes, "client_keep_alive.seconds", 3600),
            xff_mode=attributes.get("routing.http.xff_header_processing.mode", "append"),
            xff_client_port=_flag(attributes, "routing.http.xff_client_port.enabled", False),
            preserve_host=_flag(attributes, "routing.http.preserve_host_header.enabled", False),
            tls_headers=_flag(attributes, "routing.http.x_amzn_tls_version_and_cipher_suite.enabled", False),
            drop_invalid_headers=_flag(attributes, "routing.http.drop_invalid_header_fields.enabled", False),
            http2=_flag(attributes, "routing.http2.enabled", True),
        )


_RESPONSE_HEADERS = {
    "strict_transport_security": b"Strict-Transport-Security",
    "access_control_allow_origin": b"Access-Control-Allow-Origin",
    "access_control_allow_methods": b"Access-Control-Allow-Methods",
    "access_control_allow_headers": b"Access-Control-Allow-Headers",
    "access_control_allow_credentials": b"Access-Control-Allow-Credentials",
    "access_control_expose_headers": b"Access-Control-Expose-Headers",
    "access_control_max_age": b"Access-Control-Max-Age",
    "content_security_policy": b"Content-Security-Policy",
    "x_content_type_options": b"X-Content-Type-Options",
    "x_frame_options": b"X-Frame-Options",
}


@dataclass(frozen=True)
class ListenerSettings:
    """What a listener does to answers on their way back, and how long it keeps silent TCP connections."""

    server_header: bool
    response_headers: tuple[tuple[bytes, bytes], ...]
    """Set on every answer, in place of what the target says."""
    tcp_idle_timeout: int

    @classmethod
    def of(cls, attributes: Attributes) -> "ListenerSettings":
        values = {
            header: attributes.get(f"routing.http.response.{name}.header_value", "")
            for name, header in _RESPONSE_HEADERS.items()
        }
        return cls(
            server_header=_flag(attributes, "routing.http.response.server.enabled", True),
            response_headers=tuple((header, value.encode("latin-1")) for header, value in values.items() if value),
            tcp_idle_timeout=_number(attributes, "tcp.idle_timeout.seconds", 350),
        )


@dataclass(frozen=True)
class TargetGroupSettings:
    """How a target group spreads traffic. Times in seconds."""

    algorithm: str
    minimum_healthy: int
    sticky: str | None
    """`lb_cookie`, `app_cookie`, `source_ip`, …; None: not sticky."""
    sticky_seconds: int
    app_cookie: str
    proxy_protocol_v1: bool
    """Of a Classic Load Balancer's instance port; version 2 has no attribute for it."""
    proxy_protocol_v2: bool
    preserve_client_ip: bool
    terminate_on_deregistration: bool
    terminate_on_unhealthy: bool

    @classmethod
    def of(cls, attributes: Attributes) -> "TargetGroupSettings":
        sticky = (
            attributes.get("stickiness.type", "lb_cookie") if _flag(attributes, "stickiness.enabled", False) else None
        )
        duration = f"stickiness.{'app' if sticky == 'app_cookie' else 'lb'}_cookie.duration_seconds"
        return cls(
            algorithm=attributes.get("load_balancing.algorithm.type", "round_robin"),
            minimum_healthy=_number(
                attributes, "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", 1
            ),
            sticky=sticky,
            sticky_seconds=_number(attributes, duration, 86400),
            app_cookie=attributes.get("stickiness.app_cookie.cookie_name", ""),
            proxy_protocol_v1=_flag(attributes, "proxy_protocol_v1.enabled", False),
            proxy_protocol_v2=_flag(attributes, "proxy_protocol_v2.enabled", False),
            preserve_client_ip=_flag(attributes, "preserve_client_ip.enabled", False),
            terminate_on_deregistration=_flag(attributes, "deregistration_delay.connection_termination.enabled", False),
            terminate_on_unhealthy=_flag(
                attributes, "target_health_state.unhealthy.connection_termination.enabled", True
            ),
        )

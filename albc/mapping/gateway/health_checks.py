"""The health check of a target group: what the configuration says, over defaults by its protocol (spec §12.7)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic.alias_generators import to_camel

from albc.crds.gateway import HealthCheckConfiguration
from albc.kube.objects import Service
from albc.mapping.binding_network import TRAFFIC_PORT
from albc.mapping.invalid import Invalid
from albc.mapping.service_ports import target_port
from albc.model.target_group import HealthCheck, HealthCheckMatcher

_RANGES: Mapping[str, tuple[int, int]] = {
    "health_check_interval": (5, 300),
    "health_check_timeout": (2, 120),
    "healthy_threshold_count": (2, 10),
    "unhealthy_threshold_count": (2, 10),
}
"""CreateTargetGroup, Elastic Load Balancing API reference."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The target group whose health is asked for."""

    protocol: str
    protocol_version: str | None
    target_type: str
    is_alb: bool
    """Whether the load balancer is one, which then speaks HTTP with its targets."""
    service: Service | None
    """None for a target group whose target is an ALB."""

    @property
    def is_local(self) -> bool:
        """Whether only nodes that run a Pod take traffic; kube-proxy then says which those are."""
        service = self.service
        return (
            not self.is_alb
            and self.target_type == "instance"
            and service is not None
            and service.spec.external_traffic_policy == "Local"
        )


def health_check(given: HealthCheckConfiguration | None, checked: Checked, alb_port: int = 0) -> HealthCheck:
    """`alb_port` is the listener's of an ALB that is the target."""
    given = given or HealthCheckConfiguration()
    protocol = given.health_check_protocol or _default_protocol(checked)
    interval, timeout, healthy, unhealthy = (10, 6, 2, 2) if checked.is_local else (15, 5, 3, 3)
    return HealthCheck(
        port=_alb_port(given, alb_port) if checked.service is None else _port(given, checked, checked.service),
        protocol=protocol,
        path=None if protocol == "TCP" else given.health_check_path or _default_path(checked),
        matcher=None if protocol == "TCP" else _matcher(given, checked),
        interval_seconds=_or(given.health_check_interval, interval),
        timeout_seconds=_or(given.health_check_timeout, timeout),
        healthy_threshold_count=_or(given.healthy_threshold_count, healthy),
        unhealthy_threshold_count=_or(given.unhealthy_threshold_count, unhealthy),
    )


def faults(given: HealthCheckConfiguration | None) -> Iterator[str]:
    """Numbers that AWS refuses, each with its range. They pass the model all the same, as in the reference."""
    for name, (low, high) in _RANGES.items():
        value = getattr(given, name, None)
        if value is not None and not low <= value <= high:
            field = to_camel(name)
            yield f"healthCheckConfig.{field} is {value}, and AWS takes {low} to {high}; correct it or leave it out"


def _or(given: int | None, default: int) -> int:
    return default if given is None else given


def _default_protocol(checked: Checked) -> str:
    if checked.is_alb:
        return checked.protocol
    return "HTTP" if checked.is_local or checked.target_type == "alb" else "TCP"


def _default_path(checked: Checked) -> str:
    if checked.protocol_version == "GRPC":
        return "/AWS.ALB/healthcheck"
    return "/healthz" if checked.is_local else "/"


def _matcher(given: HealthCheckConfiguration, checked: Checked) -> HealthCheckMatcher:
    if checked.protocol_version == "GRPC":
        return HealthCheckMatcher(grpc_code=(given.matcher.grpc_code if given.matcher else None) or "12")
    return HealthCheckMatcher(http_code=(given.matcher.http_code if given.matcher else None) or "200-399")


def _alb_port(given: HealthCheckConfiguration, alb_port: int) -> int | str:
    """A number that the configuration gives is not looked at: an ALB has its health asked for where it listens."""
    return TRAFFIC_PORT if given.health_check_port in (None, TRAFFIC_PORT) else alb_port


def _port(given: HealthCheckConfiguration, checked: Checked, service: Service) -> int | str:
    text = given.health_check_port
    if text is None:
        return _node_health_port(service) if checked.is_local else TRAFFIC_PORT
    if text == TRAFFIC_PORT:
        return text
    if _NUMBER.fullmatch(text):
        return int(text)
    return _named_port(text, checked, service)


def _node_health_port(service: Service) -> int:
    port = service.spec.health_check_node_port
    if not port:
        raise Invalid(
            f"Service {service.namespace}/{service.name} has externalTrafficPolicy Local but no healthCheckNodePort: "
            "make it a Service of type LoadBalancer, or set healthCheckPort",
            reason="BackendNotFound",
        )
    return port


def _named_port(name: str, checked: Checked, service: Service) -> int:
    port = next((port for port in service.spec.ports if name and port.name == name), None)
    if port is None:
        raise Invalid(
            f"healthCheckPort: unable to find port {name or 'with an empty name'} on service "
            f"{service.namespace}/{service.name}",
            reason="BackendNotFound",
        )
    if checked.target_type == "instance":
        return port.node_port
    target = target_port(port)
    if isinstance(target, str):
        raise Invalid(
            f"cannot use named healthCheckPort {name} for IP TargetType when service's targetPort is a named port "
            f"({target}); give the number",
            reason="BackendNotFound",
        )
    return target

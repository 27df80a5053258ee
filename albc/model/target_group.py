"""A target group and its health check."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from albc.model.load_balancer import Attribute
from albc.model.reference import Ref
from albc.model.wire import Omit, hidden, wire, wire_map


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheckMatcher:
    http_code: str | None = wire("httpCode", omit=Omit.NONE)
    grpc_code: str | None = wire("grpcCode", omit=Omit.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """Seconds and counts as AWS takes them; `port` is a number or `traffic-port`."""

    port: int | str | None = wire(omit=Omit.NONE)
    protocol: str = wire(default="")
    path: str | None = wire(omit=Omit.NONE)
    matcher: HealthCheckMatcher | None = wire(omit=Omit.NONE)
    interval_seconds: int | None = wire(omit=Omit.NONE)
    timeout_seconds: int | None = wire(omit=Omit.NONE)
    healthy_threshold_count: int | None = wire(omit=Omit.NONE)
    unhealthy_threshold_count: int | None = wire(omit=Omit.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    type: ClassVar[str] = "AWS::ElasticLoadBalancingV2::TargetGroup"

    id: str = hidden()
    name: str
    target_type: str
    port: int | None
    protocol: str
    protocol_version: str | None = wire(omit=Omit.NONE)
    ip_address_type: str = wire(default="")
    health_check: HealthCheck | None = wire("healthCheckConfig", omit=Omit.NONE)
    attributes: tuple[Attribute, ...] = wire("targetGroupAttributes", default=())
    tags: Mapping[str, str] = wire_map()
    target_control_port: int | None = wire(omit=Omit.NONE)

    @property
    def arn(self) -> Ref:
        return Ref(self.type, self.id, "targetGroupARN")

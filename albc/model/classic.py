"""A Classic Load Balancer (spec/service.md B11). Its instances are no part of it: they follow the nodes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from albc.model.reference import Ref, Token
from albc.model.wire import HIDDEN, Omit, hidden, wire, wire_map

PROXY_PROTOCOL_POLICY = "k8s-proxyprotocol-enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicListener:
    """Protocols in upper case: HTTP, HTTPS, TCP or SSL."""

    protocol: str
    load_balancer_port: int
    instance_protocol: str
    instance_port: int
    ssl_certificate_id: str | None = wire("sslCertificateID", omit=Omit.NONE)
    """ARN of an ACM or IAM certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicHealthCheck:
    """Times in seconds."""

    target: str
    """`TCP:31173`, `HTTP:8080/`."""
    interval: int
    timeout: int
    healthy_threshold: int
    unhealthy_threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLog:
    enabled: bool
    emit_interval: int | None = wire(omit=Omit.NONE)
    """Minutes, 5 or 60."""
    s3_bucket_name: str | None = wire("s3BucketName", omit=Omit.NONE)
    s3_bucket_prefix: str | None = wire("s3BucketPrefix", omit=Omit.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDraining:
    enabled: bool
    timeout: int | None = wire(omit=Omit.NONE)
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicAttributes:
    """All of these are always kept, so that a setting taken back goes back to its default."""

    access_log: AccessLog
    connection_draining: ConnectionDraining
    idle_timeout: int
    """Seconds."""
    cross_zone_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicLoadBalancer:
    type: ClassVar[str] = "AWS::ElasticLoadBalancing::LoadBalancer"

    id: str = hidden("LoadBalancer")
    name: str
    """By which it is found; it has no ARN in its API."""
    scheme: str
    subnets: tuple[str, ...]
    security_groups: tuple[Token, ...]
    listeners: tuple[ClassicListener, ...]
    proxy_protocol: bool = wire(default=False)
    ssl_negotiation_policy: str | None = wire(omit=Omit.NONE)
    """Of AWS, such as `ELBSecurityPolicy-TLS-1-2-2017-01`; None leaves the listeners' policies alone."""
    health_check: ClassicHealthCheck
    attributes: ClassicAttributes
    target_node_labels: Mapping[str, str] = wire_map()
    manage_node_security_groups: bool
    tags: Mapping[str, str] = wire_map()
    zones: Mapping[str, str] = field(default_factory=dict, metadata={HIDDEN: True})
    """Zone of each subnet of the VPC: a load balancer stands in one subnet of a zone."""

    @property
    def dns_name(self) -> Ref:
        return Ref(self.type, self.id, "dnsName")


def ssl_policy_name(reference: str) -> str:
    """Of the load balancer's policy that stands for one of AWS's."""
    return f"k8s-SSLNegotiationPolicy-{reference}"

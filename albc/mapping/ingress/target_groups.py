"""The target group of one Service port, and its binding to the Service's targets (spec/ingress.md §18)."""

from collections.abc import Mapping
from dataclasses import dataclass

from albc.kube.objects import Service
from albc.kube.objects.core import ServicePort
from albc.mapping.annotations import Annotations
from albc.mapping.go import parse_int
from albc.mapping.ingress import tags
from albc.mapping.ingress.groups import GroupID
from albc.mapping.ingress.load_balancer import as_attributes
from albc.mapping.ingress.member import Member, annotations_of
from albc.mapping.invalid import Invalid
from albc.mapping.resource_names import resource_name
from albc.mapping.service_ports import find_port, target_port
from albc.mapping.settings import MappingSettings
from albc.model.reference import Token
from albc.model.target_group import HealthCheck, HealthCheckMatcher, TargetGroup
from albc.model.target_group_binding import (
    NetworkingIngressRule,
    NetworkingPeer,
    NetworkingPort,
    NodeSelector,
    ServiceReference,
    TargetGroupBinding,
)

TARGET_TYPES = ("instance", "ip")
PROTOCOLS = ("HTTP", "HTTPS")
PROTOCOL_VERSIONS = ("HTTP1", "HTTP2", "GRPC")
TRAFFIC_PORT = "traffic-port"

_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupShare:
    """A target group, and its binding but for the security group that its targets let in, which the group decides."""

    target_group: TargetGroup
    binding: TargetGroupBinding
    open_ports: tuple[NetworkingPort, ...]

    @property
    def needs_dualstack(self) -> bool:
        return self.target_group.ip_address_type == "ipv6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """How requests reach the targets: a health check's defaults and the group's name depend on it."""

    target_type: str
    protocol: str
    protocol_version: str
    port: int
    control_port: int | None


def build(
    member: Member, group: GroupID, service: Service, port: int | str, settings: MappingSettings
) -> TargetGroupShare:
    """`port` is the name or number by which the backend refers to the Service's port."""
    of_service = annotations_of(service)
    annotations = of_service.over(member.annotations)
    service_port = find_port(service, port)
    traffic = _traffic(member, annotations, service, (port, service_port), settings)
    health_check = _health_check(annotations, service, traffic)
    target_group = TargetGroup(
        id=f"{member.name}-{service.name}:{port}",
        name=_name(member, group, service, port, traffic, settings),
        target_type=traffic.target_type,
        port=traffic.port,
        protocol=traffic.protocol,
        protocol_version=traffic.protocol_version,
        ip_address_type="ipv6" if "IPv6" in service.spec.ip_families else "ipv4",
        health_check=health_check,
        attributes=as_attributes(annotations.string_map("target-group-attributes") or {}),
        tags=tags.of_target_group(member, of_service, settings, f"{service.namespace}/{service.name}"),
        target_control_port=traffic.control_port,
    )
    return TargetGroupShare(
        target_group=target_group,
        binding=TargetGroupBinding(
            id=target_group.id,
            name=target_group.name,
            namespace=service.namespace,
            target_group_arn=target_group.arn,
            target_type=traffic.target_type,
            service_ref=ServiceReference(name=service.name, port=port),
            node_selector=_node_selector(annotations, traffic),
            ip_address_type=target_group.ip_address_type,
            vpc_id=settings.vpc_id,
            multi_cluster_target_group=_multi_cluster(member.annotations, of_service),
            target_group_protocol=traffic.protocol,
        ),
        open_ports=_open_ports(traffic, service_port, health_check, settings),
    )


def let_in(share: TargetGroupShare, source: Token | None) -> tuple[NetworkingIngressRule, ...] | None:
    """The binding's network rules: each port open to the load balancer's group, or none where users see to it."""
    if source is None:
        return None
    peer = (NetworkingPeer(security_group=source),)
    return tuple(NetworkingIngressRule(from_=peer, ports=(port,)) for port in share.open_ports)


def _name(
    member: Member, group: GroupID, service: Service, port: int | str, traffic: Traffic, settings: MappingSettings
) -> str:
    identity = [settings.cluster_name, str(group), *member.name, service.metadata.uid, str(port), str(traffic.port)]
    identity += [traffic.target_type, traffic.protocol, traffic.protocol_version]
    if traffic.control_port is not None:
        identity.append(str(traffic.control_port))
    return resource_name(service.namespace, service.name, *identity)


def _traffic(
    member: Member,
    annotations: Annotations,
    service: Service,
    ports: tuple[int | str, ServicePort],
    settings: MappingSettings,
) -> Traffic:
    referred, service_port = ports
    target_type = _target_type(member, annotations, settings)
    return Traffic(
        target_type=target_type,
        protocol=_one_of(annotations, "backend-protocol", PROTOCOLS),
        protocol_version=_one_of(annotations, "backend-protocol-version", PROTOCOL_VERSIONS),
        port=_port(target_type, service, service_port),
        control_port=_control_port(annotations, f"target-control-port.{service.name}.{referred}", target_type),
    )


def _target_type(member: Member, annotations: Annotations, settings: MappingSettings) -> str:
    given = member.params.target_type or annotations.string("target-type")
    target_type = settings.default_target_type if given is None else given
    if target_type not in TARGET_TYPES:
        raise annotations.invalid("target-type", f"must be one of {', '.join(TARGET_TYPES)}")
    if target_type == "ip" and not settings.enable_ip_target_type:
        raise Invalid("unsupported targetType: ip, as feature gate EnableIPTargetType is off; use instance")
    return target_type


def _one_of(annotations: Annotations, suffix: str, allowed: tuple[str, ...]) -> str:
    """The first one allowed is the default."""
    value = annotations.string(suffix)
    if value is None:
        return allowed[0]
    if value not in allowed:
        raise annotations.invalid(suffix, f"must be one of {', '.join(allowed)}")
    return value


def _port(target_type: str, service: Service, port: ServicePort) -> int:
    """Where targets are registered by default. A named target port may differ from Pod to Pod: it stands as 1."""
    if target_type == "instance":
        if not port.node_port:
            raise Invalid(
                f"TargetGroup port is empty: port {port.port} of Service {service.namespace}/{service.name} has no "
                "nodePort; make its type NodePort or LoadBalancer, or set alb.ingress.kubernetes.io/target-type to ip"
            )
        return port.node_port
    numeric = target_port(port)
    return numeric if isinstance(numeric, int) else 1


def _control_port(annotations: Annotations, suffix: str, target_type: str) -> int | None:
    port = annotations.int32(suffix)
    if port is None:
        return None
    if target_type == "instance":
        raise annotations.invalid(suffix, "is not supported for instance targets; set target-type to ip")
    if port not in _PORTS:
        raise annotations.invalid(suffix, f"must be a port from 1 to {_PORTS.stop - 1}")
    return port


@dataclass(frozen=True, slots=True)
class Bounds:
    """What AWS accepts, and what holds without an annotation."""

    least: int
    most: int
    default: int


INTERVAL_SECONDS = Bounds(5, 300, 15)
TIMEOUT_SECONDS = Bounds(2, 120, 5)
THRESHOLD = Bounds(2, 10, 2)


def bounded(annotations: Annotations, suffix: str, bounds: Bounds) -> int | None:
    """None without the annotation."""
    value = annotations.int32(suffix)
    if value is not None and not bounds.least <= value <= bounds.most:
        raise annotations.invalid(suffix, f"must be from {bounds.least} to {bounds.most}")
    return value


def _health_check(annotations: Annotations, service: Service, traffic: Traffic) -> HealthCheck:
    grpc = traffic.protocol_version == "GRPC"
    path, codes = annotations.string("healthcheck-path"), annotations.string("success-codes")
    codes = ("12" if grpc else "200") if codes is None else codes

    def count(suffix: str, bounds: Bounds) -> int:
        value = bounded(annotations, suffix, bounds)
        return bounds.default if value is None else value

    return HealthCheck(
        port=_health_check_port(annotations, service, traffic),
        protocol=_health_check_protocol(annotations, traffic),
        path=("/AWS.ALB/healthcheck" if grpc else "/") if path is None else path,
        matcher=HealthCheckMatcher(grpc_code=codes) if grpc else HealthCheckMatcher(http_code=codes),
        interval_seconds=count("healthcheck-interval-seconds", INTERVAL_SECONDS),
        timeout_seconds=count("healthcheck-timeout-seconds", TIMEOUT_SECONDS),
        healthy_threshold_count=count("healthy-threshold-count", THRESHOLD),
        unhealthy_threshold_count=count("unhealthy-threshold-count", THRESHOLD),
    )


def _health_check_protocol(annotations: Annotations, traffic: Traffic) -> str:
    protocol = annotations.string("healthcheck-protocol")
    if protocol is None:
        return traffic.protocol
    if protocol not in PROTOCOLS:
        raise annotations.invalid("healthcheck-protocol", f"must be one of {', '.join(PROTOCOLS)}")
    return protocol


def _health_check_port(annotations: Annotations, service: Service, traffic: Traffic) -> int | str:
    text = annotations.string("healthcheck-port")
    if text is None or text == TRAFFIC_PORT:
        return TRAFFIC_PORT
    number = parse_int(text, 32)
    if number is not None:
        if number not in _PORTS:
            raise annotations.invalid("healthcheck-port", f"must be from 1 to {_PORTS.stop - 1}")
        return number
    try:
        port = find_port(service, text)
    except Invalid as fault:
        raise fault.within("failed to resolve healthCheckPort: ") from None
    if traffic.target_type == "instance":
        return port.node_port
    numeric = target_port(port)
    if isinstance(numeric, str):
        raise annotations.invalid(
            "healthcheck-port", f"names a Service port whose targetPort is the name {numeric}; use a number"
        )
    return numeric


def _multi_cluster(of_ingress: Annotations, of_service: Annotations) -> bool:
    """True on either side; the Service is only asked where the Ingress does not say so."""
    return bool(of_ingress.bool("multi-cluster-target-group") or of_service.bool("multi-cluster-target-group"))


def _node_selector(annotations: Annotations, traffic: Traffic) -> NodeSelector | None:
    if traffic.target_type != "instance":
        return None
    labels: Mapping[str, str] = annotations.string_map("target-node-labels") or {}
    return NodeSelector(match_labels=labels) if labels else None


def _open_ports(
    traffic: Traffic, service_port: ServicePort, health_check: HealthCheck, settings: MappingSettings
) -> tuple[NetworkingPort, ...]:
    if settings.disable_restricted_sg_rules:
        return (NetworkingPort(protocol="TCP"),)
    ports = [traffic.port if traffic.target_type == "instance" else target_port(service_port)]
    if health_check.port is not None and health_check.port != TRAFFIC_PORT:
        ports.append(health_check.port)
    if traffic.control_port is not None:
        ports.append(traffic.control_port)
    return tuple(NetworkingPort(protocol="TCP", port=port) for port in ports)

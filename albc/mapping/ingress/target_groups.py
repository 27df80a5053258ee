"""The target group of one Service port, and its binding to the Service's targets (spec/ingress.md §18)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from albc.kube.objects import Service
from albc.kube.objects.core import ServicePort
from albc.mapping.annotations import Annotations
from albc.mapping.go import parse_int
from albc.mapping.ingress import tags
from albc.mapping.ingress.groups import GroupID
from albc.mapping.ingress.load_balancer import as_attributes
from albc.mapping.ingress.member import PREFIX, Member, annotations_of
from albc.mapping.invalid import Invalid
from albc.mapping.resource_names import resource_name
from albc.mapping.service_ports import find_port, target_port
from albc.mapping.settings import MappingSettings
from albc.mapping.tags import check_id, check_label
from albc.model.load_balancer import Attribute
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
class HealthCheckSettings:
    port: str | None
    """A number, `traffic-port` or the name of a Service port; None is `traffic-port`."""
    protocol: str
    path: str
    matcher: HealthCheckMatcher
    interval_seconds: int
    timeout_seconds: int
    healthy_threshold_count: int
    unhealthy_threshold_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupSettings:
    """What the annotations of an Ingress and a Service say of a target group, whichever the port."""

    target_type: str
    protocol: str
    protocol_version: str
    health_check: HealthCheckSettings
    attributes: tuple[Attribute, ...]
    tags: Mapping[str, str]
    node_selector: NodeSelector | None
    multi_cluster: bool


def read(member: Member, of_service: Annotations, settings: MappingSettings) -> TargetGroupSettings:
    """The Service's annotations go before the Ingress's, the class before both."""
    annotations = of_service.over(member.annotations)
    target_type = _target_type(member, annotations, settings)
    protocol = annotations.one_of("backend-protocol", PROTOCOLS) or PROTOCOLS[0]
    protocol_version = annotations.one_of("backend-protocol-version", PROTOCOL_VERSIONS) or PROTOCOL_VERSIONS[0]
    return TargetGroupSettings(
        target_type=target_type,
        protocol=protocol,
        protocol_version=protocol_version,
        health_check=_read_health_check(annotations, protocol, protocol_version),
        attributes=as_attributes(annotations.string_map("target-group-attributes") or {}),
        tags=tags.of_target_group(member, of_service, settings),
        node_selector=_node_selector(annotations) if target_type == "instance" else None,
        multi_cluster=_multi_cluster(member.annotations, of_service),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupShare:
    """A target group, and its binding but for the security group that its targets let in, which the group decides."""

    target_group: TargetGroup
    service: Service
    service_port: int | str
    """As the backend refers to it."""
    settings: TargetGroupSettings
    open_ports: tuple[NetworkingPort, ...]
    vpc_id: str

    @property
    def needs_dualstack(self) -> bool:
        return self.target_group.ip_address_type == "ipv6"

    def binding(self, source: Token | None) -> TargetGroupBinding:
        """`source`: the load balancer's group that targets let in; None leaves their rules to the user."""
        return TargetGroupBinding(
            id=self.target_group.id,
            name=self.target_group.name,
            namespace=self.service.namespace,
            target_group_arn=self.target_group.arn,
            target_type=self.settings.target_type,
            service_ref=ServiceReference(name=self.service.name, port=self.service_port),
            networking=_let_in(source, self.open_ports) if source else None,
            node_selector=self.settings.node_selector,
            ip_address_type=self.target_group.ip_address_type,
            vpc_id=self.vpc_id,
            multi_cluster_target_group=self.settings.multi_cluster,
            target_group_protocol=self.settings.protocol,
        )


def _let_in(source: Token, ports: tuple[NetworkingPort, ...]) -> tuple[NetworkingIngressRule, ...]:
    peer = (NetworkingPeer(security_group=source),)
    return tuple(NetworkingIngressRule(from_=peer, ports=(port,)) for port in ports)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a target group belongs: to a member of a group."""

    group: GroupID
    member: Member
    settings: MappingSettings


def build(place: Place, service: Service, port: int | str, own: TargetGroupSettings) -> TargetGroupShare:
    """`port` is the name or number by which the backend refers to the Service's port; `own` is what `read` found."""
    id = f"{place.member.name}-{service.name}:{port}"
    check_id(id, "shorten the name of the Ingress, of its Service, or of the Service's port")
    check_label(place.group.name, "the Ingress or of its group", "shorten it, or name a group by group.name")
    service_port = find_port(service, port)
    control_port = _control_port(place.member, service, port, own)
    health_check = _health_check(service, own)
    traffic_port = _port(own.target_type, service, service_port)
    return TargetGroupShare(
        target_group=TargetGroup(
            id=id,
            name=_name(place, service, own, (str(port), str(traffic_port)), control_port),
            target_type=own.target_type,
            port=traffic_port,
            protocol=own.protocol,
            protocol_version=own.protocol_version,
            ip_address_type="ipv6" if "IPv6" in service.spec.ip_families else "ipv4",
            health_check=health_check,
            attributes=own.attributes,
            tags=own.tags,
            target_control_port=control_port,
        ),
        service=service,
        service_port=port,
        settings=own,
        open_ports=_open_ports(
            (
                traffic_port if own.target_type == "instance" else target_port(service_port),
                None if health_check.port == TRAFFIC_PORT else health_check.port,
                control_port,
            ),
            place.settings,
        ),
        vpc_id=place.settings.vpc_id,
    )


def _name(
    place: Place, service: Service, own: TargetGroupSettings, ports: tuple[str, str], control_port: int | None
) -> str:
    """`ports`: as the backend refers to it, and where targets are registered."""
    identity = [place.settings.cluster_name, str(place.group), *place.member.name, service.metadata.uid, *ports]
    identity += [own.target_type, own.protocol, own.protocol_version]
    if control_port is not None:
        identity.append(str(control_port))
    return resource_name(service.namespace, service.name, *identity)


def _target_type(member: Member, annotations: Annotations, settings: MappingSettings) -> str:
    given = member.params.target_type or annotations.one_of("target-type", TARGET_TYPES)
    target_type = given or settings.default_target_type
    if target_type == "ip" and not settings.enable_ip_target_type:
        raise Invalid("unsupported targetType: ip, as feature gate EnableIPTargetType is off; use instance")
    return target_type


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


def _control_port(member: Member, service: Service, port: int | str, own: TargetGroupSettings) -> int | None:
    annotations = annotations_of(service).over(member.annotations)
    suffix = f"target-control-port.{service.name}.{port}"
    control_port = annotations.int32(suffix)
    if control_port is None:
        return None
    if own.target_type == "instance":
        raise annotations.invalid(suffix, "is not supported for instance targets; set target-type to ip")
    if control_port not in _PORTS:
        raise annotations.invalid(suffix, f"must be a port from 1 to {_PORTS.stop - 1}")
    return control_port


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


def _read_health_check(annotations: Annotations, protocol: str, protocol_version: str) -> HealthCheckSettings:
    grpc = protocol_version == "GRPC"
    path, codes = annotations.string("healthcheck-path"), annotations.string("success-codes")
    codes = ("12" if grpc else "200") if codes is None else codes

    def count(suffix: str, bounds: Bounds) -> int:
        value = bounded(annotations, suffix, bounds)
        return bounds.default if value is None else value

    return HealthCheckSettings(
        port=_read_health_check_port(annotations),
        protocol=annotations.one_of("healthcheck-protocol", PROTOCOLS) or protocol,
        path=("/AWS.ALB/healthcheck" if grpc else "/") if path is None else path,
        matcher=HealthCheckMatcher(grpc_code=codes) if grpc else HealthCheckMatcher(http_code=codes),
        interval_seconds=count("healthcheck-interval-seconds", INTERVAL_SECONDS),
        timeout_seconds=count("healthcheck-timeout-seconds", TIMEOUT_SECONDS),
        healthy_threshold_count=count("healthy-threshold-count", THRESHOLD),
        unhealthy_threshold_count=count("unhealthy-threshold-count", THRESHOLD),
    )


def _read_health_check_port(annotations: Annotations) -> str | None:
    text = annotations.string("healthcheck-port")
    number = parse_int(text, 32) if text is not None else None
    if number is not None and number not in _PORTS:
        raise annotations.invalid("healthcheck-port", f"must be from 1 to {_PORTS.stop - 1}")
    return text


def _health_check(service: Service, own: TargetGroupSettings) -> HealthCheck:
    health_check = own.health_check
    return HealthCheck(
        port=_health_check_port(service, own),
        protocol=health_check.protocol,
        path=health_check.path,
        matcher=health_check.matcher,
        interval_seconds=health_check.interval_seconds,
        timeout_seconds=health_check.timeout_seconds,
        healthy_threshold_count=health_check.healthy_threshold_count,
        unhealthy_threshold_count=health_check.unhealthy_threshold_count,
    )


def _health_check_port(service: Service, own: TargetGroupSettings) -> int | str:
    text = own.health_check.port
    if text is None or text == TRAFFIC_PORT:
        return TRAFFIC_PORT
    number = parse_int(text, 32)
    if number is not None:
        return number
    try:
        port = find_port(service, text)
    except Invalid as fault:
        raise fault.within(f"{PREFIX}healthcheck-port: failed to resolve healthCheckPort: ") from None
    if own.target_type == "instance":
        return port.node_port
    numeric = target_port(port)
    if isinstance(numeric, str):
        raise Invalid(
            f"{PREFIX}healthcheck-port: the Service port {text} has the targetPort {numeric}, a name that may differ "
            "from Pod to Pod; use a number"
        )
    return numeric


def _multi_cluster(of_ingress: Annotations, of_service: Annotations) -> bool:
    """True on either side; the Service is only asked where the Ingress does not say so."""
    return bool(of_ingress.bool("multi-cluster-target-group") or of_service.bool("multi-cluster-target-group"))


def _node_selector(annotations: Annotations) -> NodeSelector | None:
    labels = annotations.string_map("target-node-labels")
    return NodeSelector(match_labels=labels) if labels else None


def _open_ports(ports: Iterable[int | str | None], settings: MappingSettings) -> tuple[NetworkingPort, ...]:
    """One for each port that is used, unless the rules of targets are not to be restricted to ports."""
    if settings.disable_restricted_sg_rules:
        return (NetworkingPort(protocol="TCP"),)
    return tuple(NetworkingPort(protocol="TCP", port=port) for port in ports if port is not None)

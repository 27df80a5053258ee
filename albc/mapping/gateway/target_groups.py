"""Target groups and their bindings, from a route's backends (spec/gateway.md §12).

Raises `Invalid` for a backend that cannot be served as it is; that backend alone is left out, and its route says so.
Called by `forwarding`.
"""

from dataclasses import dataclass

from albc.crds.gateway import TargetGroupProps
from albc.kube.objects import Gateway, Service
from albc.kube.objects.core import ServicePort
from albc.kube.objects.meta import LabelSelector
from albc.mapping import tags
from albc.mapping.binding_network import TRAFFIC_PORT, Reach
from albc.mapping.gateway import names, networking
from albc.mapping.gateway.backends import GatewayBackend, ServiceBackend
from albc.mapping.gateway.health_checks import Checked, health_check
from albc.mapping.gateway.load_balancer import Frame
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.invalid import Invalid
from albc.mapping.service_ports import target_port
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName
from albc.model.load_balancer import Attribute
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import (
    FrontendNLBTarget,
    NodeSelector,
    NodeSelectorRequirement,
    ServiceReference,
    TargetGroupBinding,
)

_ALB_PROTOCOLS = ("HTTP", "HTTPS")
_NLB_PROTOCOLS = ("TCP", "UDP", "TCP_UDP", "TLS", "QUIC", "TCP_QUIC")
_GIVEN_BY_LISTENER = frozenset({"TCP_UDP", "QUIC", "TCP_QUIC"})
_BY_ROUTE = {"TCPRoute": "TCP", "UDPRoute": "UDP", "TLSRoute": "TLS"}
H2C = "kubernetes.io/h2c"
"""A Service port's `appProtocol` for HTTP/2 without TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltTargetGroup:
    target_group: TargetGroup
    binding: TargetGroupBinding | None = None
    """Of a Service's target group."""
    chained: FrontendNLBTarget | None = None
    """Of a target group whose target is an ALB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerPort:
    """Where the target group's traffic comes in."""

    number: int
    protocol: str
    """The AWS listener's, after any upgrade to QUIC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupBuilder:
    gateway: Gateway
    frame: Frame
    settings: MappingSettings

    @property
    def _is_alb(self) -> bool:
        return self.frame.placement.load_balancer_type == "application"

    def for_service(self, backend: ServiceBackend, route: RouteRef, listener: ListenerPort) -> BuiltTargetGroup:
        props, service, port = backend.props, backend.service, backend.port
        target_type = props.target_type or self.settings.default_target_type
        exposed = port.node_port if target_type == "instance" else target_port(port)
        number = exposed if isinstance(exposed, int) else 1
        if not number:
            raise Invalid(
                f"TargetGroup port is empty: Service {service.namespace}/{service.name} has no node port for port "
                f"{port.port}. When using Instance targets, your service must be of type 'NodePort' or 'LoadBalancer'",
                reason="BackendNotFound",
            )
        name = NamespacedName(service.namespace, service.name)
        identifier_port = target_port(port)
        target_group = self._target_group(
            props,
            route,
            listener,
            _Targets(
                backend=name,
                type=target_type,
                port=number,
                identifier_port=identifier_port,
                hashed_port=str(port.node_port if target_type == "instance" else identifier_port),
                ip_address_type=self._ip_address_type(props, service),
                service=service,
                app_protocol=port.app_protocol,
            ),
        )
        return BuiltTargetGroup(target_group=target_group, binding=self._binding(target_group, props, service, port))

    def for_gateway(self, backend: GatewayBackend, route: RouteRef, listener: ListenerPort) -> BuiltTargetGroup:
        target_group = self._target_group(
            backend.props,
            route,
            listener,
            _Targets(
                backend=backend.gateway,
                type="alb",
                port=backend.port,
                identifier_port=backend.port,
                hashed_port=str(backend.port),
                ip_address_type="ipv4",
            ),
        )
        if target_group.protocol != "TCP":
            raise Invalid(
                f"{target_group.protocol} cannot be sent to a Gateway, whose load balancer takes TCP from another one; "
                "use a TCPRoute on a TCP listener",
                reason="UnsupportedValue",
            )
        chained = FrontendNLBTarget(
            name=target_group.name,
            arn=target_group.arn,
            port=listener.number,
            target_arn=backend.arn,
            target_port=backend.port,
        )
        return BuiltTargetGroup(target_group=target_group, chained=chained)

    def _target_group(
        self, props: TargetGroupProps, route: RouteRef, listener: ListenerPort, targets: "_Targets"
    ) -> TargetGroup:
        protocol = self._protocol(props, route, listener)
        version = self._protocol_version(props, route, listener, targets)
        _check_control_port(props, protocol, targets.type)
        id = names.target_group_id(self.gateway, route, targets.backend, targets.identifier_port)
        self._check_tags(props, id)
        identity = [targets.hashed_port, targets.type, protocol]
        identity += [version] if version else []
        identity += [str(props.target_control_port)] if props.target_control_port is not None else []
        name = props.target_group_name or names.target_group(
            self.settings.cluster_name, self.gateway, route, targets.backend, tuple(identity)
        )
        checked = Checked(
            protocol=protocol,
            protocol_version=version,
            target_type=targets.type,
            is_alb=self._is_alb,
            service=targets.service,
        )
        given = {attribute.key: attribute.value for attribute in props.target_group_attributes or ()}
        return TargetGroup(
            id=id,
            name=name,
            target_type=targets.type,
            port=targets.port,
            protocol=protocol,
            protocol_version=version,
            ip_address_type=targets.ip_address_type,
            health_check=health_check(props.health_check_config, checked, targets.port),
            attributes=tuple(Attribute(key=key, value=given[key]) for key in sorted(given)),
            tags=tags.merge(props.tags or {}, self.settings),
        )

    def _check_tags(self, props: TargetGroupProps, id: str) -> None:
        """And what else AWS or Kubernetes would refuse to write on the target group and its binding."""
        try:
            tags.check(props.tags or {}, self.settings, "a TargetGroupConfiguration")
            tags.check_id(id, "shorten the names of the Gateway, the route, the backend, or their namespaces")
            tags.check_label(self.gateway.name, "the Gateway", "shorten it")
        except Invalid as fault:
            raise Invalid(fault.message, reason="UnsupportedValue") from None

    def _protocol(self, props: TargetGroupProps, route: RouteRef, listener: ListenerPort) -> str:
        if self._is_alb:
            return _one_of(_ALB_PROTOCOLS, props.protocol) or "HTTP"
        if listener.protocol in _GIVEN_BY_LISTENER:
            return listener.protocol
        return _one_of(_NLB_PROTOCOLS, props.protocol) or _BY_ROUTE[route.kind]

    def _protocol_version(
        self, props: TargetGroupProps, route: RouteRef, listener: ListenerPort, targets: "_Targets"
    ) -> str | None:
        if not self._is_alb:
            return None
        if listener.protocol != "HTTPS":
            return "HTTP1"
        if props.protocol_version:
            return props.protocol_version
        if route.kind == "GRPCRoute":
            return "GRPC"
        return "HTTP2" if targets.app_protocol == H2C else "HTTP1"

    def _ip_address_type(self, props: TargetGroupProps, service: Service) -> str:
        """What the configuration says, where Service and load balancer have it; else IPv6 for a Service that does."""
        families = service.spec.ip_families or ("IPv4",)
        dualstack = self.frame.placement.needs_ipv6
        if props.ip_address_type == "ipv4" and "IPv4" in families:
            return "ipv4"
        if props.ip_address_type == "ipv6" and "IPv6" in families and dualstack:
            return "ipv6"
        chosen = "ipv6" if "IPv6" in families else "ipv4"
        if chosen == "ipv6" and not dualstack:
            raise Invalid(
                f"unsupported IPv6 configuration, lb not dual-stack: Service {service.namespace}/{service.name} has "
                "IPv6 addresses; set ipAddressType dualstack for the load balancer, or ipv4 for the target group",
                reason="UnsupportedProtocol",
            )
        return chosen

    def _binding(
        self, target_group: TargetGroup, props: TargetGroupProps, service: Service, port: ServicePort
    ) -> TargetGroupBinding:
        instances = target_group.target_type == "instance"
        check = target_group.health_check
        reach = Reach(
            protocol=target_group.protocol,
            port=port.node_port if instances else target_port(port),
            health_check_port=check.port if check and check.port is not None else TRAFFIC_PORT,
        )
        infrastructure = self.gateway.spec.infrastructure
        return TargetGroupBinding(
            id=target_group.id,
            name=target_group.name,
            namespace=service.namespace,
            labels=infrastructure.labels if infrastructure else {},
            annotations=infrastructure.annotations if infrastructure else {},
            target_group_arn=target_group.arn,
            target_type=target_group.target_type,
            service_ref=ServiceReference(name=service.name, port=port.port),
            networking=networking.rules(target_group, reach, self.frame, self.settings),
            node_selector=_node_selector(props.node_selector) if instances else None,
            ip_address_type=target_group.ip_address_type,
            vpc_id=self.frame.vpc.id,
            multi_cluster_target_group=bool(props.enable_multi_cluster),
            target_group_protocol=target_group.protocol,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Targets:
    """What of the backend itself decides its target group."""

    backend: NamespacedName
    type: str
    port: int
    identifier_port: int | str
    hashed_port: str
    ip_address_type: str
    service: Service | None = None
    app_protocol: str | None = None


def _one_of(allowed: tuple[str, ...], given: str | None) -> str | None:
    if given is not None and given not in allowed:
        raise Invalid(
            f"backend protocol must be within [{', '.join(allowed)}]: {given}; "
            "correct protocol in the TargetGroupConfiguration",
            reason="UnsupportedProtocol",
        )
    return given


def _check_control_port(props: TargetGroupProps, protocol: str, target_type: str) -> None:
    if props.target_control_port is None:
        return
    if protocol not in _ALB_PROTOCOLS:
        raise Invalid(
            f"target control port is only supported for HTTP and HTTPS protocols, got: {protocol}",
            reason="UnsupportedProtocol",
        )
    if target_type != "ip":
        raise Invalid(
            f"target control port is not supported for {target_type} targets; use target type ip",
            reason="UnsupportedProtocol",
        )


def _node_selector(selector: LabelSelector | None) -> NodeSelector | None:
    if selector is None:
        return None
    return NodeSelector(
        match_labels=selector.match_labels,
        match_expressions=tuple(
            NodeSelectorRequirement(key=each.key, operator=each.operator, values=each.values)
            for each in selector.match_expressions
        ),
    )

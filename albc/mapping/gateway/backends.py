"""What a rule's backendRefs stand for: a port of a Service, a target group by name, or an ALB Gateway (spec §8, §16).

A reference that cannot be followed raises `Invalid` with the API's reason; `resolution` drops that backend alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from albc.crds.gateway import TargetGroupConfiguration, TargetGroupConfigurationSpec, TargetGroupProps
from albc.kube.objects import GATEWAY_GROUP, Gateway, Service
from albc.kube.objects.core import ServicePort
from albc.kube.objects.gateway import BackendRef
from albc.mapping.gateway.merging import merge_props, props_for_route
from albc.mapping.gateway.reference_grants import permits
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.invalid import Invalid
from albc.mapping.snapshot import NamespacedName, Snapshot

TARGET_GROUP_NAME = "TargetGroupName"
"""Kind of a backendRef that names a target group that exists in AWS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBackend:
    service: Service
    port: ServicePort
    props: TargetGroupProps
    configuration: TargetGroupConfiguration | None
    """The Service's own, which `props` comes from in part."""
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTargetGroup:
    name: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayBackend:
    """The ALB of another Gateway, as the target of an NLB."""

    gateway: NamespacedName
    port: int
    arn: str
    props: TargetGroupProps
    weight: int


Backend: TypeAlias = ServiceBackend | NamedTargetGroup | GatewayBackend


@dataclass(frozen=True)
class BackendResolver:
    """Follows the backendRefs of routes, all in one snapshot and under one default."""

    snapshot: Snapshot
    default: TargetGroupConfigurationSpec | None
    """The Gateway's default TargetGroupConfiguration."""

    def resolve(self, reference: BackendRef, route: RouteRef) -> Backend:
        weight = 1 if reference.weight is None else reference.weight
        match reference.kind or "Service":
            case "Service":
                return self._service(reference, route, weight)
            case "Gateway":
                return self._gateway(reference, route, weight)
            case kind if kind == TARGET_GROUP_NAME:
                return NamedTargetGroup(name=reference.name, weight=weight)
            case kind:
                raise Invalid(
                    f"Unknown backend reference kind {kind}: a backend is a Service, a Gateway or a "
                    f"{TARGET_GROUP_NAME}",
                    reason="InvalidKind",
                )

    def _service(self, reference: BackendRef, route: RouteRef, weight: int) -> ServiceBackend:
        number = _port_of(reference)
        name = NamespacedName(reference.namespace or route.namespace, reference.name)
        self._check_grant(route, "", "Service", name)
        service = self.snapshot.services.get(name)
        if service is None:
            raise Invalid(f"Service {name} not found", reason="BackendNotFound")
        port = _service_port(service, number, route.kind)
        configuration = self.configuration("Service", name)
        own = props_for_route(configuration.spec if configuration else None, route.kind, route.namespace, route.name)
        shared = props_for_route(self.default, route.kind, route.namespace, route.name)
        props = merge_props(own, shared) or TargetGroupProps()
        return ServiceBackend(service=service, port=port, props=props, configuration=configuration, weight=weight)

    def _gateway(self, reference: BackendRef, route: RouteRef, weight: int) -> GatewayBackend:
        number = _port_of(reference)
        name = NamespacedName(reference.namespace or route.namespace, reference.name)
        self._check_grant(route, GATEWAY_GROUP, "Gateway", name)
        gateway = self.snapshot.gateways.get(name)
        if gateway is None:
            raise Invalid(f"Gateway {name} not found", reason="BackendNotFound")
        configuration = self.configuration("Gateway", name)
        props = props_for_route(configuration.spec if configuration else None, route.kind, route.namespace, route.name)
        return GatewayBackend(
            gateway=name,
            port=number,
            arn=_load_balancer_arn(gateway),
            props=props or TargetGroupProps(),
            weight=weight,
        )

    def _check_grant(self, route: RouteRef, group: str, kind: str, target: NamespacedName) -> None:
        if not permits(route, group, kind, target, self.snapshot):
            raise Invalid(
                f"No explicit ReferenceGrant exists to allow the reference: create one in namespace {target.namespace} "
                f"from {route.kind} in {route.namespace} to {kind} {target.name}",
                reason="RefNotPermitted",
            )

    def configuration(self, kind: str, name: NamespacedName) -> TargetGroupConfiguration | None:
        """The TargetGroupConfiguration that refers to the object; of several the one whose name sorts first."""
        return self._by_target.get((kind, name))

    @cached_property
    def _by_target(self) -> Mapping[tuple[str, NamespacedName], TargetGroupConfiguration]:
        """By kind and name of what they refer to."""
        found: dict[tuple[str, NamespacedName], TargetGroupConfiguration] = {}
        for candidate in self.snapshot.target_group_configurations.values():
            reference = candidate.spec.target_reference
            if reference is None:
                continue
            target = reference.kind or "Service", NamespacedName(candidate.namespace, reference.name)
            if target not in found or candidate.name < found[target].name:
                found[target] = candidate
        return found


def _port_of(reference: BackendRef) -> int:
    if not reference.port:
        raise Invalid(f"Port is required: backendRef {reference.name} has none", reason="UnsupportedValue")
    return reference.port


def _service_port(service: Service, number: int, route_kind: str) -> ServicePort:
    """The port of that number that speaks the route's protocol; where none does, the first one."""
    ports = [port for port in service.spec.ports if port.port == number]
    if not ports:
        offered = ", ".join(str(port.port) for port in service.spec.ports) or "none"
        raise Invalid(
            f"Unable to find service port for port {number}: Service {service.namespace}/{service.name} has {offered}",
            reason="BackendNotFound",
        )
    protocol = "UDP" if route_kind == "UDPRoute" else "TCP"
    return next((port for port in ports if port.protocol == protocol), ports[0])


def _load_balancer_arn(gateway: Gateway) -> str:
    """What the Gateway's condition Programmed says in its message, once it is True."""
    arn = next(
        (
            condition.message
            for condition in gateway.status.conditions
            if condition.type == "Programmed" and condition.status == "True"
        ),
        "",
    )
    if not arn:
        raise Invalid(
            f"Gateway {gateway.namespace}/{gateway.name} is not usable yet, its load balancer is not provisioned",
            reason="BackendNotFound",
        )
    resource = arn.split("/")
    if len(resource) < 2 or resource[1] != "app":
        raise Invalid(
            f"invalid gateway ARN: {arn}, the resource type must be application load balancer",
            reason="BackendNotFound",
        )
    return arn

"""A Gateway with everything that it refers to found, before anything is asked of AWS.

`wants` and `build` both start here, so that no rule is written twice. A fault of the configuration raises `Invalid`
and stops the Gateway; all other faults are values on the listener, route or rule that they belong to.
"""

from dataclasses import dataclass

from albc.crds.gateway import ListenerRuleConfiguration
from albc.kube.objects import Gateway
from albc.mapping.gateway import rule_configurations
from albc.mapping.gateway.attachment import AttachedRoute, attach
from albc.mapping.gateway.backends import Backend, BackendResolver
from albc.mapping.gateway.classes import Layer, layer_of
from albc.mapping.gateway.configuration import Configuration, configuration_of
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.listener_sets import ListenerSets, listener_sets_of
from albc.mapping.gateway.listeners import GatewayListener, validate
from albc.mapping.gateway.routes import Route, RouteRef, RouteRule
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRule:
    rule: RouteRule
    configuration: ListenerRuleConfiguration | None = None
    backends: tuple[Backend, ...] = ()
    faults: tuple[Fault, ...] = ()
    """Why backends, or all of the rule's backends and its configuration, were left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRoute:
    attached: AttachedRoute
    rules: tuple[ResolvedRule, ...]

    @property
    def route(self) -> Route:
        return self.attached.route

    @property
    def ref(self) -> RouteRef:
        return self.attached.route.ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    gateway: Gateway
    layer: Layer
    configuration: Configuration
    sets: ListenerSets
    listeners: tuple[GatewayListener, ...]
    attached: tuple[AttachedRoute, ...]
    routes: tuple[ResolvedRoute, ...]
    """Those of `attached` that some valid listener takes."""


def layer_of_gateway(gateway: Gateway, snapshot: Snapshot) -> Layer | None:
    """None: its class is missing, or another controller's."""
    gateway_class = snapshot.gateway_classes.get(NamespacedName("", gateway.spec.gateway_class_name))
    return layer_of(gateway_class) if gateway_class else None


def resolve(gateway: Gateway, snapshot: Snapshot, settings: MappingSettings) -> Resolution:
    """The Gateway is one of ours. Raises `Invalid` if its configuration cannot be had."""
    gateway_class = snapshot.gateway_classes[NamespacedName("", gateway.spec.gateway_class_name)]
    layer = layer_of(gateway_class)
    if layer is None:
        raise Invalid(f"GatewayClass {gateway_class.name} belongs to {gateway_class.spec.controller_name}, not to albc")
    configuration = configuration_of(gateway, gateway_class, snapshot)
    sets = listener_sets_of(gateway, snapshot, settings)
    listeners = validate(gateway, sets.accepted, layer)
    attached = attach(gateway, layer, listeners, snapshot)
    backends = BackendResolver(snapshot, configuration.default_target_groups)
    return Resolution(
        gateway=gateway,
        layer=layer,
        configuration=configuration,
        sets=sets,
        listeners=listeners,
        attached=attached,
        routes=tuple(_resolve_route(each, backends, snapshot) for each in attached if each.is_live),
    )


def _resolve_route(attached: AttachedRoute, backends: BackendResolver, snapshot: Snapshot) -> ResolvedRoute:
    route = attached.route
    return ResolvedRoute(
        attached=attached, rules=tuple(_resolve_rule(rule, route.ref, backends, snapshot) for rule in route.rules)
    )


def _resolve_rule(rule: RouteRule, route: RouteRef, backends: BackendResolver, snapshot: Snapshot) -> ResolvedRule:
    try:
        configuration = rule_configurations.configuration_of(rule, route, snapshot)
    except Invalid as fault:
        return ResolvedRule(rule=rule, faults=(Fault.of(fault),))
    found: list[Backend] = []
    faults: list[Fault] = []
    for reference in rule.backend_refs:
        try:
            found.append(backends.resolve(reference, route))
        except Invalid as fault:
            faults.append(Fault.of(fault))
    return ResolvedRule(rule=rule, configuration=configuration, backends=tuple(found), faults=tuple(faults))

"""A Gateway with everything that it refers to found, before anything is asked of AWS.

`wants` and `build` both start here, so that no rule is written twice. A fault of the configuration raises `Invalid`
and stops the Gateway; all other faults are values on the listener, route or rule that they belong to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from albc.crds.gateway import ListenerRuleConfiguration, TargetGroupConfigurationSpec
from albc.kube.objects import GATEWAY_GROUP, Gateway
from albc.mapping.gateway import rule_configurations
from albc.mapping.gateway.attachment import AttachedRoute, Parents, attach
from albc.mapping.gateway.backends import Backend, BackendResolver
from albc.mapping.gateway.classes import Layer, layer_of
from albc.mapping.gateway.configuration import Configuration, configuration_of
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.listener_sets import ListenerSets, listener_sets_of
from albc.mapping.gateway.listeners import GatewayListener, validate
from albc.mapping.gateway.reference_grants import permits
from albc.mapping.gateway.routes import Route, RouteObject, RouteRef, RouteRule, all_routes, route_of
from albc.mapping.gateway.rule_configurations import oidc_secret
from albc.mapping.gateway.secret_certificates import secrets_of, uses_secrets, with_certificates
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


@dataclass(frozen=True, slots=True, eq=False)
class RouteShare:
    """What one route comes to, for as long as nothing changes of what it is made of."""

    made_of: tuple[object, ...]
    references: tuple[tuple[str, NamespacedName], ...]
    resolved: ResolvedRoute


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """What an earlier resolution of the same Gateway leaves for the next one."""

    listeners: tuple[GatewayListener, ...] = ()
    default: TargetGroupConfigurationSpec | None = None
    shares: Mapping[RouteRef, RouteShare] = field(default_factory=dict)


NO_EARLIER = Earlier()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    gateway: Gateway
    layer: Layer
    configuration: Configuration
    sets: ListenerSets
    listeners: tuple[GatewayListener, ...]
    certificate_secrets: frozenset[NamespacedName]
    """Those that listeners name and may name."""
    attached: tuple[AttachedRoute, ...]
    routes: tuple[ResolvedRoute, ...]
    """Those of `attached` that some valid listener takes."""
    earlier: Earlier
    """For the next resolution."""


def layer_of_gateway(gateway: Gateway, snapshot: Snapshot) -> Layer | None:
    """None: its class is missing, or another controller's."""
    gateway_class = snapshot.gateway_classes.get(NamespacedName("", gateway.spec.gateway_class_name))
    return layer_of(gateway_class) if gateway_class else None


def resolve(
    gateway: Gateway,
    snapshot: Snapshot,
    settings: MappingSettings,
    imported: Mapping[str, str] | None = None,
    earlier: Earlier = NO_EARLIER,
) -> Resolution:
    """The Gateway is one of ours. Raises `Invalid` if its configuration cannot be had.

    What `earlier` holds of routes that have not changed since is taken as it is. `imported`: as
    `Facts.imported_certificates`; None before AWS is asked.
    """
    gateway_class = snapshot.gateway_classes[NamespacedName("", gateway.spec.gateway_class_name)]
    layer = layer_of(gateway_class)
    if layer is None:
        raise Invalid(f"GatewayClass {gateway_class.name} belongs to {gateway_class.spec.controller_name}, not to albc")
    configuration = configuration_of(gateway, gateway_class, snapshot)
    sets = listener_sets_of(gateway, snapshot, settings)
    listeners = validate(gateway, sets.accepted, layer)
    named = {
        secret
        for listener in listeners
        if listener.valid and uses_secrets(listener, configuration.load_balancer, settings)
        for secret in secrets_of(listener, snapshot)
    }
    listeners = with_certificates(listeners, configuration.load_balancer, snapshot, imported, settings)
    # What is equal becomes the same, so that shares which hold it hold.
    default = configuration.default_target_groups
    default = earlier.default if earlier.default == default else default
    listeners = earlier.listeners if earlier.listeners == listeners else listeners
    parents = Parents.of(gateway, layer, listeners)
    backends = BackendResolver(snapshot, default)
    shares: dict[RouteRef, RouteShare] = {}
    for kind, found in all_routes(snapshot):
        if parents.are_meant_by(found):
            ref = RouteRef(kind, found.namespace, found.name)
            known = earlier.shares.get(ref)
            references = known.references if known and known.made_of[0] is found else references_of(kind, found)
            made_of = (found, listeners, *_looked_up(references, ref, backends))
            if known is None or not _same(known.made_of, made_of):
                attached = attach(kind, found, parents, snapshot)
                known = RouteShare(made_of, references, resolve_route(attached, backends, snapshot))
            shares[ref] = known
    resolved = [share.resolved for share in shares.values()]
    return Resolution(
        gateway=gateway,
        layer=layer,
        configuration=configuration,
        sets=sets,
        listeners=listeners,
        certificate_secrets=frozenset(named),
        attached=tuple(each.attached for each in resolved),
        routes=tuple(each for each in resolved if each.attached.is_live),
        earlier=Earlier(listeners, default, shares),
    )


def replaced(resolution: Resolution, older: Mapping[RouteRef, Route], snapshot: Snapshot) -> Resolution:
    """With the rules of earlier states of some routes, resolved as things are now."""
    backends = BackendResolver(snapshot, resolution.configuration.default_target_groups)

    def older_rules(each: ResolvedRoute) -> ResolvedRoute:
        route = older.get(each.ref)
        if route is None:
            return each
        return resolve_route(replace(each.attached, route=replace(each.route, rules=route.rules)), backends, snapshot)

    return replace(resolution, routes=tuple(map(older_rules, resolution.routes)))


def resolve_route(attached: AttachedRoute, backends: BackendResolver, snapshot: Snapshot) -> ResolvedRoute:
    route = attached.route
    return ResolvedRoute(
        attached=attached, rules=tuple(_resolve_rule(rule, route.ref, backends, snapshot) for rule in route.rules)
    )


def references_of(kind: str, found: RouteObject) -> tuple[tuple[str, NamespacedName], ...]:
    """Kind and name of everything that a route's rules refer to, each once."""
    references: dict[tuple[str, NamespacedName], None] = {}
    for rule in route_of(kind, found).rules:
        for backend in rule.backend_refs:
            name = NamespacedName(backend.namespace or found.namespace, backend.name)
            references[backend.kind or "Service", name] = None
        for filter_ in rule.filters:
            if filter_.extension_ref is not None:
                references["", NamespacedName(found.namespace, filter_.extension_ref.name)] = None
    return tuple(references)


def _looked_up(
    references: Iterable[tuple[str, NamespacedName]], route: RouteRef, backends: BackendResolver
) -> Iterator[object]:
    """What a route's share is made of besides itself: the objects as they are now, whether or not they exist."""
    snapshot = backends.snapshot
    yield backends.default
    yield snapshot.namespaces.get(NamespacedName("", route.namespace))
    for kind, name in references:
        if kind:
            yield (snapshot.gateways if kind == "Gateway" else snapshot.services).get(name)
            yield backends.configuration(kind, name)
            yield permits(route, GATEWAY_GROUP if kind == "Gateway" else "", kind, name, snapshot)
        else:
            configuration = snapshot.listener_rule_configurations.get(name)
            yield configuration
            secret = oidc_secret(configuration) if configuration else None
            yield snapshot.secrets.get(secret) if secret else None


def _same(one: Sequence[object], other: Sequence[object]) -> bool:
    """The very same objects: stores hold an object until it changes."""
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


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

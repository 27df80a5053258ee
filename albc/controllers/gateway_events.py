"""Which Gateways of a layer a change concerns (spec/gateway.md §2). Reads the stores, by index; does no I/O."""

from collections.abc import Iterable, Iterator, Sequence

from albc.controllers.stores import Stores
from albc.crds.gateway import ListenerRuleConfiguration, LoadBalancerConfiguration, TargetGroupConfiguration
from albc.engine.informer import Change
from albc.engine.store import ObjectKey, key_of
from albc.kube.conditions import find_condition
from albc.kube.objects import Gateway, GatewayClass, ListenerSet, ReferenceGrant, Secret, Service
from albc.kube.objects.gateway import ParentReference
from albc.mapping.gateway.classes import Layer
from albc.mapping.gateway.resolution import layer_of_gateway
from albc.mapping.gateway.routes import RouteObject
from albc.mapping.gateway.rule_configurations import oidc_secret

PARAMETERS_KIND = "LoadBalancerConfiguration"


class GatewayEvents:
    def __init__(self, stores: Stores, layer: Layer) -> None:
        self._stores = stores
        self._layer = layer
        self._routes = [(kind, stores.routes[kind]) for kind in layer.route_kinds]
        stores.gateways.add_index("class", _class_of)
        stores.gateways.add_index("parameters", _parameters_of)
        stores.gateways.add_index("certificate", _certificates_of)
        stores.listener_sets.add_index("certificate", _certificates_of)
        stores.gateway_classes.add_index("parameters", _class_parameters_of)
        for _, routes in self._routes:
            routes.add_index("backend", _backends_of)
            routes.add_index("extension", _extensions_of)

    def all(self) -> Iterable[ObjectKey]:
        return self._ours(self._stores.gateways.list())

    def of_gateway(self, change: Change[Gateway]) -> Iterable[ObjectKey]:
        return self._ours([change.object])

    def in_front_of(self, change: Change[Gateway]) -> Iterable[ObjectKey]:
        """Gateways that have this one's load balancer as a target (spec/gateway.md §16)."""
        return self.of_backend("Gateway", change.key)

    def of_class(self, change: Change[GatewayClass]) -> Iterable[ObjectKey]:
        return self._ours(self._stores.gateways.by_index("class", change.key.name))

    def of_load_balancer_configuration(self, change: Change[LoadBalancerConfiguration]) -> Iterable[ObjectKey]:
        """Named by Gateways of its namespace, or by classes."""
        yield from self.with_parameters(change.key)
        for gateway_class in self._stores.gateway_classes.by_index("parameters", change.key):
            yield from self._ours(self._stores.gateways.by_index("class", gateway_class.name))

    def with_parameters(self, configuration: ObjectKey) -> Iterable[ObjectKey]:
        """Gateways that name this LoadBalancerConfiguration themselves."""
        return self._ours(self._stores.gateways.by_index("parameters", configuration))

    def of_target_group_configuration(self, configuration: TargetGroupConfiguration) -> Iterable[ObjectKey]:
        """Of a Service or Gateway, whose routes it concerns; without a reference it may be anybody's default."""
        target = configuration.spec.target_reference
        if target is None:
            return self.all()
        return self.of_backend(target.kind or "Service", ObjectKey(configuration.namespace, target.name))

    def of_rule_configuration(self, change: Change[ListenerRuleConfiguration]) -> Iterable[ObjectKey]:
        for route in self.routes_with_extension(change.key):
            yield from self.of_route(route)

    def routes_with_extension(self, configuration: ObjectKey) -> Sequence[RouteObject]:
        """Routes that name this ListenerRuleConfiguration."""
        return [route for _, routes in self._routes for route in routes.by_index("extension", configuration)]

    def of_secret(self, change: Change[Secret]) -> Iterable[ObjectKey]:
        """Of listeners, for their certificates, and of rules, for signing in."""
        yield from self._ours(self._stores.gateways.by_index("certificate", change.key))
        for listener_set in self._stores.listener_sets.by_index("certificate", change.key):
            yield from self.of_listener_set(listener_set)
        for configuration in self._stores.listener_rule_configurations.list(change.key.namespace):
            if oidc_secret(configuration) == change.key:
                for route in self.routes_with_extension(key_of(configuration)):
                    yield from self.of_route(route)

    def of_service(self, change: Change[Service]) -> Iterable[ObjectKey]:
        return self.of_backend("Service", change.key)

    def of_grant(self, grant: ReferenceGrant) -> Iterable[ObjectKey]:
        for source in grant.spec.from_:
            for kind, routes in self._routes:
                if kind == source.kind:
                    for route in routes.list(source.namespace):
                        yield from self.of_route(route)
            if source.kind == "Gateway":
                yield from self._ours(self._stores.gateways.list(source.namespace))
            elif source.kind == "ListenerSet":
                for listener_set in self._stores.listener_sets.list(source.namespace):
                    yield from self.of_listener_set(listener_set)

    def of_listener_set(self, listener_set: ListenerSet) -> Iterable[ObjectKey]:
        parent = listener_set.spec.parent_ref
        return self._named(ObjectKey(parent.namespace or listener_set.namespace, parent.name))

    def of_route(self, route: RouteObject) -> Iterable[ObjectKey]:
        """The Gateways that it wants, and those whose statuses it bears."""
        references = [*route.spec.parent_refs, *(entry.parent_ref for entry in route.status.parents)]
        for reference in dict.fromkeys(_parent(reference, route.namespace) for reference in references):
            yield from self._of_parent(*reference)

    def _of_parent(self, kind: str, namespace: str, name: str) -> Iterable[ObjectKey]:
        if kind != "ListenerSet":
            return self._named(ObjectKey(namespace, name))
        listener_set = self._stores.listener_sets.get((namespace, name))
        return self.of_listener_set(listener_set) if listener_set else ()

    def of_backend(self, kind: str, key: ObjectKey) -> Iterator[ObjectKey]:
        """Gateways whose routes send traffic to this Service or Gateway."""
        for _, routes in self._routes:
            for route in routes.by_index("backend", (kind, key)):
                yield from self.of_route(route)

    def _named(self, key: ObjectKey) -> Iterable[ObjectKey]:
        gateway = self._stores.gateways.get(key)
        return self._ours([gateway] if gateway else [])

    def _ours(self, gateways: Iterable[Gateway]) -> Iterable[ObjectKey]:
        """Of this layer, or being deleted with this layer's finalizer although the class has gone."""
        snapshot = self._stores.snapshot()
        return [
            key_of(gateway)
            for gateway in gateways
            if layer_of_gateway(gateway, snapshot) is self._layer
            or self._layer.controller_name in gateway.metadata.finalizers
        ]


def _class_of(gateway: Gateway) -> list[str]:
    return [gateway.spec.gateway_class_name]


def _parameters_of(gateway: Gateway) -> list[ObjectKey]:
    infrastructure = gateway.spec.infrastructure
    parameters = infrastructure.parameters_ref if infrastructure else None
    if parameters is None or parameters.kind != PARAMETERS_KIND:
        return []
    return [ObjectKey(gateway.namespace, parameters.name)]


def _class_parameters_of(gateway_class: GatewayClass) -> list[ObjectKey]:
    parameters = gateway_class.spec.parameters_ref
    if parameters is None or parameters.kind != PARAMETERS_KIND or not parameters.namespace:
        return []
    return [ObjectKey(parameters.namespace, parameters.name)]


def _certificates_of(owner: Gateway | ListenerSet) -> list[ObjectKey]:
    return [
        ObjectKey(reference.namespace or owner.namespace, reference.name)
        for listener in owner.spec.listeners
        if listener.tls is not None
        for reference in listener.tls.certificate_refs
    ]


def _parent(reference: ParentReference, namespace: str) -> tuple[str, str, str]:
    return reference.kind or "Gateway", reference.namespace or namespace, reference.name


def _backends_of(route: RouteObject) -> list[tuple[str, ObjectKey]]:
    return [
        (backend.kind or "Service", ObjectKey(backend.namespace or route.namespace, backend.name))
        for rule in route.spec.rules
        for backend in rule.backend_refs
    ]


def _extensions_of(route: RouteObject) -> list[ObjectKey]:
    return [
        ObjectKey(route.namespace, filter_.extension_ref.name)
        for rule in route.spec.rules
        for filter_ in getattr(rule, "filters", ())
        if filter_.extension_ref is not None
    ]


def programmed_changed(change: Change[Gateway]) -> bool:
    """A Gateway in front goes by this condition: its message is the ARN of the load balancer."""
    return change.type != "updated" or change.old is None or _programmed(change.old) != _programmed(change.object)


def _programmed(gateway: Gateway) -> tuple[str, str] | None:
    condition = find_condition(gateway.status.conditions, "Programmed")
    return (condition.status, condition.message) if condition else None

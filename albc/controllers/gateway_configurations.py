"""Hold the configurations of Gateways as long as something uses them (spec/gateway.md §3.3–3.5).

A live configuration bears our finalizer, a deleted one keeps it while in use. What uses what is read from the stores,
by index: they are complete before any reconcile begins, so nothing has to be counted. `ListenerRuleConfigurations`
says besides whether a configuration can be used.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from albc.controllers.gateway_events import GatewayEvents
from albc.controllers.stores import Stores, gone
from albc.crds.base import CustomResource
from albc.crds.gateway import ListenerRuleConfiguration, LoadBalancerConfiguration, TargetGroupConfiguration
from albc.crds.resources import (
    LISTENER_RULE_CONFIGURATIONS,
    LOAD_BALANCER_CONFIGURATIONS,
    TARGET_GROUP_CONFIGURATIONS,
)
from albc.engine.controller import Reconcile
from albc.engine.informer import Change
from albc.engine.outcome import Done, Outcome, Requeue
from albc.engine.references import References
from albc.engine.store import ObjectKey, Store, key_of
from albc.engine.watches import Watches, itself, meaningful
from albc.errors import Pending
from albc.kube.client import Client
from albc.kube.finalizers import add_finalizer, remove_finalizer
from albc.kube.objects import (
    GATEWAY_CLASSES,
    GATEWAYS,
    GRPC_ROUTES,
    HTTP_ROUTES,
    SECRETS,
    SERVICES,
    TCP_ROUTES,
    TLS_ROUTES,
    UDP_ROUTES,
    Secret,
)
from albc.kube.patches import MergePatch
from albc.kube.resource import Resource
from albc.mapping.gateway.classes import layer_of
from albc.mapping.gateway.rule_configurations import acceptance, oidc_secret

_AGAIN_SECONDS = 30.0
"""What ends a use also wakes the configuration; this is for what no watch can see."""
_ROUTES: Sequence[Resource[Any]] = (HTTP_ROUTES, GRPC_ROUTES, TCP_ROUTES, UDP_ROUTES, TLS_ROUTES)

C = TypeVar("C", bound=CustomResource)


class Uses:
    """Who uses a configuration. Answers in the reference's words, "" for nobody."""

    def __init__(self, stores: Stores, events: Sequence[GatewayEvents]) -> None:
        """`events`: of the layers that are on."""
        self._stores = stores
        self._events = events
        stores.load_balancer_configurations.add_index("default", _default_of)

    def of_load_balancer_configuration(self, configuration: LoadBalancerConfiguration) -> str:
        if self._by_gateways(key_of(configuration)):
            return f"loadbalancer configuration [{_name(configuration)}] is still in use"
        return ""

    def of_target_group_configuration(self, configuration: TargetGroupConfiguration) -> str:
        target = configuration.spec.target_reference
        if target is None:
            named_by = self._stores.load_balancer_configurations.by_index("default", key_of(configuration))
            users = [_name(each) for each in named_by if self._by_gateways(key_of(each))]
            if not users:
                return ""
            return (
                f"default targetgroup configuration [{_name(configuration)}] is still in use by "
                f"LoadBalancerConfiguration [{', '.join(users)}]"
            )
        service = ObjectKey(configuration.namespace, target.name)
        # One for a Gateway behind an NLB is let go at once, as the reference does.
        if self._stores.services.get(service) is None or not any(
            True for events in self._events for _ in events.of_backend("Service", service)
        ):
            return ""
        return f"targetgroup configuration [{_name(configuration)}] is still in use"

    def of_rule_configuration(self, configuration: ListenerRuleConfiguration) -> str:
        if any(events.routes_with_extension(key_of(configuration)) for events in self._events):
            return (
                f"failed to remove finalizers as listener rule configuration [{_name(configuration)}] is still in use"
            )
        return ""

    def _by_gateways(self, configuration: ObjectKey) -> bool:
        classes = self._stores.gateway_classes.by_index("parameters", configuration)
        return any(layer_of(each) is not None for each in classes) or any(
            True for events in self._events for _ in events.with_parameters(configuration)
        )


class _Held(Generic[C]):
    """The finalizer of one kind."""

    def __init__(
        self, client: Client, resource: Resource[C], store: Store[C], finalizer: str, user: Callable[[C], str]
    ) -> None:
        """`user` says who uses a configuration, "" for nobody."""
        self._client = client
        self._resource = resource
        self._store = store
        self._finalizer = finalizer
        self._user = user
        store.add_index("leaving", _leaving)

    async def hold(self, configuration: C) -> None:
        if self._finalizer not in configuration.metadata.finalizers:
            await add_finalizer(self._client, self._resource, key_of(configuration), self._finalizer)

    async def release(self, configuration: C) -> None:
        """Raises `Pending` while it is in use."""
        if self._finalizer not in configuration.metadata.finalizers:
            return
        if user := self._user(configuration):
            raise Pending(user, _AGAIN_SECONDS)
        await remove_finalizer(self._client, self._resource, key_of(configuration), self._finalizer)

    def leaving(self, change: Change[Any]) -> Iterable[ObjectKey]:
        """Those that wait for the end of their use, which any change may be."""
        return [key_of(each) for each in self._store.by_index("leaving", True)]


class LoadBalancerConfigurations:
    name = "aws-lbc-loadbalancerconfiguration-controller"

    def __init__(self, client: Client, stores: Stores, uses: Uses) -> None:
        self._store = stores.load_balancer_configurations
        self._held = _Held(
            client,
            LOAD_BALANCER_CONFIGURATIONS,
            self._store,
            "gateway.k8s.aws/loadbalancerconfigurations",
            uses.of_load_balancer_configuration,
        )

    def watches(self, w: Watches[ObjectKey]) -> None:
        w.on(LOAD_BALANCER_CONFIGURATIONS, itself, optional=True)
        w.on(GATEWAYS, self._held.leaving, when=meaningful, optional=True)
        w.on(GATEWAY_CLASSES, self._held.leaving, when=meaningful, optional=True)

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        if (configuration := self._store.get(key)) is not None:
            await _hold_or_release(self._held, configuration)
        return Done()


class TargetGroupConfigurations:
    name = "aws-lbc-targetgroupconfiguration-controller"

    def __init__(self, client: Client, stores: Stores, uses: Uses) -> None:
        self._store = stores.target_group_configurations
        self._held = _Held(
            client,
            TARGET_GROUP_CONFIGURATIONS,
            self._store,
            "gateway.k8s.aws/targetgroupconfigurations",
            uses.of_target_group_configuration,
        )

    def watches(self, w: Watches[ObjectKey]) -> None:
        w.on(TARGET_GROUP_CONFIGURATIONS, itself, optional=True)
        w.on(SERVICES, self._held.leaving, when=gone)
        users: Sequence[Resource[Any]] = (GATEWAYS, GATEWAY_CLASSES, LOAD_BALANCER_CONFIGURATIONS, *_ROUTES)
        for resource in users:
            w.on(resource, self._held.leaving, when=meaningful, optional=True)

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        if (configuration := self._store.get(key)) is not None:
            await _hold_or_release(self._held, configuration)
        return Done()


class ListenerRuleConfigurations:
    name = "aws-lbc-listenerruleconfiguration-controller"

    def __init__(self, client: Client, stores: Stores, secrets: References[Secret], uses: Uses) -> None:
        self._client = client
        self._store = stores.listener_rule_configurations
        self._secrets = secrets
        self._held = _Held(
            client,
            LISTENER_RULE_CONFIGURATIONS,
            self._store,
            "gateway.k8s.aws/listenerruleconfigurations",
            uses.of_rule_configuration,
        )

    def watches(self, w: Watches[ObjectKey]) -> None:
        w.on(LISTENER_RULE_CONFIGURATIONS, itself, optional=True)
        w.on(HTTP_ROUTES, self._held.leaving, when=meaningful, optional=True)
        w.on(GRPC_ROUTES, self._held.leaving, when=meaningful, optional=True)
        w.on(SECRETS, self._of_secret, only_referenced=True)

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        configuration = self._store.get(key)
        consumer = ("ListenerRuleConfiguration", key.namespace, key.name)
        if configuration is None:
            self._secrets.refer(consumer, ())
            return Done()
        await _hold_or_release(self._held, configuration)
        if configuration.metadata.deletion_timestamp is not None:
            self._secrets.refer(consumer, ())
            return Done()
        name = oidc_secret(configuration)
        self._secrets.refer(consumer, [name] if name else ())
        secret = await self._secrets.get(name) if name else None
        status = acceptance(configuration, {name: secret} if name and secret else {})
        if status != configuration.status:
            patch = MergePatch({"status": status.model_dump(by_alias=True)})
            await self._client.patch_status(LISTENER_RULE_CONFIGURATIONS, key.name, patch, key.namespace)
        return Done() if status.accepted else Requeue(_AGAIN_SECONDS, status.message or "")

    def _of_secret(self, change: Change[Secret]) -> Iterable[ObjectKey]:
        configurations = self._store.list(change.key.namespace)
        return [key_of(each) for each in configurations if oidc_secret(each) == change.key]


async def _hold_or_release(held: _Held[C], configuration: C) -> None:
    if configuration.metadata.deletion_timestamp is None:
        await held.hold(configuration)
    else:
        await held.release(configuration)


def _default_of(configuration: LoadBalancerConfiguration) -> list[ObjectKey]:
    default = configuration.spec.default_target_group_configuration
    return [ObjectKey(configuration.namespace, default.name)] if default else []


def _leaving(configuration: CustomResource) -> list[bool]:
    return [True] if configuration.metadata.deletion_timestamp is not None else []


def _name(configuration: CustomResource) -> str:
    return f"{configuration.namespace}/{configuration.name}"

"""Says of each GatewayClass whether it can be served, and holds it while Gateways use it (spec/gateway.md §3.1)."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from albc.controllers.stores import Stores
from albc.crds.gateway import LoadBalancerConfiguration, TargetGroupConfiguration
from albc.crds.resources import LOAD_BALANCER_CONFIGURATIONS, TARGET_GROUP_CONFIGURATIONS
from albc.engine.controller import Reconcile
from albc.engine.informer import Change
from albc.engine.outcome import Done, Outcome
from albc.engine.store import ObjectKey
from albc.engine.watches import Watches, itself
from albc.errors import Pending
from albc.kube.client import Client
from albc.kube.conditions import with_condition
from albc.kube.finalizers import add_finalizer, remove_finalizer
from albc.kube.objects import GATEWAY_CLASSES, GATEWAYS, LISTENER_SETS, Gateway, GatewayClass
from albc.kube.objects.gateway import GatewayClassStatus, SupportedFeature
from albc.kube.patches import MergePatch
from albc.mapping.gateway.classes import class_status, layer_of, processed_version
from albc.mapping.gateway.features import supported_features
from albc.mapping.invalid import Invalid

FINALIZER = "gateway.k8s.aws/gatewayclass"
PROCESSED = "elbv2.k8s.aws/last-processed-config"
_IN_USE_SECONDS = 30.0


class GatewayClasses:
    name = "aws-lbc-gateway-class-controller"

    def __init__(self, client: Client, stores: Stores, *, listener_sets: Callable[[], bool]) -> None:
        """`listener_sets`: whether ListenerSets are handled by now."""
        self._client = client
        self._listener_sets = listener_sets
        self._stores = stores

    def watches(self, w: Watches[ObjectKey]) -> None:
        w.on(GATEWAY_CLASSES, itself, optional=True)
        w.on(GATEWAYS, _class_of, when=lambda change: change.type == "deleted", optional=True)
        w.on(LOAD_BALANCER_CONFIGURATIONS, self._of_configuration, optional=True)
        w.on(TARGET_GROUP_CONFIGURATIONS, self._of_default, optional=True)
        w.when_known(LISTENER_SETS, self._all)

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        gateway_class = self._stores.gateway_classes.get(key)
        layer = layer_of(gateway_class) if gateway_class else None
        if gateway_class is None or layer is None:
            return Done()
        if gateway_class.metadata.deletion_timestamp is not None:
            await self._let_go(gateway_class, key)
            return Done()
        if FINALIZER not in gateway_class.metadata.finalizers:
            await add_finalizer(self._client, GATEWAY_CLASSES, key, FINALIZER)
        snapshot = self._stores.snapshot()
        with suppress(Invalid):  # the condition says why
            await self._note_version(gateway_class, processed_version(gateway_class, snapshot))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        status = GatewayClassStatus(
            conditions=with_condition(gateway_class.status.conditions, class_status(gateway_class, snapshot), now),
            supported_features=tuple(
                SupportedFeature(name=name) for name in supported_features(layer, listener_sets=self._listener_sets())
            ),
        )
        if status != gateway_class.status:
            patch = MergePatch({"status": msgspec.to_builtins(status)})
            await self._client.patch_status(GATEWAY_CLASSES, gateway_class.name, patch)
        return Done()

    async def _let_go(self, gateway_class: GatewayClass, key: ObjectKey) -> None:
        if FINALIZER not in gateway_class.metadata.finalizers:
            return
        users = self._stores.gateways.by_index("class", gateway_class.name)
        if users:
            names = ", ".join(f"{gateway.namespace}/{gateway.name}" for gateway in users)
            raise Pending(f"GatewayClass {gateway_class.name} is still used by {names}", _IN_USE_SECONDS)
        await remove_finalizer(self._client, GATEWAY_CLASSES, key, FINALIZER)

    async def _note_version(self, gateway_class: GatewayClass, version: str) -> None:
        """Other controllers of the family read from the annotation that the class's configuration was seen."""
        if gateway_class.metadata.annotations.get(PROCESSED) == version:
            return
        seen = str(int(datetime.now(UTC).timestamp()))
        annotations = {PROCESSED: version, f"{PROCESSED}-timestamp": seen}
        await self._client.patch(
            GATEWAY_CLASSES, gateway_class.name, MergePatch({"metadata": {"annotations": annotations}})
        )

    def _of_configuration(self, change: Change[LoadBalancerConfiguration]) -> Iterable[ObjectKey]:
        classes = self._stores.gateway_classes.by_index("parameters", change.key)
        return [ObjectKey("", gateway_class.name) for gateway_class in classes]

    def _of_default(self, change: Change[TargetGroupConfiguration]) -> Iterable[ObjectKey]:
        """One without a target may be the default of a class's configuration."""
        if change.object.spec.target_reference is not None:
            return []
        return self._all()

    def _all(self) -> list[ObjectKey]:
        return [ObjectKey("", gateway_class.name) for gateway_class in self._stores.gateway_classes.list()]


def _class_of(change: Change[Gateway]) -> list[ObjectKey]:
    return [ObjectKey("", change.object.spec.gateway_class_name)]

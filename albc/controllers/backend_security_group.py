"""Who needs the security group that all load balancers share (spec/targets.md §12)."""

from collections.abc import Iterator
from typing import Any

from albc.aws.backend_security_group import BackendSecurityGroup
from albc.controllers.stores import Stores
from albc.engine.controller import Reconcile
from albc.engine.store import ObjectKey
from albc.kube.objects import GATEWAYS, INGRESSES, SERVICES
from albc.kube.resource import Resource
from albc.mapping.gateway.classes import LAYERS
from albc.mapping.ingress.groups import pending_finalization as ingress_pending
from albc.mapping.service.selection import pending_finalization as service_pending

GATEWAY_FINALIZERS = frozenset(LAYERS)


class SharedGroup:
    """An object needs the group as long as it bears one of our finalizers, unless it has said that it leaves.

    Objects that leave at the same time do not wait for one another: the last one to say so takes the group along.
    """

    def __init__(self, group: BackendSecurityGroup, stores: Stores) -> None:
        self._group = group
        self._stores = stores
        self._leaving: set[tuple[str, ObjectKey]] = set()

    def enter(self, resource: Resource[Any], *objects: ObjectKey) -> None:
        """These objects are at work (again)."""
        self._leaving.difference_update((resource.kind, key) for key in objects)

    async def release(self, ctx: Reconcile, resource: Resource[Any], *objects: ObjectKey) -> None:
        """These objects are about to lose our finalizer; the group is deleted if nobody else is left.

        Raises `Pending` while AWS still holds it for a load balancer that is going away.
        """
        self._leaving.update((resource.kind, key) for key in objects)
        bearers = set(self._bearers())
        self._leaving &= bearers
        if bearers == self._leaving:
            with ctx.errors("release_auto_generated_backend_sg_error"):
                await self._group.delete()

    def _bearers(self) -> Iterator[tuple[str, ObjectKey]]:
        stores = self._stores
        for key, ingress in stores.ingresses.objects.items():
            if ingress_pending(ingress):
                yield INGRESSES.kind, key
        for key, service in stores.services.objects.items():
            if service_pending(service):
                yield SERVICES.kind, key
        for key, gateway in stores.gateways.objects.items():
            if not GATEWAY_FINALIZERS.isdisjoint(gateway.metadata.finalizers):
                yield GATEWAYS.kind, key

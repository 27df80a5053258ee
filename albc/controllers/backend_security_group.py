"""Who needs the security group that all load balancers share (spec/targets.md §12)."""

from typing import Any

from albc.aws.backend_security_group import BackendSecurityGroup
from albc.controllers.stores import Stores
from albc.kube.objects import GATEWAYS, INGRESSES, SERVICES
from albc.kube.resource import Resource
from albc.mapping.ingress.groups import pending_finalization as ingress_pending
from albc.mapping.service.selection import pending_finalization as service_pending

GATEWAY_FINALIZERS = ("gateway.k8s.aws/alb", "gateway.k8s.aws/nlb")


class SharedGroup:
    def __init__(self, group: BackendSecurityGroup, stores: Stores) -> None:
        self._group = group
        self._stores = stores

    async def release(self, resource: Resource[Any], *leaving: tuple[str, str]) -> None:
        """Deletes the group if nobody but `leaving` (namespace, name), who are about to lose our finalizer, is left.

        Raises `Pending` while AWS still holds it for a load balancer that is going away.
        """
        if not self._needed(resource, frozenset(leaving)):
            await self._group.delete()

    def _needed(self, resource: Resource[Any], leaving: frozenset[tuple[str, str]]) -> bool:
        stores = self._stores

        def others(kind: Resource[Any], key: tuple[str, str]) -> bool:
            return kind != resource or key not in leaving

        return (
            any(ingress_pending(obj) and others(INGRESSES, key) for key, obj in stores.ingresses.objects.items())
            or any(service_pending(obj) and others(SERVICES, key) for key, obj in stores.services.objects.items())
            or any(
                set(GATEWAY_FINALIZERS).intersection(obj.metadata.finalizers) and others(GATEWAYS, key)
                for key, obj in stores.gateways.objects.items()
            )
        )

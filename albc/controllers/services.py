"""Keeps the load balancers of Services: a Network or a Classic one for each that is ours (spec/service.md A13, B10)."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from albc.controllers.deployer import stack_of
from albc.controllers.stores import Stores, gone
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.controller import Reconcile
from albc.engine.informer import Change
from albc.engine.outcome import Done, Outcome
from albc.engine.store import ObjectKey
from albc.engine.watches import Watches, itself, meaningful
from albc.kube.objects import NODES, SERVICES, Node, Service
from albc.mapping.cluster import SERVICE_TAG_PREFIX
from albc.targets.classic_nodes import matters


class Kind(Protocol):
    """One kind of load balancer that a Service may have."""

    def is_ours(self, service: Service) -> bool:
        """Whether the Service shall have one."""
        ...

    def is_pending(self, service: Service) -> bool:
        """Whether it may have one: it bears the kind's finalizer."""
        ...

    async def ensure(self, service: Service, ctx: Reconcile) -> Outcome: ...

    async def clean_up(self, service: Service, ctx: Reconcile) -> None:
        """Raises `Pending` while something is left; the finalizer goes last."""
        ...


class Services:
    name = "service"

    def __init__(self, stores: Stores, kinds: Sequence[Kind], follows_nodes: Callable[[Service], bool] | None) -> None:
        """`follows_nodes` says which Services are looked at when a node changes; None watches no nodes."""
        self._stores = stores
        self._kinds = kinds
        self._follows_nodes = follows_nodes

    def watches(self, w: Watches[ObjectKey]) -> None:
        w.on(SERVICES, itself, when=self._concerns_us)
        w.on(TARGET_GROUP_BINDINGS, _of_binding, when=gone)
        if self._follows_nodes is not None:
            w.on(NODES, self._behind_node, when=_node_matters)

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        """What a Service no longer is goes first, so that a new load balancer finds its names free."""
        with ctx.stage("fetch_service"):
            service = self._stores.services.get(key)
        if service is None:
            return Done()
        for kind in self._kinds:
            if kind.is_pending(service) and not kind.is_ours(service):
                with ctx.stage("cleanup_load_balancer"):
                    await kind.clean_up(service, ctx)
        for kind in self._kinds:
            if kind.is_ours(service):
                return await kind.ensure(service, ctx)
        return Done()

    def _concerns_us(self, change: Change[Service]) -> bool:
        """Ours, or once ours; a deleted one has no finalizer any more, and nothing in AWS."""
        return (
            change.type != "deleted"
            and meaningful(change)
            and any(kind.is_pending(change.object) or kind.is_ours(change.object) for kind in self._kinds)
        )

    def _behind_node(self, change: Change[Node]) -> Iterable[ObjectKey]:
        return [key for key, service in self._stores.services.objects.items() if self._follows(service)]

    def _follows(self, service: Service) -> bool:
        return self._follows_nodes is not None and self._follows_nodes(service)


def _node_matters(change: Change[Node]) -> bool:
    """What the initial list tells is looked at with the Services themselves."""
    match change.type:
        case "deleted":
            return matters(change.object, None)
        case _:
            return matters(change.old, change.object)


def _of_binding(change: Change[TargetGroupBinding]) -> list[ObjectKey]:
    """A stack that removes target groups waits for their bindings to go."""
    stack = stack_of(change.object.metadata.labels, SERVICE_TAG_PREFIX)
    return [ObjectKey(*stack)] if stack else []

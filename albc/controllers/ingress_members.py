"""What the controller writes to the members of an IngressGroup: finalizers, statuses, the plan annotation
(spec/ingress.md §5.2 to §5.5).

Called by `ingress_groups`. Nothing is written to an object that has it already.
"""

from collections.abc import Iterable, Sequence

import structlog

from albc.controllers.deployer import Deployed
from albc.controllers.ingress_status import status_patch
from albc.engine.store import Store, key_of
from albc.errors import AlbcError, NotLeader
from albc.kube.client import Client
from albc.kube.finalizers import add_finalizer, remove_finalizer
from albc.kube.objects import INGRESSES, Ingress
from albc.kube.patches import MergePatch
from albc.mapping.ingress.groups import GroupID
from albc.mapping.ingress.member import PLAN_ANNOTATION
from albc.model.listener import Listener
from albc.model.load_balancer import LoadBalancer
from albc.model.stack import Stack

log = structlog.stdlib.get_logger("controllers.ingress")


class IngressMembers:
    def __init__(self, client: Client, ingresses: Store[Ingress], *, shows_plan: bool) -> None:
        """`shows_plan`: whether the first member of each group bears the group's stack as an annotation."""
        self._client = client
        self._ingresses = ingresses
        self._shows_plan = shows_plan

    async def add_finalizers(self, group: GroupID, members: Iterable[Ingress]) -> None:
        for ingress in members:
            if group.finalizer not in ingress.metadata.finalizers:
                await add_finalizer(self._client, INGRESSES, key_of(ingress), group.finalizer)

    async def remove_finalizers(self, group: GroupID, leaving: Iterable[Ingress]) -> None:
        for ingress in leaving:
            await remove_finalizer(self._client, INGRESSES, key_of(ingress), group.finalizer)

    async def show_plan(self, members: Sequence[Ingress], stack: Stack) -> None:
        """Puts the stack's JSON on the first of these and takes it from the others; from all, if it is not wanted.

        A plan that cannot be shown is a line in the log, and stops nothing.
        """
        for place, ingress in enumerate(map(self._current, members)):
            plan = stack.to_json() if self._shows_plan and place == 0 else None
            if ingress.metadata.annotations.get(PLAN_ANNOTATION) == plan:
                continue
            patch = MergePatch({"metadata": {"annotations": {PLAN_ANNOTATION: plan}}})
            try:
                await self._client.patch(INGRESSES, ingress.name, patch, ingress.namespace)
            except NotLeader:
                raise
            except AlbcError as error:
                log.warning("plan annotation not written", ingress=str(key_of(ingress)), error=str(error))

    async def write_statuses(self, members: Iterable[Ingress], stack: Stack, deployed: Deployed) -> None:
        hostnames = [deployed.dns_name("LoadBalancer"), *deployed.dns_names("FrontendNlb")]
        (alb,) = (one for one in stack.all(LoadBalancer) if one.kind == "application")
        ports = [listener.port for listener in stack.all(Listener) if listener.load_balancer_arn == alb.arn]
        for ingress in map(self._current, members):
            if patch := status_patch(ingress, hostnames, ports):
                await self._client.patch_status(INGRESSES, ingress.name, MergePatch(patch), ingress.namespace)

    def _current(self, ingress: Ingress) -> Ingress:
        """As the store has it now."""
        return self._ingresses.get(key_of(ingress)) or ingress

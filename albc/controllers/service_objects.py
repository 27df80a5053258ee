"""What is written on a Service itself, whatever load balancer it gets (spec/service.md A13)."""

from contextlib import AbstractContextManager

from albc.controllers.reporting import Reporter, count_faults
from albc.controllers.service_status import status_patch
from albc.engine.controller import Reconcile
from albc.engine.store import ObjectKey
from albc.errors import Invalid
from albc.kube.client import Client
from albc.kube.finalizers import add_finalizer, remove_finalizer
from albc.kube.objects import SERVICES, Service
from albc.kube.patches import MergePatch
from albc.model.problem import Built
from albc.model.stack import Stack


class ServiceObjects:
    """Finalizers, status and events. What fails is told by an event, and raised."""

    def __init__(self, client: Client, report: Reporter) -> None:
        self._client = client
        self._report = report

    async def claim(self, service: Service, finalizer: str) -> None:
        """Before anything is made for it."""
        with self.failure(service, "FailedAddFinalizer", "add finalizer"):
            await add_finalizer(self._client, SERVICES, _key(service), finalizer)

    async def release(self, service: Service, finalizer: str) -> None:
        """When nothing of it is left."""
        if service.status.load_balancer.ingress:
            with self.failure(service, "FailedCleanupStatus", "update status"):
                patch = MergePatch({"status": {"loadBalancer": None}})
                await self._client.patch_status(SERVICES, service.name, patch, service.namespace)
        with self.failure(service, "FailedRemoveFinalizer", "remove finalizer"):
            await remove_finalizer(self._client, SERVICES, _key(service), finalizer)

    async def write_status(self, service: Service, hostname: str) -> None:
        """Services of other types take no status from the API: the load balancer works without (traps.md)."""
        with self.failure(service, "FailedUpdateStatus", "update status"):
            if service.spec.type == "LoadBalancer" and (patch := status_patch(service, hostname)):
                await self._client.patch_status(SERVICES, service.name, MergePatch(patch), service.namespace)

    def stack_of(self, service: Service, built: Built, ctx: Reconcile) -> Stack:
        """Tells the owner what mapping found. Raises `Invalid` where it made no stack."""
        self._report.problems(SERVICES, [service], built.problems)
        if built.stack is None:
            count_faults(built.problems, ctx)
            raise Invalid("; ".join(problem.message for problem in built.problems))
        return built.stack

    def success(self, service: Service) -> None:
        self._report.success(SERVICES, [service])

    def warning(self, service: Service, reason: str, message: str) -> None:
        self._report.warning(SERVICES, service, reason, message)

    def failure(self, service: Service, reason: str, doing: str) -> AbstractContextManager[None]:
        return self._report.failure(SERVICES, [service], reason, doing)


def _key(service: Service) -> ObjectKey:
    return ObjectKey(service.namespace, service.name)

"""TargetGroupBindings for `albc.deploy.apply`: read from the informer's store, written to the API server."""

from collections.abc import Mapping

from albc.controllers.stores import Stores
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.crds.target_group_binding import TargetGroupBinding
from albc.deploy.apply.binding_store import WantedBinding
from albc.errors import NotFound
from albc.kube.client import Client
from albc.kube.patches import JsonPatch, MergePatch
from albc.model.inventory import ActualBinding


def actual(binding: TargetGroupBinding) -> ActualBinding:
    """As a plan compares it."""
    return ActualBinding(
        namespace=binding.namespace,
        name=binding.name,
        labels=binding.metadata.labels,
        annotations=binding.metadata.annotations,
        spec=binding.spec.model_dump(by_alias=True, exclude_defaults=True, exclude_none=True, mode="json"),
        deleting=binding.metadata.deletion_timestamp is not None,
    )


class KubernetesBindings:
    """Implements `albc.deploy.apply.binding_store.BindingStore`."""

    def __init__(self, client: Client, stores: Stores) -> None:
        self._client = client
        self._stores = stores

    def of_stack(self, labels: Mapping[str, str]) -> tuple[ActualBinding, ...]:
        bindings = self._stores.target_group_bindings
        return tuple(actual(binding) for binding in bindings.by_index("stack", tuple(sorted(labels.items()))))

    async def create(self, binding: WantedBinding) -> None:
        body = {
            "apiVersion": TARGET_GROUP_BINDINGS.api_version,
            "kind": TARGET_GROUP_BINDINGS.kind,
            "metadata": {
                "name": binding.name,
                "labels": dict(binding.labels),
                "annotations": dict(binding.annotations),
            },
            "spec": binding.spec,
        }
        await self._client.create(TARGET_GROUP_BINDINGS, body, binding.namespace)

    async def patch(self, binding: WantedBinding) -> None:
        # `add` replaces the whole of each: what is no longer wanted goes, checkpoints included.
        changes = JsonPatch(
            [
                {"op": "add", "path": "/metadata/labels", "value": dict(binding.labels)},
                {"op": "add", "path": "/metadata/annotations", "value": dict(binding.annotations)},
                {"op": "add", "path": "/spec", "value": binding.spec},
            ]
        )
        await self._client.patch(TARGET_GROUP_BINDINGS, binding.name, changes, binding.namespace)

    async def delete(self, namespace: str, name: str) -> None:
        try:
            await self._client.delete(TARGET_GROUP_BINDINGS, name, namespace)
        except NotFound:
            return

    async def mark(self, namespace: str, name: str, annotation: str, value: str) -> None:
        patch = MergePatch({"metadata": {"annotations": {annotation: value}}})
        try:
            await self._client.patch(TARGET_GROUP_BINDINGS, name, patch, namespace)
        except NotFound:
            return

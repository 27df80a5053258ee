"""Reads and writes the checkpoint on bindings (spec/targets.md §7.3); its value is made by `albc.targets.checkpoint`.

Called by `albc.targets.reconciler`, and by the deferred controller, which takes checkpoints back.
"""

from datetime import UTC, datetime

from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.crds.target_group_binding import TargetGroupBinding
from albc.errors import Unavailable
from albc.kube.client import Client
from albc.kube.patches import MergePatch
from albc.targets.checkpoint import ANNOTATION, TIMESTAMP_ANNOTATION


class Checkpoints:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._written: dict[tuple[str, str], tuple[str, str]] = {}
        """By binding: the resourceVersion that we read, and the checkpoint that we then wrote."""

    def read(self, binding: TargetGroupBinding) -> str:
        """As it stands, even if the binding at hand is older than our last write."""
        version, value = self._written.get((binding.namespace, binding.name), ("", ""))
        if version == binding.metadata.resource_version:
            return value
        return binding.metadata.annotations.get(ANNOTATION, "")

    async def write(self, binding: TargetGroupBinding, value: str) -> None:
        """No call if it is already so. Raises `Unavailable`, `NotFound`."""
        if self.read(binding) == value:
            return
        try:
            await self._client.patch(TARGET_GROUP_BINDINGS, binding.name, patch_of(value), binding.namespace)
        except Unavailable as error:
            where = f"{binding.namespace}/{binding.name}"
            raise Unavailable(f"failed to update targetGroupBinding checkpoint: {where}: {error}") from error
        self._written[binding.namespace, binding.name] = (binding.metadata.resource_version, value)

    def wrote(self, namespace: str, name: str, value: str) -> bool:
        """This value was the last that we wrote: a change to it is no news."""
        return self._written.get((namespace, name), ("", None))[1] == value

    def was_taken_back(self, binding: TargetGroupBinding) -> bool:
        """Whether somebody has removed the checkpoint that we wrote last, to have AWS asked again. Told once."""
        key = (binding.namespace, binding.name)
        _, value = self._written.get(key, ("", ""))
        if not value or self.read(binding):
            return False
        del self._written[key]
        return True

    def forget(self, binding: TargetGroupBinding) -> None:
        self._written.pop((binding.namespace, binding.name), None)


def patch_of(value: str) -> MergePatch:
    annotations = {ANNOTATION: value, TIMESTAMP_ANNOTATION: str(int(datetime.now(UTC).timestamp()))}
    return MergePatch({"metadata": {"annotations": annotations}})

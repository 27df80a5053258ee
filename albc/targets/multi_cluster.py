"""Which targets of a shared target group are this cluster's (spec/targets.md §7.7).

With `multiClusterTargetGroup`, a ConfigMap beside the binding lists what we registered; nothing else is ever
deregistered. As long as the list is unknown, nothing is.
"""

from collections.abc import Iterable

from albc.crds.target_group_binding import TargetGroupBinding
from albc.errors import NotFound
from albc.kube.client import Client
from albc.kube.objects import CONFIG_MAPS
from albc.kube.patches import MergePatch
from albc.targets.registration import TargetHealth


class TrackedTargets:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    async def ours(self, binding: TargetGroupBinding, targets: Iterable[TargetHealth]) -> tuple[TargetHealth, ...]:
        """Those of `targets` that this cluster may deregister."""
        if not binding.spec.multi_cluster_target_group:
            return tuple(targets)
        tracked = await self._read(binding)
        return tuple(health for health in targets if health.target.identifier in tracked)

    async def track(self, binding: TargetGroupBinding, identifiers: Iterable[str]) -> None:
        """Says what is ours, before it is registered. No call when nothing changed."""
        if not binding.spec.multi_cluster_target_group:
            return
        wanted = frozenset(identifiers)
        key = (binding.namespace, binding.name)
        if self._known.get(key) == wanted:
            return
        data = {"data": {"targets": ",".join(sorted(wanted))}}
        try:
            await self._client.patch(CONFIG_MAPS, _name(binding), MergePatch(data), binding.namespace)
        except NotFound:
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": _name(binding)}, **data}
            await self._client.create(CONFIG_MAPS, body, binding.namespace)
        self._known[key] = wanted

    async def forget(self, binding: TargetGroupBinding) -> None:
        self._known.pop((binding.namespace, binding.name), None)
        if binding.spec.multi_cluster_target_group:
            try:
                await self._client.delete(CONFIG_MAPS, _name(binding), binding.namespace)
            except NotFound:
                return

    async def _read(self, binding: TargetGroupBinding) -> frozenset[str]:
        key = (binding.namespace, binding.name)
        if key not in self._known:
            try:
                found = await self._client.get(CONFIG_MAPS, _name(binding), binding.namespace)
            except NotFound:
                return frozenset()
            self._known[key] = frozenset(filter(None, found.data.get("targets", "").split(",")))
        return self._known[key]


def _name(binding: TargetGroupBinding) -> str:
    return f"aws-lbc-targets-{binding.name}"

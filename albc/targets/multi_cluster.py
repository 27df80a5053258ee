"""Which targets of a shared target group are this binding's (spec/targets.md §7.7).

With `multiClusterTargetGroup`, a ConfigMap beside the binding lists what it registered; nothing else is ever
deregistered. As long as the list is unknown, nothing is, and the list is written.

ConfigMaps are read one by one and replaced as a whole: get, create, update and delete are all that we may do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from albc.crds.target_group_binding import TargetGroupBinding
from albc.errors import NotFound
from albc.kube.client import Client
from albc.kube.objects import CONFIG_MAPS
from albc.targets.registration import TargetHealth

KEY = "targets"


@dataclass(frozen=True, slots=True)
class Leaving:
    """What may be deregistered."""

    targets: tuple[TargetHealth, ...]
    unknown: bool = False
    """The list of ours is not there, and must be written before anything can leave."""


class TrackedTargets:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    async def leaving(self, binding: TargetGroupBinding, targets: Sequence[TargetHealth]) -> Leaving:
        """Those of `targets` that are the binding's own."""
        if not binding.spec.multi_cluster_target_group or not targets:
            return Leaving(tuple(targets))
        tracked = await self._read(binding)
        if tracked is None:
            return Leaving((), unknown=True)
        return Leaving(tuple(health for health in targets if health.target.identifier in tracked))

    async def keep(self, binding: TargetGroupBinding, identifiers: Iterable[str]) -> None:
        """Writes down what is the binding's own, before it is registered. No call when nothing changed."""
        if not binding.spec.multi_cluster_target_group:
            return
        wanted = frozenset(identifiers)
        key = (binding.namespace, binding.name)
        if self._known.get(key) == wanted:
            return
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": _name(binding), "namespace": binding.namespace},
            "data": {KEY: ",".join(sorted(wanted))},
        }
        try:
            await self._client.update(CONFIG_MAPS, body, _name(binding), binding.namespace)
        except NotFound:
            await self._client.create(CONFIG_MAPS, body, binding.namespace)
        self._known[key] = wanted

    async def forget(self, binding: TargetGroupBinding) -> None:
        """The binding goes, and its list with it."""
        self._known.pop((binding.namespace, binding.name), None)
        if binding.spec.multi_cluster_target_group:
            try:
                await self._client.delete(CONFIG_MAPS, _name(binding), binding.namespace)
            except NotFound:
                return

    async def _read(self, binding: TargetGroupBinding) -> frozenset[str] | None:
        key = (binding.namespace, binding.name)
        if key not in self._known:
            try:
                found = await self._client.get(CONFIG_MAPS, _name(binding), binding.namespace)
            except NotFound:
                return None
            self._known[key] = frozenset(filter(None, found.data.get(KEY, "").split(",")))
        return self._known[key]


def _name(binding: TargetGroupBinding) -> str:
    return f"aws-lbc-targets-{binding.name}"

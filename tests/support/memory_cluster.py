"""Objects of a cluster in memory, behind the calls of our client that the targets room makes, without HTTP in between.

Fast enough for thousands of transitions; what an API server does beyond that is tested on `albc.local.kubernetes`.
"""

from collections.abc import Mapping
from copy import deepcopy
from itertools import count
from typing import Any

from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.errors import Conflict, NotFound, Unavailable
from albc.kube.key import NamespacedName
from albc.kube.objects import CONFIG_MAPS, ENDPOINT_SLICES, NODES, PODS, SERVICES
from albc.kube.patches import MergePatch, StrategicMergePatch
from albc.kube.resource import Resource
from albc.targets.cluster import Cluster

KINDS = {each.kind: each for each in (TARGET_GROUP_BINDINGS, CONFIG_MAPS, ENDPOINT_SLICES, NODES, PODS, SERVICES)}


class MemoryCluster:
    """Plain objects by kind, namespace and name; `calls` has each call as (verb, kind, name)."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.calls: list[tuple[str, str, str]] = []
        self.down = False
        """The API server answers nothing."""
        self._version = count(1)

    # As a user would

    def apply(self, kind: str, obj: Mapping[str, Any], namespace: str = "shop") -> None:
        kept = deepcopy(dict(obj))
        metadata = kept.setdefault("metadata", {})
        metadata.setdefault("namespace", namespace)
        metadata["resourceVersion"] = str(next(self._version))
        metadata.setdefault("uid", f"uid-{kind}-{metadata['name']}-{metadata['resourceVersion']}")
        self.objects[kind, metadata["namespace"], metadata["name"]] = kept

    def remove(self, kind: str, name: str, namespace: str = "shop") -> None:
        self.objects.pop((kind, namespace, name), None)

    def read(self, kind: str, name: str, namespace: str = "shop") -> dict[str, Any]:
        return self.objects[kind, namespace, name]

    def has(self, kind: str, name: str, namespace: str = "shop") -> bool:
        return (kind, namespace, name) in self.objects

    def typed(self, kind: str) -> list[Any]:
        return [KINDS[kind].convert(obj) for key, obj in sorted(self.objects.items()) if key[0] == kind]

    def views(self) -> Cluster:
        """What the room reads, as it stands at each call."""
        return Cluster(
            service=lambda namespace, name: next(
                (each for each in self.typed("Service") if (each.namespace, each.name) == (namespace, name)), None
            ),
            slices=lambda namespace, name: [
                each
                for each in self.typed("EndpointSlice")
                if (each.namespace, each.metadata.labels["kubernetes.io/service-name"]) == (namespace, name)
            ],
            pods=_Pods(self),
            nodes=lambda: {node.name: node for node in self.typed("Node")},
            bindings=lambda: self.typed("TargetGroupBinding"),
        )

    # As our client

    async def get(self, resource: Resource[Any], name: str, namespace: str | None = None) -> Any:
        self._called("get", resource, name)
        return resource.convert(self._object(resource, name, namespace))

    async def create(self, resource: Resource[Any], body: Mapping[str, Any], namespace: str | None = None) -> Any:
        name = body["metadata"]["name"]
        self._called("create", resource, name)
        if self.has(resource.kind, name, namespace or ""):
            raise Conflict(f"{name} exists", "AlreadyExists")
        self.apply(resource.kind, body, namespace or "")
        return resource.convert(self._object(resource, name, namespace))

    async def update(
        self, resource: Resource[Any], body: Mapping[str, Any], name: str, namespace: str | None = None
    ) -> Any:
        self._called("update", resource, name)
        self._object(resource, name, namespace)
        self.apply(resource.kind, body, namespace or "")
        return resource.convert(self._object(resource, name, namespace))

    async def patch(self, resource: Resource[Any], name: str, patch: MergePatch, namespace: str | None = None) -> Any:
        self._called("patch", resource, name)
        return self._patched(resource, name, patch, namespace)

    async def patch_status(
        self, resource: Resource[Any], name: str, patch: MergePatch | StrategicMergePatch, namespace: str | None = None
    ) -> Any:
        self._called("patch status", resource, name)
        return self._patched(resource, name, patch, namespace)

    async def delete(self, resource: Resource[Any], name: str, namespace: str | None = None) -> None:
        self._called("delete", resource, name)
        self._object(resource, name, namespace)
        self.remove(resource.kind, name, namespace or "")

    def _called(self, verb: str, resource: Resource[Any], name: str) -> None:
        if self.down:
            raise Unavailable("the API server does not answer")
        self.calls.append((verb, resource.kind, name))

    def _object(self, resource: Resource[Any], name: str, namespace: str | None) -> dict[str, Any]:
        try:
            return self.objects[resource.kind, namespace or "", name]
        except KeyError:
            raise NotFound(f"{resource.kind} {namespace}/{name} not found") from None

    def _patched(
        self, resource: Resource[Any], name: str, patch: MergePatch | StrategicMergePatch, namespace: str | None
    ) -> Any:
        obj = self._object(resource, name, namespace)
        uid = (patch.changes.get("metadata") or {}).get("uid")
        if uid is not None and uid != obj["metadata"]["uid"]:
            raise Conflict(f"{name} is another object", "Conflict")
        merged = _merged(obj, patch.changes, by_type=isinstance(patch, StrategicMergePatch))
        self.apply(resource.kind, merged, namespace or "")
        return resource.convert(self._object(resource, name, namespace))


class _Pods(Mapping[NamespacedName, Any]):
    """Pods by key, decoded when they are looked at."""

    def __init__(self, cluster: MemoryCluster) -> None:
        self._cluster = cluster

    def __getitem__(self, key: NamespacedName) -> Any:
        return PODS.convert(self._cluster.objects["Pod", key.namespace, key.name])

    def __iter__(self) -> Any:
        return (NamespacedName(key[1], key[2]) for key in list(self._cluster.objects) if key[0] == "Pod")

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _merged(old: Mapping[str, Any], changes: Mapping[str, Any], *, by_type: bool) -> dict[str, Any]:
    merged = dict(old)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            merged[key] = _merged(old.get(key) or {}, value, by_type=by_type)
        elif by_type and key == "conditions":
            given = {condition["type"]: condition for condition in value}
            had = {condition["type"]: condition for condition in old.get(key) or ()}
            both = had.keys() | given.keys()
            merged[key] = [_merged(had.get(t, {}), given.get(t, {}), by_type=False) for t in sorted(both)]
        else:
            merged[key] = value
    return merged

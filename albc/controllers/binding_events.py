"""Which changes of the cluster concern which TargetGroupBindings (spec/targets.md §5.1, §5.2). No I/O.

Called by the TargetGroupBinding controller's watches.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from albc.controllers.stores import Stores
from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.informer import Change
from albc.engine.store import ObjectKey, key_of
from albc.errors import Invalid
from albc.kube.objects import EndpointSlice, Node, Pod, Service
from albc.targets.checkpoint import ANNOTATION, TIMESTAMP_ANNOTATION
from albc.targets.nodes import node_change_matters
from albc.targets.readiness import GATE_PREFIXES

_CHECKPOINT: Final = (ANNOTATION, TIMESTAMP_ANNOTATION)
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_NAME: Final = 253


class BindingEvents:
    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def of_service(self, change: Change[Service]) -> Iterable[ObjectKey]:
        return self._of(change.key.namespace, change.key.name, "instance")

    def of_slice(self, change: Change[EndpointSlice]) -> Iterable[ObjectKey]:
        service = change.object.metadata.labels.get("kubernetes.io/service-name", "")
        return self._of(change.key.namespace, service, "ip")

    def of_node(self, change: Change[Node]) -> Iterator[ObjectKey]:
        old = change.old if change.type == "updated" else change.object if change.type == "deleted" else None
        new = None if change.type == "deleted" else change.object
        for binding in self._stores.target_group_bindings.by_index("target_type", "instance"):
            try:
                if node_change_matters(old, new, binding.spec.node_selector):
                    yield key_of(binding)
            except Invalid:
                continue  # its own reconcile tells what is wrong with the selector

    def of_pod(self, change: Change[Pod]) -> frozenset[ObjectKey]:
        """Bindings whose gates the Pod has; and, when it was just told to go, all that may have it as a target."""
        keys = {ObjectKey(change.key.namespace, name) for name in _gated(change.object)}
        if change.object.metadata.deletion_timestamp is not None:
            for slice_ in self._stores.endpoint_slices.by_index("pod", change.key):
                service = slice_.metadata.labels.get("kubernetes.io/service-name", "")
                keys |= set(self._of(slice_.namespace, service, "ip"))
        return frozenset(keys)

    def _of(self, namespace: str, service: str, target_type: str) -> Iterable[ObjectKey]:
        bindings = self._stores.target_group_bindings.by_index("service", (namespace, service))
        return [key_of(binding) for binding in bindings if binding.spec.target_type == target_type]


def _gated(pod: Pod) -> Iterator[str]:
    for gate in pod.spec.readiness_gates:
        prefix, _, name = gate.condition_type.partition("/")
        if prefix in GATE_PREFIXES and len(name) <= _LONGEST_NAME and _NAME.fullmatch(name):
            yield name


def ports_changed(change: Change[Service]) -> bool:
    return change.type != "updated" or change.old is None or change.old.spec.ports != change.object.spec.ports


def endpoints_changed(change: Change[EndpointSlice]) -> bool:
    old, new = change.old, change.object
    return change.type != "updated" or old is None or (old.ports, old.endpoints) != (new.ports, new.endpoints)


def pod_matters(change: Change[Pod]) -> bool:
    """Not the deletion of a Pod: it was said to come when the Pod was told to go, and its endpoint goes with it."""
    if change.type == "deleted":
        return False
    return change.type != "updated" or change.old is None or _told(change.old) != _told(change.object)


def _told(pod: Pod) -> tuple[Any, ...]:
    metadata = pod.metadata
    going = metadata.deletion_timestamp is not None
    return metadata.uid, metadata.annotations, going, pod.spec, pod.status.pod_ip, pod.status.conditions


def more_than_checkpoint(change: Change[TargetGroupBinding]) -> bool:
    """Something else changed than the checkpoint."""
    if change.type != "updated" or change.old is None:
        return True
    return _without_checkpoint(change.old) != _without_checkpoint(change.object)


def _without_checkpoint(binding: TargetGroupBinding) -> tuple[Any, ...]:
    metadata = binding.metadata
    annotations = {key: value for key, value in metadata.annotations.items() if key not in _CHECKPOINT}
    going = metadata.deletion_timestamp is not None
    return metadata.uid, annotations, metadata.labels, metadata.finalizers, going, binding.spec, binding.status

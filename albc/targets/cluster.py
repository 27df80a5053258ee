"""What a binding's reconcile reads of Kubernetes: views of the stores, without I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from albc.crds.target_group_binding import TargetGroupBinding
from albc.kube.key import NamespacedName
from albc.kube.objects import EndpointSlice, Node, Pod, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """As it stands at each call."""

    service: Callable[[str, str], Service | None]
    """By namespace and name."""
    slices: Callable[[str, str], Sequence[EndpointSlice]]
    """Of a Service, by namespace and name."""
    pods: Mapping[NamespacedName, Pod]
    nodes: Callable[[], Mapping[str, Node]]
    """By name."""
    bindings: Callable[[], Sequence[TargetGroupBinding]]

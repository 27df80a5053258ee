"""Which ListenerSets a Gateway takes in (spec/gateway.md §5), and in which order they come (§6)."""

from dataclasses import dataclass

from albc.kube.objects import GATEWAY_GROUP, Gateway, ListenerSet
from albc.mapping.gateway.namespaces import admits
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot


@dataclass(frozen=True, slots=True)
class ListenerSets:
    accepted: tuple[ListenerSet, ...] = ()
    """Oldest first, then by name: of two listeners that conflict the earlier one wins."""
    rejected: tuple[ListenerSet, ...] = ()
    """They name the Gateway, which does not allow their namespace."""


def listener_sets_of(gateway: Gateway, snapshot: Snapshot, settings: MappingSettings) -> ListenerSets:
    """Those whose `parentRef` names the Gateway."""
    if not settings.gateway_listener_set:
        return ListenerSets()
    accepted, rejected = [], []
    allowed = gateway.spec.allowed_listeners.namespaces if gateway.spec.allowed_listeners else None
    for listener_set in sorted(snapshot.listener_sets.values(), key=_seniority):
        if parent_of(listener_set) != NamespacedName(gateway.namespace, gateway.name):
            continue
        # Left out, `allowedListeners` admits no namespace at all, unlike `allowedRoutes`.
        from_ = allowed.from_ if allowed else "None"
        selector = allowed.selector if allowed else None
        admitted = admits(from_ or "None", selector, gateway.namespace, listener_set.namespace, snapshot)
        (accepted if admitted else rejected).append(listener_set)
    return ListenerSets(tuple(accepted), tuple(rejected))


def parent_of(listener_set: ListenerSet) -> NamespacedName | None:
    """The Gateway that it names; None where it names something else."""
    parent = listener_set.spec.parent_ref
    if (parent.kind or "Gateway") != "Gateway" or (parent.group or GATEWAY_GROUP) != GATEWAY_GROUP:
        return None
    return NamespacedName(parent.namespace or listener_set.namespace, parent.name)


def _seniority(listener_set: ListenerSet) -> tuple[str, str]:
    return listener_set.metadata.creation_timestamp or "", f"{listener_set.namespace}/{listener_set.name}"

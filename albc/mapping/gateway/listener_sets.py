"""Which ListenerSets a Gateway takes in (spec/gateway.md §5), and in which order they come (§6)."""

from dataclasses import dataclass

from albc.kube.objects import GATEWAY_GROUP, Gateway, ListenerSet
from albc.mapping.gateway.namespaces import admits, check
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot


@dataclass(frozen=True, slots=True)
class ListenerSets:
    accepted: tuple[ListenerSet, ...] = ()
    """Oldest first, then by name: of two listeners that conflict the earlier one wins."""
    rejected: tuple[ListenerSet, ...] = ()
    """They name the Gateway, which does not allow their namespace."""
    fault: str = ""
    """What is wrong with the Gateway's `allowedListeners`; nothing is accepted then."""


def listener_sets_of(gateway: Gateway, snapshot: Snapshot, settings: MappingSettings) -> ListenerSets:
    """Those whose `parentRef` names the Gateway."""
    if not settings.gateway_listener_set:
        return ListenerSets()
    own = NamespacedName(gateway.namespace, gateway.name)
    candidates = [each for each in sorted(snapshot.listener_sets.values(), key=_seniority) if parent_of(each) == own]
    allowed = gateway.spec.allowed_listeners.namespaces if gateway.spec.allowed_listeners else None
    # Left out, `allowedListeners` admits no namespace at all, unlike `allowedRoutes`.
    from_, selector = (allowed.from_ or "None", allowed.selector) if allowed else ("None", None)
    try:
        check("allowedListeners.namespaces", selector)
    except Invalid as fault:
        return ListenerSets(rejected=tuple(candidates), fault=fault.message)
    admitted = {id(each) for each in candidates if admits(from_, selector, gateway.namespace, each.namespace, snapshot)}
    return ListenerSets(
        accepted=tuple(each for each in candidates if id(each) in admitted),
        rejected=tuple(each for each in candidates if id(each) not in admitted),
    )


def parent_of(listener_set: ListenerSet) -> NamespacedName | None:
    """The Gateway that it names; None where it names something else."""
    parent = listener_set.spec.parent_ref
    if (parent.kind or "Gateway") != "Gateway" or (parent.group or GATEWAY_GROUP) != GATEWAY_GROUP:
        return None
    return NamespacedName(parent.namespace or listener_set.namespace, parent.name)


def _seniority(listener_set: ListenerSet) -> tuple[str, str]:
    return listener_set.metadata.creation_timestamp or "", f"{listener_set.namespace}/{listener_set.name}"

"""What a listener does: forward to the Service's own targets, or share with others by weight
(spec/service.md A10.4, A10.5).

Called by `build`, for one listener at a time. Gives the action and the backends whose target groups it needs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from albc.kube.objects import Service
from albc.mapping.invalid import Invalid
from albc.mapping.service.backends import Backend
from albc.mapping.service.forwards import ForwardItem
from albc.mapping.service.listeners import Protocols
from albc.mapping.service.merging import ListenerPort
from albc.mapping.service.parsed import ACTIONS, ServiceAnnotations, full_name
from albc.mapping.service_ports import find_port
from albc.mapping.snapshot import NamespacedName
from albc.model.actions import Forward, Stickiness, TargetGroupTuple
from albc.model.reference import Ref
from albc.model.target_group import TargetGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    action: Forward
    backends: tuple[Backend, ...]
    """The Service's own first. Given target groups have none."""


def forward(
    service: Service,
    listener_port: ListenerPort,
    protocols: Protocols,
    annotations: ServiceAnnotations,
    services: Mapping[NamespacedName, Service],
) -> Forwarded:
    own = Backend(service=service, port=listener_port.port, protocol=protocols.target_group)
    field = ACTIONS.at(f"{protocols.listener}-{listener_port.port.port}")
    forwarding = annotations[field]
    if forwarding is None:
        return Forwarded(action=Forward(target_groups=(_tuple(own),)), backends=(own,))

    tuples, backends = [_tuple(own, forwarding.base_service_weight)], [own]
    for item in forwarding.items:
        if item.target_group_arn is not None:
            tuples.append(TargetGroupTuple(target_group_arn=item.target_group_arn, weight=item.weight))
            continue
        try:
            backend = _backend(item, service, protocols, services)
        except Invalid as fault:
            raise fault.within(f"{full_name(field)}: ") from None
        tuples.append(_tuple(backend, item.weight))
        backends.append(backend)
    stickiness = Stickiness(enabled=forwarding.stickiness_enabled) if forwarding.has_stickiness else None
    return Forwarded(action=Forward(target_groups=tuple(tuples), stickiness=stickiness), backends=tuple(backends))


def _backend(
    item: ForwardItem, service: Service, protocols: Protocols, services: Mapping[NamespacedName, Service]
) -> Backend:
    """A port of a Service in the same namespace; other namespaces are out of reach."""
    name = NamespacedName(service.namespace, item.service_name or "")
    found = services.get(name)
    if found is None:
        raise Invalid(f'Service "{name.name}" not found in namespace {name.namespace}')
    decrypted = protocols.listener == "TLS" and item.decrypt
    return Backend(
        service=found,
        port=find_port(found, item.service_port or 0),
        protocol="TCP" if decrypted else protocols.listener,
        action_of=service.metadata.uid,
    )


def _tuple(backend: Backend, weight: int | None = None) -> TargetGroupTuple:
    return TargetGroupTuple(target_group_arn=Ref(TargetGroup.type, backend.id, "targetGroupARN"), weight=weight)

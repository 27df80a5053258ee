"""Statuses of a Gateway, its listeners, ListenerSets and routes (spec/gateway.md §9). Pure: the time comes in.

Each function takes the status as stored and gives the whole new one; where nothing has changed the two are equal, and
nothing need be written. A condition's time changes with its status only. Called by the Gateway controllers after a
deploy, or after a failed one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from albc.kube.conditions import find_condition, with_condition
from albc.kube.objects import GATEWAY_GROUP
from albc.kube.objects.gateway import (
    GatewayAddress,
    GatewayStatus,
    ListenerSetStatus,
    ListenerStatus,
    ParentReference,
    RouteGroupKind,
    RouteParentStatus,
    RouteStatus,
)
from albc.kube.objects.meta import Condition
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.outcome import (
    NO_ROUTES,
    BuiltGateway,
    ListenerOutcome,
    ListenerSetOutcome,
    ParentOutcome,
    RouteOutcome,
)

ACTIVE = frozenset({"active", "active_impaired"})
_OURS = frozenset({"Accepted", "Conflicted", "PartiallyInvalid", "Programmed", "ResolvedRefs"})
"""Types of condition that we write."""
LONGEST_MESSAGE = 32700
"""The API allows 32768 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerState:
    """What AWS says of the Gateway's load balancer."""

    arn: str
    dns_name: str
    state: str
    """`provisioning`, `active`, `active_impaired` or `failed`."""

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


def gateway_status(
    built: BuiltGateway, stored: GatewayStatus, load_balancer: LoadBalancerState | None, now: str
) -> GatewayStatus:
    """After a deploy; `load_balancer` is None where there is none. `now` is RFC 3339.

    A Gateway that could not be built keeps everything but its condition Accepted: what it has in AWS still stands.
    """
    if built.fault is not None:
        return failed_gateway_status(built, stored, built.fault, now)
    every = [*built.listeners, *(each for found in (built.listener_sets or {}).values() for each in found.listeners)]
    usable = [each for each in every if each.usable]
    reason = "Accepted" if len(usable) == len(every) else "ListenersNotValid"
    accepted = _condition("Accepted", bool(usable), reason, "", built.generation)
    conditions = with_condition(stored.conditions, accepted, now)
    active = load_balancer is not None and load_balancer.is_active
    if built.built.stack is not None:
        conditions = with_condition(conditions, _programmed(built, load_balancer), now)
    sets = built.listener_sets
    return GatewayStatus(
        addresses=_addresses(load_balancer) if load_balancer else stored.addresses,
        conditions=conditions,
        listeners=_listeners(built.listeners, stored.listeners, active, built.generation, now),
        attached_listener_sets=None if sets is None else sum(_has_valid(each) for each in sets.values()),
    )


def failed_gateway_status(built: BuiltGateway, stored: GatewayStatus, fault: Fault, now: str) -> GatewayStatus:
    """After a failed build or deploy: not accepted, everything else as it was, which has been looked at, too."""
    condition = _condition("Accepted", False, fault.reason, fault.message, built.generation)
    conditions = with_condition(stored.conditions, condition, now)
    if programmed := find_condition(conditions, "Programmed"):
        seen = msgspec.structs.replace(programmed, observed_generation=built.generation)
        conditions = with_condition(conditions, seen, now)
    attached = stored.attached_listener_sets
    if built.listener_sets is not None and built.built.stack is None:
        attached = 0
    return msgspec.structs.replace(stored, conditions=conditions, attached_listener_sets=attached)


def listener_set_status(
    found: ListenerSetOutcome, stored: ListenerSetStatus, load_balancer: LoadBalancerState | None, now: str
) -> ListenerSetStatus:
    generation = found.generation
    active = load_balancer is not None and load_balancer.is_active
    if not found.accepted:
        message = "Parent Gateway rejected ListenerSet"
        both = [_condition(type_, False, "NotAllowed", message, generation) for type_ in ("Accepted", "Programmed")]
        return ListenerSetStatus(conditions=_timed(stored.conditions, both, now))
    if not found.parent_accepted:
        message = "Parent Gateway is not accepted"
        both = [
            _condition(each, False, "ParentNotAccepted", message, generation) for each in ("Accepted", "Programmed")
        ]
        return msgspec.structs.replace(stored, conditions=_timed(stored.conditions, both, now))
    valid = _has_valid(found)
    if all(each.listener.valid for each in found.listeners):
        accepted = _condition("Accepted", valid, "Accepted", "Accepted", generation)
    else:
        accepted = _condition("Accepted", valid, "ListenersNotValid", "Some listeners are not valid", generation)
    if not active:
        programmed = _condition("Programmed", False, "Pending", "Parent gateway not yet programmed", generation)
    elif valid:
        programmed = _condition("Programmed", True, "Programmed", "Programmed", generation)
    else:
        message = "No valid listeners to materialize"
        programmed = _condition("Programmed", False, "ListenersNotValid", message, generation)
    return ListenerSetStatus(
        conditions=_timed(stored.conditions, [accepted, programmed], now),
        listeners=_listeners(found.listeners, stored.listeners, active and valid, generation, now),
    )


def route_status(
    found: RouteOutcome, stored: RouteStatus, controller: str, parents: Sequence[ParentReference], now: str
) -> RouteStatus:
    """`parents` are the route's parentRefs as they are now.

    Entries of other controllers stay. Of ours, those stay that are about other Gateways and still asked for. An entry
    that was written for a later generation of the route is not taken back.
    """
    entries: list[RouteParentStatus] = []
    told = {_key(outcome.parent_ref): outcome for outcome in found.parents}
    wanted = {_key(reference) for reference in parents}
    for entry in stored.parents:
        key = _key(entry.parent_ref)
        if entry.controller_name != controller:
            entries.append(entry)
        elif key in told:
            entries.append(_parent_status(told.pop(key), entry, controller, found.generation, now))
        elif key in wanted:
            entries.append(entry)
    entries.extend(_parent_status(outcome, None, controller, found.generation, now) for outcome in told.values())
    return RouteStatus(parents=tuple(entries))


def listener_conditions(found: ListenerOutcome, programmed: bool, generation: int) -> list[Condition]:
    """Conflicted, Accepted, ResolvedRefs, Programmed; `programmed` says whether the load balancer is active."""
    reason, message = found.listener.reason, found.listener.message
    conflicted = reason in ("HostnameConflict", "ProtocolConflict")
    refused = conflicted or reason in ("PortUnavailable", "UnsupportedProtocol", "Invalid")
    unresolved = found.listener.unresolved
    if reason in ("InvalidRouteKinds", "RefNotPermitted", "InvalidCertificateRef"):
        unresolved = Fault(reason, message)
    elif found.fault is not None and found.fault.reason == "InvalidCertificateRef":
        unresolved = found.fault
    return [
        _condition("Conflicted", True, reason, message, generation)
        if conflicted
        else _condition("Conflicted", False, "NoConflicts", "Listener has no conflict.", generation),
        _condition("Accepted", False, reason, message, generation)
        if refused
        else _condition("Accepted", True, "Accepted", "Listener is accepted.", generation),
        _condition("ResolvedRefs", False, unresolved.reason, unresolved.message, generation)
        if unresolved
        else _condition("ResolvedRefs", True, "ResolvedRefs", "Listener has all refs resolved.", generation),
        _listener_programmed(found, programmed, generation),
    ]


def _listener_programmed(found: ListenerOutcome, programmed: bool, generation: int) -> Condition:
    if not found.listener.valid:
        return _condition("Programmed", False, found.listener.reason, "Listener is not accepted.", generation)
    # The API wants a listener without routes to be programmed; what AWS has of it comes with its first route.
    waits_for_routes = found.fault is not None and found.fault.reason == NO_ROUTES
    if found.fault is not None and not waits_for_routes:
        reason = found.fault.reason if found.usable else "Invalid"
        return _condition("Programmed", False, reason, found.fault.message, generation)
    if not programmed:
        return _condition("Programmed", False, "Pending", "Listener is pending to be programmed.", generation)
    message = found.fault.message if found.fault else "Listener is programmed."
    return _condition("Programmed", True, "Programmed", message, generation)


def parent_conditions(outcome: ParentOutcome, generation: int) -> list[Condition]:
    """ResolvedRefs and Accepted; PartiallyInvalid and Programmed only where there is something to say."""

    def unless(type_: str, fault: Fault | None) -> Condition:
        if fault is None:
            return _condition(type_, True, type_, "", generation)
        return _condition(type_, False, fault.reason, fault.message, generation)

    conditions = [unless("ResolvedRefs", outcome.unresolved), unless("Accepted", outcome.not_accepted)]
    if outcome.partly_invalid is not None:
        fault = outcome.partly_invalid
        conditions.append(_condition("PartiallyInvalid", True, fault.reason, fault.message, generation))
    if outcome.idle is not None:
        conditions.append(_condition("Programmed", False, outcome.idle.reason, outcome.idle.message, generation))
    return conditions


def _programmed(built: BuiltGateway, load_balancer: LoadBalancerState | None) -> Condition:
    if load_balancer is not None and load_balancer.is_active:
        # Others read the ARN here: Gateways in front of this one, and people.
        return _condition("Programmed", True, "Programmed", load_balancer.arn, built.generation)
    return Condition(
        type="Programmed",
        status="Unknown",
        reason="Pending",
        message="Waiting for load balancer to be active.",
        observed_generation=built.generation,
    )


def _addresses(load_balancer: LoadBalancerState) -> tuple[GatewayAddress, ...]:
    return (GatewayAddress(type="Hostname", value=load_balancer.dns_name.lower()),)


def _has_valid(found: ListenerSetOutcome) -> bool:
    return any(each.listener.valid for each in found.listeners)


def _listeners(
    found: Iterable[ListenerOutcome], stored: Iterable[ListenerStatus], active: bool, generation: int, now: str
) -> tuple[ListenerStatus, ...]:
    before = {status.name: status.conditions for status in stored}
    return tuple(
        ListenerStatus(
            name=each.listener.name,
            supported_kinds=tuple(RouteGroupKind(group=GATEWAY_GROUP, kind=kind) for kind in each.supported_kinds),
            attached_routes=each.attached_routes,
            conditions=_timed(before.get(each.listener.name, ()), listener_conditions(each, active, generation), now),
        )
        for each in found
    )


def _parent_status(
    outcome: ParentOutcome, stored: RouteParentStatus | None, controller: str, generation: int, now: str
) -> RouteParentStatus:
    before = stored.conditions if stored else ()
    if any(condition.observed_generation > generation for condition in before):
        conditions = before
    else:
        conditions = _timed(before, parent_conditions(outcome, generation), now)
    return RouteParentStatus(parent_ref=outcome.parent_ref, controller_name=controller, conditions=conditions)


def _timed(before: Sequence[Condition], conditions: Sequence[Condition], now: str) -> tuple[Condition, ...]:
    """The conditions, each with the time of its last change. Of others, those stay that somebody else wrote."""
    result: tuple[Condition, ...] = ()
    for condition in conditions:
        known = find_condition(before, condition.type)
        result += with_condition((known,) if known else (), condition, now)
    return (*result, *(condition for condition in before if condition.type not in _OURS))


def _key(reference: ParentReference) -> tuple[object, ...]:
    return (
        reference.group or GATEWAY_GROUP,
        reference.kind or "Gateway",
        reference.namespace,
        reference.name,
        reference.section_name,
        reference.port,
    )


def _condition(type_: str, status: bool, reason: str, message: str, generation: int) -> Condition:
    if len(message) > LONGEST_MESSAGE:
        message = message[:LONGEST_MESSAGE] + "..."
    return Condition(
        type=type_,
        status="True" if status else "False",
        reason=reason,
        message=message,
        observed_generation=generation,
    )

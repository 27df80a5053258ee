"""What each route is told: attached or not, its references resolved or not, its rules in effect or not (spec §8, §9.4).

Faults come from attachment, from resolution and from the ports; each reason belongs to one condition. Called by
`build`.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from albc.mapping.gateway.attachment import AttachedRoute, Attachment
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.outcome import ParentOutcome, RouteOutcome
from albc.mapping.gateway.resolution import Resolution
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.gateway.rules import RuleFault

UNRESOLVED = frozenset({"RefNotPermitted", "InvalidKind", "BackendNotFound", "UnsupportedProtocol"})
"""Reasons of ResolvedRefs=False."""

PARTIAL = "UnsupportedValue"
"""A rule that an ALB cannot do. The route as a whole is refused only if no rule is left."""


def load_faults(resolution: Resolution) -> list[RuleFault]:
    """What resolution found wrong with rules."""
    return [
        RuleFault(route.ref, rule.rule.index, fault)
        for route in resolution.routes
        for rule in route.rules
        for fault in rule.faults
    ]


def route_outcomes(
    resolution: Resolution,
    faults: Iterable[RuleFault],
    idle: Iterable[tuple[RouteRef, Fault]],
    fallen_back: Container[RouteRef] = (),
) -> Mapping[RouteRef, RouteOutcome]:
    """A route that is attached to invalid listeners only is told nothing: it may yet be served.

    `fallen_back`: those that serve an earlier state of theirs.
    """
    of_route: dict[RouteRef, list[RuleFault]] = {}
    for found in faults:
        of_route.setdefault(found.route, []).append(found)
    idle_routes: dict[RouteRef, Fault] = {}
    for ref, fault in idle:
        idle_routes.setdefault(ref, fault)
    outcomes = {}
    for attached in resolution.attached:
        ref = attached.route.ref
        told = _Told(of_route.get(ref, ()), idle_routes.get(ref), ref in fallen_back)
        parents = _parents(attached, told)
        if parents:
            outcomes[ref] = RouteOutcome(generation=attached.route.generation, parents=tuple(parents))
    return outcomes


@dataclass(frozen=True, slots=True)
class _Told:
    """What there is to say of one route."""

    faults: Sequence[RuleFault]
    idle: Fault | None
    fell_back: bool


def _parents(attached: AttachedRoute, told: _Told) -> Iterable[ParentOutcome]:
    return [
        _parent(attachment, attached, told)
        for attachment in attached.attachments
        if attachment.fault is not None or attached.is_live
    ]


def _parent(attachment: Attachment, attached: AttachedRoute, told: _Told) -> ParentOutcome:
    if attachment.fault is not None:
        return ParentOutcome(parent_ref=attachment.parent_ref, not_accepted=attachment.fault)
    faults = told.faults
    unresolved = _first(fault.fault for fault in faults if fault.fault.reason in UNRESOLVED)
    partial = [fault for fault in faults if fault.fault.reason == PARTIAL]
    refused = _first(fault.fault for fault in faults if fault.fault.reason not in UNRESOLVED | {PARTIAL})
    if refused is None and partial and len({fault.rule_index for fault in partial}) == len(attached.route.rules):
        refused, partial = partial[0].fault, []
    partly = _first(fault.fault for fault in partial)
    if told.fell_back and (wrong := refused or partly):
        # The API wants the message to begin so.
        message = f"Fall Back: the last state of the route that worked is served, because {wrong.message}"
        refused, partly = None, Fault(wrong.reason, message)
    return ParentOutcome(
        parent_ref=attachment.parent_ref,
        not_accepted=refused,
        unresolved=unresolved,
        partly_invalid=partly,
        idle=told.idle,
    )


def _first(faults: Iterable[Fault]) -> Fault | None:
    return next(iter(faults), None)

"""What an NLB's listener does: it forwards to the backends of one route, the oldest that reaches it (spec §13.6).

Routes that lose, and a winner without usable backends, are told so. Called by `build` for each port.
"""

from dataclasses import dataclass, replace

from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.forwarding import Forwarder
from albc.mapping.gateway.outcome import NO_BACKENDS, SUPERSEDED
from albc.mapping.gateway.ports import Port
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.gateway.rules import RuleFault
from albc.mapping.gateway.target_groups import BuiltTargetGroup, ListenerPort
from albc.model.actions import Forward, Stickiness, TargetGroupTuple
from albc.model.listener import Listener

_WITHOUT_WEIGHTS = frozenset({"QUIC", "TCP_QUIC"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    winner: RouteRef
    listener: Listener | None
    """None: nobody to send to, so AWS gets no listener."""
    target_groups: tuple[BuiltTargetGroup, ...]
    faults: tuple[RuleFault, ...]
    idle: tuple[tuple[RouteRef, Fault], ...]
    """Routes that get no traffic from this port, and why."""


def forward(port: Port, listener: Listener, forwarder: Forwarder) -> Forwarded:
    winner, *losers = sorted((each.route for each in port.routes), key=lambda route: route.route.seniority)
    place = ListenerPort(number=port.number, protocol=listener.protocol)
    backends = [backend for rule in winner.rules for backend in rule.backends]
    forwarding = forwarder.forward(backends, winner.ref, place)
    idle = [
        (loser.ref, Fault(SUPERSEDED, f"an NLB listener serves one route: {winner.ref} has port {port.number}"))
        for loser in losers
    ]
    served: Listener | None = None
    if forwarding.targets:
        served = replace(listener, default_actions=(_action(port, listener, forwarding.targets),))
    else:
        idle.append(
            (winner.ref, Fault(NO_BACKENDS, f"no backend takes traffic, so port {port.number} has no listener"))
        )
    return Forwarded(
        winner=winner.ref,
        listener=served,
        target_groups=forwarding.target_groups,
        faults=tuple(RuleFault(winner.ref, 0, fault) for fault in forwarding.faults),
        idle=tuple(idle),
    )


def _action(port: Port, listener: Listener, targets: tuple[TargetGroupTuple, ...]) -> Forward:
    if listener.protocol in _WITHOUT_WEIGHTS:
        targets = tuple(replace(target, weight=None) for target in targets)
    sticky = port.configuration.target_group_stickiness if port.configuration else None
    return Forward(target_groups=targets, stickiness=None if sticky is None else Stickiness(enabled=sticky))

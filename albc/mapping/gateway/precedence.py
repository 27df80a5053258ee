"""In which order the rules of one port stand (spec/gateway.md §11.1, §11.2): the most specific one first.

Called by `rules`, which numbers them from 1. The order is total, so it does not depend on how routes came in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from albc.kube.objects.gateway import GRPCRouteMatch, HTTPRouteMatch
from albc.mapping.gateway.ports import PortRoute
from albc.mapping.gateway.resolution import ResolvedRoute, ResolvedRule
from albc.mapping.gateway.routes import Match

NO_MATCH = 2**63 - 1
"""Index of the match of a rule that has none: no `matchIndexes` names it."""

_PATH_RANK = {"Exact": 3, "PathPrefix": 2, "RegularExpression": 1}
_METHOD_RANK = {"Exact": 3, "RegularExpression": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What becomes one rule of a listener: one match of one rule of a route, for one hostname."""

    route: ResolvedRoute
    rule: ResolvedRule
    match: Match | None
    match_index: int
    hostname: str
    """Empty: any."""


Key: TypeAlias = tuple[Any, ...]


def units_of(port_route: PortRoute) -> list[Unit]:
    """In no particular order."""
    return [
        Unit(route=port_route.route, rule=rule, match=match, match_index=index, hostname=hostname)
        for rule in port_route.route.rules
        for index, match in _matches(rule)
        for hostname in port_route.hostnames
    ]


def _matches(rule: ResolvedRule) -> Iterable[tuple[int, Match | None]]:
    return enumerate(rule.rule.matches) if rule.rule.matches else [(NO_MATCH, None)]


def precedence(unit: Unit) -> Key:
    """What comes first has the smaller key."""
    return (
        _hostname(unit.hostname),
        _match(unit.match),
        unit.route.route.seniority,
        unit.rule.rule.index,
        unit.match_index,
        unit.hostname,
    )


def _hostname(hostname: str) -> Key:
    return not hostname, hostname.startswith("*."), -hostname.count("."), -len(hostname)


def _match(match: Match | None) -> Key:
    match match:
        case HTTPRouteMatch(path=path):
            rank = _PATH_RANK.get(path.type or "PathPrefix", 0) if path else _PATH_RANK["PathPrefix"]
            value = (path.value if path else None) or "/"
            lengths = len(value.encode()), 0
            method, queries = match.method is not None, len(match.query_params)
        case GRPCRouteMatch(method=named):
            rank = _METHOD_RANK.get(named.type or "Exact", 0) if named else 0
            lengths = (len((named.service or "").encode()), len((named.method or "").encode())) if named else (0, 0)
            method, queries = False, 0
        case _:
            return 0, 0, 0, True, 0, 0
    return -rank, -lengths[0], -lengths[1], not method, -len(match.headers), -queries

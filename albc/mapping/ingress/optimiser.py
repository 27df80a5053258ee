"""Rules that a listener need not have (spec/ingress.md §17): redirects that lead back to themselves, and rules behind
a redirect that takes all their requests.

The purpose is the old `actions.ssl-redirect` idiom. With HTTP:80 and HTTPS:443, and a first path `/*` that redirects
to HTTPS on 443, port 443 loses that rule and port 80 loses all that follow it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from albc.mapping.ingress.rules import RuleShare
from albc.model.actions import Redirect
from albc.model.conditions import Condition, HostHeader, PathPattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimised:
    kept: tuple[RuleShare, ...]
    overshadowed: tuple[tuple[RuleShare, RuleShare], ...]
    """Rules that were dropped, each with the redirect that hides it."""


def optimise(rules: Sequence[RuleShare], port: int, protocol: str) -> Optimised:
    """`rules` are those of one listener, in order."""
    kept: list[RuleShare] = []
    overshadowed: list[tuple[RuleShare, RuleShare]] = []
    redirects = _Redirects()
    for rule in rules:
        redirect = rule.answer.action if isinstance(rule.answer.action, Redirect) else None
        if redirect and _is_endless(redirect, rule.conditions, port, protocol):
            continue
        if hider := redirects.hiding(rule):
            overshadowed.append((rule, hider))
            continue
        kept.append(rule)
        if redirect:
            redirects.add(rule)
    return Optimised(kept=tuple(kept), overshadowed=tuple(overshadowed))


def _is_endless(redirect: Redirect, conditions: Iterable[Condition], port: int, protocol: str) -> bool:
    """Whether a redirected request may meet the same rule again. An unset field counts as unchanged."""
    hosts: set[str] = set()
    paths: set[str] = set()
    for condition in conditions:
        match condition:
            case HostHeader():
                hosts.update(condition.values)
            case PathPattern():
                if condition.regex_values:
                    return False
                paths.update(condition.values)
    changed = (
        _changes(redirect.host, "#{host}") and redirect.host not in hosts,
        _changes(redirect.path, "/#{path}") and redirect.path not in paths,
        _changes(redirect.port, "#{port}") and redirect.port != str(port),
        _changes(redirect.protocol, "#{protocol}") and redirect.protocol != protocol,
        _changes(redirect.query, "#{query}"),
    )
    return not any(changed)


def _changes(value: str | None, unchanged: str) -> bool:
    return value is not None and value != unchanged


@dataclass(frozen=True, slots=True)
class _Reach:
    """Hosts and paths that a rule takes, as texts; patterns are not evaluated. None takes all."""

    hosts: frozenset[str] | None
    paths: frozenset[str] | None


def _reach(conditions: Iterable[Condition]) -> _Reach:
    hosts: set[str] = set()
    paths: set[str] = set()
    for condition in conditions:
        match condition:
            case HostHeader():
                hosts.update(condition.values)
            case PathPattern():
                paths.update(condition.regex_values or condition.values)
    return _Reach(frozenset(hosts) or None, frozenset(paths) or None)


class _Redirects:
    """The redirects seen so far, found by a host and a path that they take."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str | None, str | None], list[tuple[_Reach, RuleShare]]] = {}

    def add(self, rule: RuleShare) -> None:
        if not all(isinstance(condition, HostHeader | PathPattern) for condition in rule.conditions):
            return
        reach = _reach(rule.conditions)
        if reach.paths and "/*" in reach.paths:
            reach = _Reach(reach.hosts, None)
        for host in reach.hosts or (None,):
            for path in reach.paths or (None,):
                self._by_key.setdefault((host, path), []).append((reach, rule))

    def hiding(self, rule: RuleShare) -> RuleShare | None:
        """The redirect that takes every host and path of the rule."""
        if not self._by_key:
            return None
        reach = _reach(rule.conditions)
        return next((hider for wider, hider in self._candidates(reach) if _covers(wider, reach)), None)

    def _candidates(self, reach: _Reach) -> Iterator[tuple[_Reach, RuleShare]]:
        # A redirect that takes all hosts of the rule takes any one of them, so one is enough to find it.
        for host in dict.fromkeys((None, _least(reach.hosts))):
            for path in dict.fromkeys((None, _least(reach.paths))):
                yield from self._by_key.get((host, path), ())


def _least(texts: frozenset[str] | None) -> str | None:
    return min(texts) if texts else None


def _covers(wider: _Reach, reach: _Reach) -> bool:
    return _includes(wider.hosts, reach.hosts) and _includes(wider.paths, reach.paths)


def _includes(wider: frozenset[str] | None, narrower: frozenset[str] | None) -> bool:
    return wider is None or (narrower is not None and narrower <= wider)

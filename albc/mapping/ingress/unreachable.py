"""Rules that no request ever reaches, since earlier rules of the listener take all of theirs.

The listener has them nonetheless, as the user wrote them; a warning names the rule that hides them, where they are
hidden in every listener in which they stand. Only what is certain counts: patterns without regular expressions, and
rules by host and path alone as the ones that hide others.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from albc.mapping.ingress.rules import RuleShare
from albc.model.conditions import Condition, HostHeader, PathPattern
from albc.model.problem import Problem

_ANY_PATH = "/*"


def find(rules: Sequence[RuleShare]) -> Iterator[tuple[RuleShare, RuleShare]]:
    """Each unreachable rule with one that hides it. `rules` are those of one listener, in order."""
    taken = _Taken()
    for rule in rules:
        hosts, paths = _patterns(rule.conditions)
        hiders = [taken.by(host, path) for host in hosts for path in paths]
        if hiders and all(hiders):
            yield rule, next(hider for hider in hiders if hider)
        if _takes_all_it_matches(rule.conditions):
            taken.add(rule, hosts, paths)


def _patterns(conditions: Iterable[Condition]) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    """Hosts and paths that cover all that a rule takes; None is any host."""
    hosts: tuple[str | None, ...] = (None,)
    paths: tuple[str, ...] = (_ANY_PATH,)
    for condition in conditions:
        match condition:
            case HostHeader(values=values) if values:
                hosts = values
            case PathPattern(values=values) if values:
                paths = values
    return hosts, paths


def _takes_all_it_matches(conditions: Iterable[Condition]) -> bool:
    return all(isinstance(c, HostHeader | PathPattern) and not c.regex_values for c in conditions)


class Survey:
    """Where the rules of all listeners stand, and where they are hidden."""

    def __init__(self) -> None:
        self._stand: Counter[int] = Counter()
        self._hidden: dict[int, list[tuple[RuleShare, RuleShare]]] = {}

    def add(self, rules: Iterable[RuleShare], hidden: Iterable[tuple[RuleShare, RuleShare]]) -> None:
        """One listener: the rules meant for it, and those that are hidden, each with one that hides it."""
        self._stand.update(id(rule) for rule in rules)
        for rule, hider in hidden:
            self._hidden.setdefault(id(rule), []).append((rule, hider))

    def warnings(self) -> Iterator[Problem]:
        for key, pairs in self._hidden.items():
            if len(pairs) == self._stand[key]:
                rule, hider = pairs[0]
                of_whom = "" if hider.owner == rule.owner else f" of {hider.owner}"
                message = (
                    f"rule {rule.name} is never reached: rule {hider.name}{of_whom} stands before it and takes all its "
                    "requests; remove one, or let the narrower one come first"
                )
                yield Problem(rule.owner, "UnreachableRule", message, "warning")


class _Taken:
    """Pairs of host and path that are taken, and by which rule."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[str | None, str], RuleShare] = {}
        self._prefix_lengths: dict[str | None, set[int]] = {}
        """Lengths of the path prefixes (`/shop/` of `/shop/*`) that are taken, by host."""
        self._wildcard_hosts = False

    def add(self, rule: RuleShare, hosts: Iterable[str | None], paths: Iterable[str]) -> None:
        for host in hosts:
            self._wildcard_hosts |= host is not None and host.startswith("*")
            for path in paths:
                self._pairs.setdefault((host, path), rule)
                prefix = path[:-1]
                if path.endswith("*") and "*" not in prefix and "?" not in prefix:
                    self._prefix_lengths.setdefault(host, set()).add(len(prefix))

    def by(self, host: str | None, path: str) -> RuleShare | None:
        return next((rule for wider in self._wider(host) if (rule := self._by_path(wider, path))), None)

    def _wider(self, host: str | None) -> Iterator[str | None]:
        yield None
        if host is None:
            return
        yield host
        if self._wildcard_hosts:
            yield from (f"*{host[i:]}" for i, char in enumerate(host) if char == "." and i)

    def _by_path(self, host: str | None, path: str) -> RuleShare | None:
        if exact := self._pairs.get((host, path)):
            return exact
        for length in self._prefix_lengths.get(host, ()):
            if length <= len(path) and (rule := self._pairs.get((host, f"{path[:length]}*"))):
                return rule
        return None

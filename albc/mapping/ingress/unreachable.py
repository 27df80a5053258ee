"""Rules that no request ever reaches, since earlier rules of the listener take all of theirs.

The listener has them nonetheless, as the user wrote them; a warning names the rule that hides them, where they are
hidden in every listener in which they stand. Only what is certain counts: patterns without regular expressions, and
rules by host and path alone as the ones that hide others.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from albc.mapping.ingress.rules import RuleShare
from albc.model.conditions import Condition, HostHeader, PathPattern
from albc.model.problem import ObjectRef, Problem

_ANY_PATH = "/*"


def find(rules: Sequence[RuleShare]) -> Iterator[tuple[RuleShare, RuleShare]]:
    """Each unreachable rule with one that hides it. `rules` are those of one listener, in order."""
    taken = _Taken()
    for rule in rules:
        hosts, paths, takes_all = _patterns(rule.conditions)
        if hider := taken.by_all(hosts, paths):
            yield rule, hider
        if takes_all:
            taken.add(rule, hosts, paths)


def _patterns(conditions: Iterable[Condition]) -> tuple[tuple[str | None, ...], tuple[str, ...], bool]:
    """Hosts and paths that cover all that a rule takes, None for any host; and whether it takes all that they match."""
    hosts: tuple[str | None, ...] = (None,)
    paths: tuple[str, ...] = (_ANY_PATH,)
    takes_all = True
    for condition in conditions:
        match condition:
            case HostHeader():
                hosts = condition.values or hosts
                takes_all &= not condition.regex_values
            case PathPattern():
                paths = condition.values or paths
                takes_all &= not condition.regex_values
            case _:
                takes_all = False
    return hosts, paths, takes_all


class Survey:
    """Where the rules of all listeners stand, and where they are hidden."""

    def __init__(self) -> None:
        self._stand: Counter[ObjectRef] = Counter()
        self._hidden: dict[int, list[tuple[RuleShare, RuleShare]]] = {}

    def add(self, owners: Iterable[ObjectRef], hidden: Iterable[tuple[RuleShare, RuleShare]]) -> None:
        """One listener: whose rules were meant for it, and those that are hidden, each with one that hides it."""
        self._stand.update(owners)
        for rule, hider in hidden:
            self._hidden.setdefault(id(rule), []).append((rule, hider))

    def warnings(self) -> Iterator[Problem]:
        for pairs in self._hidden.values():
            rule, hider = pairs[0]
            if len(pairs) == self._stand[rule.owner]:
                of_whom = "" if hider.owner == rule.owner else f" of {hider.owner}"
                message = (
                    f"rule {rule.name} is never reached: rule {hider.name}{of_whom} stands before it and takes all its "
                    "requests; remove one, or let the narrower one come first"
                )
                yield Problem(rule.owner, "UnreachableRule", message, "warning")


class _Paths:
    """Paths of one host that are taken, and by which rule."""

    __slots__ = ("_prefix_lengths", "_rules")

    def __init__(self) -> None:
        self._rules: dict[str, RuleShare] = {}
        self._prefix_lengths: set[int] = set()
        """Of `/shop/` in `/shop/*`."""

    def add(self, paths: Iterable[str], rule: RuleShare) -> None:
        for path in paths:
            self._rules.setdefault(path, rule)
            if path.endswith("*") and path.find("*") == len(path) - 1 and "?" not in path:
                self._prefix_lengths.add(len(path) - 1)

    def by(self, path: str) -> RuleShare | None:
        if exact := self._rules.get(path):
            return exact
        for length in self._prefix_lengths:
            if length <= len(path) and (rule := self._rules.get(f"{path[:length]}*")):
                return rule
        return None


class _Taken:
    """Pairs of host and path that are taken."""

    def __init__(self) -> None:
        self._hosts: dict[str | None, _Paths] = {}
        self._wildcard_hosts = False

    def add(self, rule: RuleShare, hosts: Iterable[str | None], paths: Sequence[str]) -> None:
        for host in hosts:
            self._wildcard_hosts |= host is not None and host.startswith("*")
            if (of_host := self._hosts.get(host)) is None:
                of_host = self._hosts[host] = _Paths()
            of_host.add(paths, rule)

    def by_all(self, hosts: Iterable[str | None], paths: Sequence[str]) -> RuleShare | None:
        """The rule that takes the first of these pairs, if all of them are taken."""
        first: RuleShare | None = None
        for host in hosts:
            wider = self._wider(host)
            for path in paths:
                hider = next((rule for taken in wider if (rule := taken.by(path))), None)
                if hider is None:
                    return None
                first = first or hider
        return first

    def _wider(self, host: str | None) -> Sequence[_Paths]:
        names = [None] if host is None else [None, host]
        if self._wildcard_hosts and host is not None:
            names += [f"*{host[i:]}" for i, char in enumerate(host) if char == "." and i]
        return [self._hosts[name] for name in names if name in self._hosts]

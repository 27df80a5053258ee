"""Does a request satisfy a listener rule's conditions? PURE.

Semantics are those of the AWS page "Condition types for listener rules": all conditions of a rule must hold, one value
of each is enough; `*` stands for any run of characters, `?` for exactly one. Called by `rules`, which compiles each
rule once for each change of the account.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import parse_qsl, unquote_plus


@dataclass(frozen=True)
class Request:
    """What of a request decides its way. Header names are lower case; `path` is as sent, without the query."""

    method: str
    host: str
    """Host header without the port."""
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    source_ip: str = "127.0.0.1"
    """Of the connection; X-Forwarded-For does not count."""

    @cached_property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Decoded query parameters, in order; `?a` is `("a", "")`."""
        return tuple(parse_qsl(self.query, keep_blank_values=True))


Predicate = Callable[[Request], bool]


def compile_conditions(conditions: Sequence[Mapping[str, Any]]) -> Predicate:
    """One predicate from a rule's `Conditions`; without any, every request satisfies it.

    A condition that nobody can satisfy (unknown field, malformed expression) makes a predicate that is never true: a
    rule that is not understood must not swallow the traffic of those below it.
    """
    predicates = tuple(_compile(condition) for condition in conditions)
    if len(predicates) == 1:
        return predicates[0]
    return lambda request: all(predicate(request) for predicate in predicates)


def wildcard(pattern: str, *, ignore_case: bool, escapes: bool = False) -> Callable[[str], bool]:
    """Whole-string match with `*` and `?`. With `escapes`, a backslash makes the next character literal."""
    if not set(pattern) & set("*?\\" if escapes else "*?"):
        if ignore_case:
            wanted = pattern.casefold()
            return lambda text: text.casefold() == wanted
        return lambda text: text == pattern
    parts = []
    characters = iter(pattern)
    for character in characters:
        if character == "\\" and escapes:
            parts.append(re.escape(next(characters, "\\")))
        else:
            parts.append({"*": ".*", "?": "."}.get(character) or re.escape(character))
    compiled = re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))
    return lambda text: compiled.fullmatch(text) is not None


def _compile(condition: Mapping[str, Any]) -> Predicate:
    compiler = _COMPILERS.get(condition.get("Field", ""))
    if compiler is None:
        return _never
    try:
        return compiler(condition)
    except (re.error, ValueError):
        return _never


def _never(request: Request) -> bool:
    return False


def _any_of(tests: Sequence[Callable[[str], bool]], text: str) -> bool:
    return any(test(text) for test in tests)


def _texts(
    condition: Mapping[str, Any], config: str, *, ignore_case: bool, escapes: bool = False
) -> tuple[Callable[[str], bool], ...]:
    """Tests for `Values` and `RegexValues` of a condition; the old form keeps them beside `Field`.

    Expressions are searched for: they carry their own anchors.
    """
    held = condition.get(config) or condition
    flags = re.IGNORECASE if ignore_case else 0
    return (
        *(wildcard(value, ignore_case=ignore_case, escapes=escapes) for value in held.get("Values") or ()),
        *(_search(re.compile(value, flags)) for value in held.get("RegexValues") or ()),
    )


def _search(expression: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: expression.search(text) is not None


def _host(condition: Mapping[str, Any]) -> Predicate:
    tests = _texts(condition, "HostHeaderConfig", ignore_case=True)
    return lambda request: _any_of(tests, request.host)


def _path(condition: Mapping[str, Any]) -> Predicate:
    tests = _texts(condition, "PathPatternConfig", ignore_case=False)
    return lambda request: _any_of(tests, request.path)


def _header(condition: Mapping[str, Any]) -> Predicate:
    config = condition["HttpHeaderConfig"]
    name = config["HttpHeaderName"].lower()
    values = [wildcard(value, ignore_case=True, escapes=True) for value in config.get("Values") or ()]
    expressions = [_search(re.compile(value)) for value in config.get("RegexValues") or ()]
    tests = (*values, *expressions)
    return lambda request: any(_any_of(tests, value) for key, value in request.headers if key == name)


def _method(condition: Mapping[str, Any]) -> Predicate:
    # Exact and case-sensitive; AWS knows no wildcards here.
    methods = frozenset(condition["HttpRequestMethodConfig"]["Values"])
    return lambda request: request.method in methods


def _query(condition: Mapping[str, Any]) -> Predicate:
    def test(text: str) -> Callable[[str], bool]:
        return wildcard(unquote_plus(text) if "%" in text else text, ignore_case=True, escapes=True)

    pairs = [
        (test(pair["Key"]) if pair.get("Key") else None, test(pair["Value"]))
        for pair in condition["QueryStringConfig"]["Values"]
    ]
    return lambda request: any(
        (key is None or key(name)) and value(text) for key, value in pairs for name, text in request.parameters
    )


def _source(condition: Mapping[str, Any]) -> Predicate:
    networks = [ip_network(value, strict=False) for value in condition["SourceIpConfig"]["Values"]]

    def test(request: Request) -> bool:
        address = ip_address(request.source_ip)
        return any(address in network for network in networks)

    return test


_COMPILERS: Mapping[str, Callable[[Mapping[str, Any]], Predicate]] = {
    "host-header": _host,
    "path-pattern": _path,
    "http-header": _header,
    "http-request-method": _method,
    "query-string": _query,
    "source-ip": _source,
}

"""What a request must look like for a rule: a match of a route, for one hostname (spec/gateway.md §11.3).

Called by `rules`. Raises `Invalid` where an ALB cannot express the match; such a rule is left out.
"""

import re
from collections.abc import Iterable

from albc.crds.gateway import ListenerRuleConfiguration
from albc.kube.objects.gateway import GRPCMethodMatch, GRPCRouteMatch, HTTPPathMatch, HTTPRouteMatch, NamedMatch
from albc.mapping.gateway.precedence import Unit
from albc.mapping.invalid import Invalid
from albc.model.conditions import (
    Condition,
    HostHeader,
    HTTPHeader,
    HTTPRequestMethod,
    PathPattern,
    QueryString,
    QueryStringPair,
    SourceIP,
)

_REGEX = "RegularExpression"
_ESCAPED = re.compile(r"\\(.)|(,)", re.DOTALL)


def conditions_of(unit: Unit) -> tuple[Condition, ...]:
    """All must hold. In the reference's order: host, path, headers, query, method, source."""
    host = (HostHeader(values=(unit.hostname,)),) if unit.hostname else ()
    return (*host, *_of_match(unit), *_sources(unit))


def _of_match(unit: Unit) -> Iterable[Condition]:
    match unit.match:
        case HTTPRouteMatch() as match:
            yield _path(match.path or HTTPPathMatch())
            yield from (_header(header) for header in match.headers)
            # A regular expression is taken as plain text: ALB's query conditions have none.
            for query in match.query_params:
                yield QueryString(values=(QueryStringPair(key=query.name, value=query.value),))
            if match.method:
                yield HTTPRequestMethod(values=(match.method,))
        case GRPCRouteMatch() as match:
            yield _method(match.method)
            yield from (_header(header) for header in match.headers)
        case _ if unit.route.ref.kind == "GRPCRoute":
            yield _method(None)


def _path(path: HTTPPathMatch) -> PathPattern:
    value = path.value or "/"
    if path.type == _REGEX:
        return PathPattern(regex_values=(value,))
    if path.type == "Exact":
        return PathPattern(values=(value,))
    if "*" in value or "?" in value:
        raise Invalid(
            f"prefix path shouldn't contain wildcards: {value}; use an Exact path, where * and ? are wildcards",
            reason="UnsupportedValue",
        )
    if value == "/":
        return PathPattern(values=("/*",))
    prefix = value.removesuffix("/")
    return PathPattern(values=(prefix, f"{prefix}/*"))


def _header(header: NamedMatch) -> HTTPHeader:
    if header.type == _REGEX:
        return HTTPHeader(http_header_name=header.name, regex_values=(header.value,))
    return HTTPHeader(http_header_name=header.name, values=split_values(header.value))


def split_values(text: str) -> tuple[str, ...]:
    """A header value as a list: commas part it, a backslash takes the next character as it is."""
    values = [""]
    position = 0
    for found in _ESCAPED.finditer(text):
        values[-1] += text[position : found.start()] + (found.group(1) or "")
        if found.group(2):
            values.append("")
        position = found.end()
    values[-1] += text[position:]
    return tuple(values)


def _method(method: GRPCMethodMatch | None) -> PathPattern:
    """gRPC calls are paths: `/service/method`."""
    if method is None or not (method.service or method.method):
        return PathPattern(values=("/*",))
    if method.type == _REGEX:
        service, name = method.service or "[^/]+", method.method or "[^/]+"
        return PathPattern(regex_values=(f"^/({service})/({name})$",))
    return PathPattern(values=(f"/{method.service or '*'}/{method.method or '*'}",))


def _sources(unit: Unit) -> Iterable[SourceIP]:
    configuration = unit.rule.configuration
    for condition in (configuration.spec.conditions or ()) if configuration else ():
        if condition.source_ip_config is None:
            continue
        times = 1 if condition.match_indexes is None else condition.match_indexes.count(unit.match_index)
        yield from (SourceIP(values=condition.source_ip_config.values),) * times


def check_match_indexes(configuration: ListenerRuleConfiguration, matches: int) -> None:
    """A restriction that names no match, or one that the rule does not have, would leave open what it should close."""
    for condition in configuration.spec.conditions or ():
        indexes = condition.match_indexes
        if indexes is None or (indexes and all(0 <= index < matches for index in indexes)):
            continue
        raise Invalid(
            f"ListenerRuleConfiguration {configuration.name}: matchIndexes [{', '.join(map(str, indexes))}] of a "
            f"source-ip condition must name some of the rule's {matches} matches, counted from 0, or be left out",
            reason="UnsupportedValue",
        )

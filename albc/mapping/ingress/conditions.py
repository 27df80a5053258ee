"""Conditions of a rule: the host and path of the Ingress, and `conditions.NAME` (spec/ingress.md §14.3, §16.2)."""

from collections.abc import Sequence
from typing import Any

from albc.mapping.go import JSONObject, json_objects
from albc.mapping.ingress import limits
from albc.mapping.ingress.member import Member
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

ANY_PATH = PathPattern(values=("/*",))


def read(member: Member, name: str) -> tuple[Condition, ...]:
    """Those that the annotation `conditions.NAME` adds; none without it."""
    return member.annotations.json(f"conditions.{name}", _decode) or ()


def _decode(document: Any) -> tuple[Condition, ...]:
    conditions = (_condition(entry) for entry in json_objects(document))
    return tuple(condition for condition in conditions if condition is not None)


def _condition(entry: JSONObject) -> Condition | None:
    """None for a field that is none of AWS's: it is ignored."""
    field = entry.string("field") or ""
    match field:
        case "host-header":
            config = _config(entry, "hostHeaderConfig", field)
            values, regexes = _values_or_regexes(config, field)
            return HostHeader(values=values, regex_values=regexes)
        case "path-pattern":
            config = _config(entry, "pathPatternConfig", field)
            values, regexes = _values_or_regexes(config, field)
            return PathPattern(values=values, regex_values=regexes)
        case "http-header":
            config = _config(entry, "httpHeaderConfig", field)
            values, regexes = _values_or_regexes(config, field)
            name = config.string("httpHeaderName") or ""
            limits.check_header_name(name)
            return HTTPHeader(http_header_name=name, values=values, regex_values=regexes)
        case "http-request-method":
            values = _values(_config(entry, "httpRequestMethodConfig", field), field)
            limits.check_methods(values)
            return HTTPRequestMethod(values=values)
        case "query-string":
            return _query_string(_config(entry, "queryStringConfig", field), field)
        case "source-ip":
            values = _values(_config(entry, "sourceIPConfig", field), field)
            limits.check_sources(values)
            return SourceIP(values=values)
    return None


def _config(entry: JSONObject, name: str, field: str) -> JSONObject:
    config = entry.object(name)
    if config is None:
        raise ValueError(f"must have {name} beside the field {field}")
    return config


def _values(config: JSONObject, field: str) -> tuple[str, ...]:
    values = config.strings("values")
    if not values:
        raise ValueError(f"must have at least one of values for the field {field}")
    return values


def _values_or_regexes(config: JSONObject, field: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    values, regexes = config.strings("values"), config.strings("regexValues")
    if bool(values) == bool(regexes):
        raise ValueError(f"must have values or regexValues, one of the two, for the field {field}")
    limits.check_values(field, (*values, *regexes))
    return values, regexes


def _query_string(config: JSONObject, field: str) -> QueryString:
    pairs = tuple(
        QueryStringPair(key=pair.string("key"), value=pair.string("value") or "")
        for pair in config.objects("values") or ()
    )
    if not pairs or not all(pair.value for pair in pairs):
        raise ValueError(f"must have at least one of values for the field {field}, and a value in each")
    limits.check_values(field, (text for pair in pairs for text in (pair.key or "", pair.value)))
    return QueryString(values=pairs)


def join(host: str, path: PathPattern | None, added: Sequence[Condition]) -> tuple[Condition, ...]:
    """All conditions of a rule: of other kinds first, then one for hosts, then one for paths.

    Hosts and paths of the annotation join those of the Ingress. A rule without any condition takes every path.
    """
    if not added:
        _check_lengths("host", (host,))
        _check_lengths("path", path.values if path else ())
        by_host = (HostHeader(values=(host,)),) if host else ()
        return (*by_host, path) if path else by_host or (ANY_PATH,)
    hosts = [host] if host else []
    paths = list(path.values) if path else []
    host_regexes: list[str] = []
    path_regexes = list(path.regex_values) if path else []
    conditions: list[Condition] = []
    for condition in added:
        match condition:
            case HostHeader():
                hosts += condition.values
                host_regexes += condition.regex_values
            case PathPattern():
                paths += condition.values
                path_regexes += condition.regex_values
            case _:
                conditions.append(condition)
    _check_one_kind("host", hosts, host_regexes)
    _check_one_kind("path", paths, path_regexes)
    _check_lengths("host", hosts)
    _check_lengths("path", paths)
    if hosts or host_regexes:
        conditions.append(HostHeader(values=tuple(hosts), regex_values=tuple(host_regexes)))
    if paths or path_regexes:
        conditions.append(PathPattern(values=tuple(paths), regex_values=tuple(path_regexes)))
    return tuple(conditions) or (ANY_PATH,)


def _check_one_kind(what: str, values: Sequence[str], regexes: Sequence[str]) -> None:
    if values and regexes:
        raise Invalid(
            f"{what} condition must be by values or by regular expressions, not both: values [{', '.join(values)}] "
            f"come from the rule or its conditions annotation, regexValues [{', '.join(regexes)}] too; use one kind"
        )


def _check_lengths(what: str, values: Sequence[str]) -> None:
    for value in values:
        if len(value) > limits.LONGEST_VALUE:
            raise Invalid(
                f'a {what} of a rule has {len(value)} characters, "{value[:40]}…": a load balancer takes at most '
                f"{limits.LONGEST_VALUE}; shorten it"
            )

"""What a request must look like for a rule to take it; all conditions of a rule must hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from albc.model.wire import Omit, wire


@dataclass(frozen=True, slots=True, kw_only=True)
class HostHeader:
    regex_values: tuple[str, ...] = wire(default=())
    values: tuple[str, ...] = wire(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPHeader:
    http_header_name: str
    regex_values: tuple[str, ...] = wire(default=())
    values: tuple[str, ...] = wire(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPRequestMethod:
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPattern:
    regex_values: tuple[str, ...] = wire(default=())
    values: tuple[str, ...] = wire(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryStringPair:
    key: str | None = wire(omit=Omit.NONE)
    value: str = wire(omit=Omit.NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryString:
    values: tuple[QueryStringPair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceIP:
    values: tuple[str, ...]


Condition: TypeAlias = HostHeader | HTTPHeader | HTTPRequestMethod | PathPattern | QueryString | SourceIP

CONDITION_FIELDS: Mapping[type, tuple[str, str]] = {
    HTTPHeader: ("http-header", "httpHeaderConfig"),
    HostHeader: ("host-header", "hostHeaderConfig"),
    HTTPRequestMethod: ("http-request-method", "httpRequestMethodConfig"),
    PathPattern: ("path-pattern", "pathPatternConfig"),
    QueryString: ("query-string", "queryStringConfig"),
    SourceIP: ("source-ip", "sourceIPConfig"),
}
"""AWS's condition field and the name of its configuration in the JSON form, by model class."""

"""HTTPRoute, GRPCRoute, TCPRoute, UDPRoute and TLSRoute."""

from typing import Any

from albc.local.gateway_api.parts import (
    AGE,
    Column,
    Names,
    backend_object,
    conditions,
    controller_name,
    definition,
    duration,
    hostname,
    local_object,
    parent_reference,
    port,
    precise_hostname,
    section_name,
    weighted_backend,
)
from albc.local.gateway_api.schema import Rule, Schema, anything, integer, listing, record, text

_SAME_PARENT = (
    "a.group == b.group && a.kind == b.kind && a.name == b.name && "
    "(has(a.__namespace__) ? has(b.__namespace__) && a.__namespace__ == b.__namespace__ : !has(b.__namespace__))"
)
_SAME_SECTION = (
    "(has(a.sectionName) ? has(b.sectionName) && a.sectionName == b.sectionName : !has(b.sectionName)) && "
    "(has(a.port) ? has(b.port) && a.port == b.port : !has(b.port))"
)
_TWO_OF_ONE_PARENT = "when parentRefs includes 2 or more references to the same parent"
_PARENT_RULES: tuple[Rule, ...] = (
    (
        f"self.all(a, self.all(b, !({_SAME_PARENT}) || "
        "(has(a.sectionName) == has(b.sectionName) && has(a.port) == has(b.port))))",
        f"sectionName or port must be specified {_TWO_OF_ONE_PARENT}",
    ),
    (
        f"self.all(a, self.exists_one(b, {_SAME_PARENT} && {_SAME_SECTION}))",
        f"sectionName or port must be unique {_TWO_OF_ONE_PARENT}",
    ),
)


def _spec(fields: dict[str, Schema], required: str = "") -> Schema:
    """The spec of a route: its parents, and what its kind adds."""
    parents = listing(parent_reference(), (0, 32), rules=_PARENT_RULES)
    return record(
        {"parentRefs": parents, "useDefaultGateways": text(enum=("All", "None")), **fields},
        required,
    )


def _status() -> Schema:
    parent = record(
        {"parentRef": parent_reference(), "controllerName": controller_name(), "conditions": conditions()},
        "parentRef controllerName conditions",
    )
    return record({"parents": listing(parent, (0, 32))}, "parents")


def _named_match(name: Schema, length: int) -> Schema:
    return record(
        {
            "type": text(enum=("Exact", "RegularExpression"), default="Exact"),
            "name": name,
            "value": text((1, length)),
        },
        "name value",
    )


def _header_name() -> Schema:
    return text((1, 256), "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$")


def _header_filter() -> Schema:
    header = record({"name": _header_name(), "value": text((1, 4096))}, "name value")
    return record(
        {
            "set": listing(header, (0, 16), kind="map:name"),
            "add": listing(header, (0, 16), kind="map:name"),
            "remove": listing(text(), (0, 16), kind="set"),
        }
    )


def _mirror() -> Schema:
    return record(
        {
            "backendRef": backend_object(),
            "percent": integer((0, 100)),
            "fraction": record({"numerator": integer(), "denominator": integer(default=100)}, "numerator"),
        },
        "backendRef",
    )


_PATH_MODIFIER_FIELDS = (("ReplaceFullPath", "replaceFullPath"), ("ReplacePrefixMatch", "replacePrefixMatch"))


def _path_modifier() -> Schema:
    rules: list[Rule] = []
    for type_, field in _PATH_MODIFIER_FIELDS:
        rules += [
            (
                f"self.type != '{type_}' || has(self.{field})",
                f"{field} must be specified when type is set to '{type_}'",
            ),
            (f"!has(self.{field}) || self.type == '{type_}'", f"type must be '{type_}' when {field} is set"),
        ]
    return record(
        {
            "type": text(enum=tuple(type_ for type_, _ in _PATH_MODIFIER_FIELDS)),
            "replaceFullPath": text((0, 1024)),
            "replacePrefixMatch": text((0, 1024)),
        },
        "type",
        rules=tuple(rules),
    )


def _filter(fields: dict[str, tuple[str, Schema]]) -> Schema:
    """A filter whose `type` says which one of `fields` (type → field name and schema) it has."""
    rules: list[Rule] = []
    for type_, (field, _) in fields.items():
        rules += [
            (
                f"!has(self.{field}) || self.type == '{type_}'",
                f"filter.{field} must be nil if the filter.type is not {type_}",
            ),
            (
                f"self.type != '{type_}' || has(self.{field})",
                f"filter.{field} must be specified for {type_} filter.type",
            ),
        ]
    return record(
        {"type": text(enum=tuple(fields)), **dict(fields.values())},
        "type",
        rules=tuple(rules),
    )


def _once(*types: str) -> tuple[Rule, ...]:
    return tuple(
        (f"size(self.filter(f, f.type == '{type_}')) <= 1", f"{type_} filter cannot be repeated") for type_ in types
    )


def _http_filters() -> Schema:
    redirect = record(
        {
            "scheme": text(enum=("http", "https")),
            "hostname": precise_hostname(),
            "path": _path_modifier(),
            "port": port(),
            "statusCode": integer(enum=(301, 302, 303, 307, 308), default=302),
        }
    )
    fields = {
        "RequestHeaderModifier": ("requestHeaderModifier", _header_filter()),
        "ResponseHeaderModifier": ("responseHeaderModifier", _header_filter()),
        "RequestMirror": ("requestMirror", _mirror()),
        "RequestRedirect": ("requestRedirect", redirect),
        "URLRewrite": ("urlRewrite", record({"hostname": precise_hostname(), "path": _path_modifier()})),
        "CORS": ("cors", anything()),
        "ExternalAuth": ("externalAuth", anything()),
        "ExtensionRef": ("extensionRef", local_object()),
    }
    return listing(
        _filter(fields),
        (0, 16),
        rules=(
            (
                "!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))",
                "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both",
            ),
            *_once("RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite", "CORS"),
        ),
    )


_PATH_CHARACTERS = r"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$"
_PLAIN_PATH = "self.type == 'RegularExpression' || "
_PATH_RULES: tuple[Rule, ...] = (
    (_PLAIN_PATH + "self.value.startsWith('/')", "value must be an absolute path and start with '/'"),
    *(
        (
            f"{_PLAIN_PATH}!self.value.contains('{bad}')",
            f"must not contain '{bad}' when type is 'Exact' or 'PathPrefix'",
        )
        for bad in ("//", "/./", "/../", "%2f", "%2F", "#")
    ),
    *(
        (
            f"{_PLAIN_PATH}!self.value.endsWith('{bad}')",
            f"must not end with '{bad}' when type is 'Exact' or 'PathPrefix'",
        )
        for bad in ("/..", "/.")
    ),
    (
        f'{_PLAIN_PATH}self.value.matches(r"{_PATH_CHARACTERS}")',
        f"must only contain valid characters (matching {_PATH_CHARACTERS}) for types ['Exact', 'PathPrefix']",
    ),
)


def _http_match() -> Schema:
    path = record(
        {
            "type": text(enum=("Exact", "PathPrefix", "RegularExpression"), default="PathPrefix"),
            "value": text((0, 1024), default="/"),
        },
        rules=_PATH_RULES,
        default={"type": "PathPrefix", "value": "/"},
    )
    methods = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
    return record(
        {
            "path": path,
            "headers": listing(_named_match(_header_name(), 4096), (0, 16), kind="map:name"),
            "queryParams": listing(_named_match(_header_name(), 1024), (0, 16), kind="map:name"),
            "method": text(enum=methods),
        }
    )


def _session_persistence() -> Schema:
    return record(
        {
            "sessionName": text((0, 128)),
            "absoluteTimeout": duration(),
            "idleTimeout": duration(),
            "type": text(enum=("Cookie", "Header"), default="Cookie"),
            "cookieConfig": record({"lifetimeType": text(enum=("Permanent", "Session"), default="Session")}),
        }
    )


_PREFIX_REPLACED = (
    "self.filters.exists(f, has(f.{field}) && has(f.{field}.path) && f.{field}.path.type == 'ReplacePrefixMatch')"
)
_ONE_PREFIX = "size(self.matches) == 1 && has(self.matches[0].path) && self.matches[0].path.type == 'PathPrefix'"


def _http_rule_rules() -> tuple[Rule, ...]:
    return (
        (
            "!has(self.backendRefs) || size(self.backendRefs) == 0 || !has(self.filters) || "
            "!self.filters.exists(f, f.type == 'RequestRedirect')",
            "RequestRedirect filter must not be used together with backendRefs",
        ),
        *(
            (
                f"!has(self.filters) || !{_PREFIX_REPLACED.format(field=field)} || ({_ONE_PREFIX})",
                f"When using {filter_} filter with path.replacePrefixMatch, exactly one PathPrefix match must be "
                "specified",
            )
            for filter_, field in (("RequestRedirect", "requestRedirect"), ("URLRewrite", "urlRewrite"))
        ),
    )


_MATCHES_IN_TOTAL = " + ".join(
    f"(size(self) > {index} && has(self[{index}].matches) ? size(self[{index}].matches) : 0)" for index in range(16)
)
_ANY_PATH = {"path": {"type": "PathPrefix", "value": "/"}}


def http_route() -> dict[str, Any]:
    retry = record(
        {
            "codes": listing(integer((400, 599))),
            "attempts": integer(),
            "backoff": duration(),
        }
    )
    timeouts = record(
        {"request": duration(), "backendRequest": duration()},
        rules=(
            (
                "!has(self.request) || !has(self.backendRequest) || duration(self.request) == duration('0s') || "
                "duration(self.backendRequest) <= duration(self.request)",
                "backendRequest timeout cannot be longer than request timeout",
            ),
        ),
    )
    rule = record(
        {
            "name": section_name(),
            "matches": listing(_http_match(), (0, 64), default=[_ANY_PATH]),
            "filters": _http_filters(),
            "backendRefs": listing(weighted_backend({"filters": _http_filters()}), (0, 16)),
            "timeouts": timeouts,
            "retry": retry,
            "sessionPersistence": _session_persistence(),
        },
        rules=_http_rule_rules(),
    )
    rules = listing(
        rule,
        (1, 16),
        default=[{"matches": [_ANY_PATH]}],
        rules=(
            (
                f"{_MATCHES_IN_TOTAL} <= 128",
                "While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a "
                "route must be less than 128",
            ),
        ),
    )
    return definition(
        Names(kind="HTTPRoute", plural="httproutes"),
        _spec({"hostnames": listing(hostname(), (0, 16)), "rules": rules}),
        _status(),
        (Column("Hostnames", ".spec.hostnames"), AGE),
        ("v1", "v1beta1"),
    )


def grpc_route() -> dict[str, Any]:
    service = r"^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$"
    method = "^[A-Za-z_][A-Za-z_0-9]*$"
    method_match = record(
        {
            "type": text(enum=("Exact", "RegularExpression"), default="Exact"),
            "service": text((0, 1024)),
            "method": text((0, 1024)),
        },
        rules=(
            ("has(self.service) || has(self.method)", "One or both of 'service' or 'method' must be specified"),
            *(
                (
                    f"self.type != 'Exact' || !has(self.{field}) || self.{field}.matches(r\"{pattern}\")",
                    f"{field} must only contain valid characters (matching {pattern})",
                )
                for field, pattern in (("service", service), ("method", method))
            ),
        ),
    )
    match = record(
        {
            "method": method_match,
            "headers": listing(_named_match(_header_name(), 4096), (0, 16), kind="map:name"),
        }
    )
    filters = listing(
        _filter(
            {
                "RequestHeaderModifier": ("requestHeaderModifier", _header_filter()),
                "ResponseHeaderModifier": ("responseHeaderModifier", _header_filter()),
                "RequestMirror": ("requestMirror", _mirror()),
                "ExtensionRef": ("extensionRef", local_object()),
            }
        ),
        (0, 16),
        rules=_once("RequestHeaderModifier", "ResponseHeaderModifier"),
    )
    rule = record(
        {
            "name": section_name(),
            "matches": listing(match, (0, 64)),
            "filters": filters,
            "backendRefs": listing(weighted_backend({"filters": filters}), (0, 16)),
            "sessionPersistence": _session_persistence(),
        }
    )
    return definition(
        Names(kind="GRPCRoute", plural="grpcroutes"),
        _spec({"hostnames": listing(hostname(), (0, 16)), "rules": listing(rule, (0, 16))}),
        _status(),
        (Column("Hostnames", ".spec.hostnames"), AGE),
    )


def _l4_rules() -> Schema:
    rule = record(
        {"name": section_name(), "backendRefs": listing(weighted_backend(), (1, 16))},
        "backendRefs",
    )
    return listing(rule, (1, 1))


def tcp_route() -> dict[str, Any]:
    return definition(
        Names(kind="TCPRoute", plural="tcproutes"), _spec({"rules": _l4_rules()}, "rules"), _status(), (AGE,)
    )


def udp_route() -> dict[str, Any]:
    return definition(
        Names(kind="UDPRoute", plural="udproutes"), _spec({"rules": _l4_rules()}, "rules"), _status(), (AGE,)
    )


def tls_route() -> dict[str, Any]:
    hostnames = listing(
        hostname(),
        (1, 1024),
        rules=(
            (
                r"self.all(h, !h.matches('^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$'))",
                "Hostnames cannot contain an IP",
            ),
        ),
    )
    return definition(
        Names(kind="TLSRoute", plural="tlsroutes"),
        _spec({"hostnames": hostnames, "rules": _l4_rules()}, "hostnames rules"),
        _status(),
        (Column("Hostnames", ".spec.hostnames"), AGE),
    )

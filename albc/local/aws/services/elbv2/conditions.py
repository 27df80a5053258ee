"""Conditions and transforms of rules: what AWS refuses, and the form in which it keeps them."""

import ipaddress
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.options import Quotas

Condition = Mapping[str, Any]

CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
LEGACY = ("host-header", "path-pattern")
"""Fields whose values may also stand in the condition's own `Values`, where AWS mirrors them."""

REPEATABLE = ("http-header", "query-string")
WITH_REGEX = ("host-header", "path-pattern", "http-header")
MAX_LENGTHS = {"host-header": 128, "path-pattern": 128, "http-header": 128, "http-request-method": 40}

TRANSFORMS = {"host-header-rewrite": "HostHeaderRewriteConfig", "url-rewrite": "UrlRewriteConfig"}


def checked(conditions: Sequence[Condition], quotas: Quotas) -> tuple[Condition, ...]:
    """The conditions of a rule, as AWS keeps them."""
    if not conditions:
        raise ApiError("ValidationError", "At least one condition must be specified")
    kept = tuple(_kept(condition) for condition in conditions)
    for field, uses in Counter(condition["Field"] for condition in kept).items():
        if uses > 1 and field not in REPEATABLE:
            raise ApiError("ValidationError", f"A rule can have only one '{field}' condition")
    values = [value for condition in kept for value in _values(condition)]
    if len(values) > quotas.condition_values_per_rule:
        raise ApiError("ValidationError", f"A rule can only have '{quotas.condition_values_per_rule}' condition values")
    wildcards = sum(value.count("*") + value.count("?") for condition in kept for value in _patterns(condition))
    if wildcards > quotas.wildcards_per_rule:
        raise ApiError("ValidationError", f"A rule can only have '{quotas.wildcards_per_rule}' condition wildcards")
    return kept


def checked_transforms(transforms: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The transforms of a rule: at most one of each type, each with one rewrite."""
    for kind, uses in Counter(transform["Type"] for transform in transforms).items():
        if uses > 1:
            raise ApiError("ValidationError", f"A rule can have only one transform of type '{kind}'")
    for transform in transforms:
        config = transform.get(TRANSFORMS[transform["Type"]])
        if not config or len(config.get("Rewrites") or ()) != 1:
            raise ApiError("ValidationError", f"A transform of type '{transform['Type']}' needs exactly one rewrite")
    return tuple(transforms)


def _kept(condition: Condition) -> Condition:
    field = condition.get("Field")
    if field not in CONFIGS:
        raise ApiError("ValidationError", f"Condition field '{field}' must be one of '{', '.join(CONFIGS)}'")
    others = [key for of, key in CONFIGS.items() if key in condition and of != field]
    if others:
        raise ApiError("ValidationError", f"{others[0]} cannot be specified for condition field '{field}'")
    key = CONFIGS[field]
    config = dict(condition.get(key) or {})
    if field in LEGACY and not config:
        config = {name: condition[name] for name in ("Values", "RegexValues") if condition.get(name)}
    config = {name: value for name, value in config.items() if value not in ([], None)}
    _check_config(field, config)
    kept: dict[str, Any] = {"Field": field}
    if field in LEGACY:
        kept |= {name: config[name] for name in ("Values", "RegexValues") if name in config}
    return {**kept, key: config}


def _check_config(field: str, config: Mapping[str, Any]) -> None:
    values, patterns = config.get("Values", ()), config.get("RegexValues", ())
    if not values and not patterns:
        raise ApiError("ValidationError", f"A '{field}' condition must have a value")
    if patterns and (values or field not in WITH_REGEX):
        raise ApiError("ValidationError", f"A '{field}' condition cannot have these regular expressions")
    if field == "http-header" and not config.get("HttpHeaderName"):
        raise ApiError("ValidationError", "An 'http-header' condition must have a header name")
    if field == "source-ip":
        for value in values:
            _check_cidr(value)
    if field == "query-string" and any(not value.get("Value") for value in values):
        raise ApiError("ValidationError", "A 'query-string' condition must have a value")
    limit = MAX_LENGTHS.get(field)
    for value in (*values, *patterns):
        if limit is not None and len(value) > limit:
            raise ApiError("ValidationError", f"Condition value '{value}' cannot be longer than {limit} characters")


def _check_cidr(value: str) -> None:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise ApiError("ValidationError", f"Source IP value '{value}' must be a CIDR block") from error
    if "/" not in value:
        raise ApiError("ValidationError", f"Source IP value '{value}' must be a CIDR block")


def _values(condition: Condition) -> list[Any]:
    config = condition[CONFIGS[condition["Field"]]]
    return [*config.get("Values", ()), *config.get("RegexValues", ())]


def _patterns(condition: Condition) -> list[str]:
    """The values in which `*` and `?` are wildcards."""
    values = condition[CONFIGS[condition["Field"]]].get("Values", ())
    if condition["Field"] == "query-string":
        return [text for value in values for text in (value.get("Key", ""), value["Value"])]
    return list(values) if condition["Field"] in WITH_REGEX else []

"""Conditions and transforms of rules in AWS's form, and when two lists are the same (spec/aws.md §6.2, §6.3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from albc.model.conditions import (
    CONDITION_FIELDS,
    Condition,
    HostHeader,
    HTTPHeader,
    HTTPRequestMethod,
    PathPattern,
    QueryString,
    SourceIP,
)
from albc.model.listener import RewriteTransform

Shape = Mapping[str, Any]


def aws_conditions(conditions: Sequence[Condition]) -> list[Shape]:
    return [_condition(condition) for condition in conditions]


def aws_transforms(transforms: Sequence[RewriteTransform]) -> list[Shape]:
    return [
        {
            "Type": transform.type,
            _REWRITES[transform.type]: {
                "Rewrites": [{"Regex": rewrite.regex, "Replace": rewrite.replace} for rewrite in transform.rewrites]
            },
        }
        for transform in transforms
    ]


def same_conditions(wanted: Sequence[Shape], actual: Sequence[Shape] | None) -> bool:
    """By field; the values of one condition are compared in their order."""
    return _comparable(wanted, "Field") == _comparable(actual, "Field")


def same_transforms(wanted: Sequence[Shape], actual: Sequence[Shape] | None) -> bool:
    return _comparable(wanted, "Type") == _comparable(actual, "Type")


_REWRITES = {"url-rewrite": "UrlRewriteConfig", "host-header-rewrite": "HostHeaderRewriteConfig"}


def _condition(condition: Condition) -> Shape:
    field = CONDITION_FIELDS[type(condition)][0]
    match condition:
        case HostHeader():
            return {"Field": field, "HostHeaderConfig": _patterns(condition)}
        case PathPattern():
            return {"Field": field, "PathPatternConfig": _patterns(condition)}
        case HTTPHeader():
            header = {"HttpHeaderName": condition.http_header_name}
            return {"Field": field, "HttpHeaderConfig": header | _patterns(condition)}
        case HTTPRequestMethod():
            return {"Field": field, "HttpRequestMethodConfig": {"Values": list(condition.values)}}
        case SourceIP():
            return {"Field": field, "SourceIpConfig": {"Values": list(condition.values)}}
        case QueryString():
            pairs = [
                {"Value": pair.value} if pair.key is None else {"Key": pair.key, "Value": pair.value}
                for pair in condition.values
            ]
            return {"Field": field, "QueryStringConfig": {"Values": pairs}}


def _patterns(condition: HostHeader | PathPattern | HTTPHeader) -> dict[str, Any]:
    values = {"Values": list(condition.values), "RegexValues": list(condition.regex_values)}
    return {name: value for name, value in values.items() if value}


def _comparable(shapes: Sequence[Shape] | None, key: str) -> list[dict[str, Any]]:
    """AWS repeats values at the top level, for clients of old; only the typed configurations count."""
    return [
        {key: shape.get(key)}
        | {name: _full(config) for name, config in shape.items() if name.endswith("Config") and config}
        for shape in sorted(shapes or (), key=lambda shape: str(shape.get(key)))
    ]


def _full(config: Shape) -> dict[str, Any]:
    return {name: value for name, value in config.items() if value not in (None, [])}

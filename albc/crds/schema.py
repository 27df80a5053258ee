"""Notation for what a CRD's schema says beyond Python's types: integer widths, CEL rules, atomic values.

The models of this room use it; `albc.crds.manifests` prints it.
"""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic.config import JsonDict

from albc.kube.objects.meta import Condition, LabelSelector

Int32 = Annotated[int, Field(json_schema_extra={"format": "int32"})]
Int64 = Annotated[int, Field(json_schema_extra={"format": "int64"})]

IntOrString = Annotated[int | str, WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]})]
"""A number or a name; printed as the API server's `x-kubernetes-int-or-string`."""

OnOff = Literal["on", "off"]


def cel(*rules: tuple[str, str]) -> JsonDict:
    """`json_schema_extra` of a model that the API server holds to these CEL rules: pairs of rule and message."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in rules]}


def _selector(value: Any) -> LabelSelector:
    return value if isinstance(value, LabelSelector) else msgspec.convert(value, LabelSelector)


def _condition(value: Any) -> Condition:
    return value if isinstance(value, Condition) else msgspec.convert(value, Condition)


_STRINGS: JsonDict = {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic"}

Selector = Annotated[
    LabelSelector,
    PlainValidator(_selector),
    PlainSerializer(msgspec.to_builtins),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                "matchExpressions": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "key": {"type": "string"},
                            "operator": {"type": "string"},
                            "values": _STRINGS,
                        },
                        "required": ["key", "operator"],
                    },
                    "x-kubernetes-list-type": "atomic",
                },
                "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "x-kubernetes-map-type": "atomic",
        }
    ),
]
"""A label selector, as built-in kinds carry it."""

StatusCondition = Annotated[
    Condition,
    PlainValidator(_condition),
    PlainSerializer(msgspec.to_builtins),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                "lastTransitionTime": {"type": "string", "format": "date-time"},
                "message": {"type": "string", "maxLength": 32768},
                "observedGeneration": {"type": "integer", "format": "int64", "minimum": 0},
                "reason": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 1024,
                    "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
                },
                "status": {"type": "string", "enum": ["True", "False", "Unknown"]},
                "type": {
                    "type": "string",
                    "maxLength": 316,
                    "pattern": (
                        r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
                        r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
                    ),
                },
            },
            "required": ["lastTransitionTime", "message", "reason", "status", "type"],
        }
    ),
]
"""A condition of an object's status (metav1.Condition)."""

"""Every CEL rule of the CRDs that the local stack applies compiles and runs: none fails for want of a function."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from albc.crds.manifests import manifests as our_crds
from albc.local.gateway_api import manifests as gateway_api_crds
from albc.local.kubernetes.crds.cel_rules import RuleTree, compiled

Schema = Mapping[str, Any]
_TEXTS = {"date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "duration": "1h"}


VERSIONS = [
    pytest.param(version["schema"]["openAPIV3Schema"], id=f"{manifest['spec']['names']['kind']} {version['name']}")
    for manifest in (*gateway_api_crds(), *our_crds())
    for version in manifest["spec"]["versions"]
]


def _filled(schema: Schema, text: str) -> Any:
    """A value of the schema in which nothing that a rule could ask for is absent."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("x-kubernetes-int-or-string"):
        return text
    match schema.get("type"):
        case "object":
            value = {name: _filled(field, text) for name, field in (schema.get("properties") or {}).items()}
            each = schema.get("additionalProperties")
            return {**value, text: _filled(each, text)} if isinstance(each, Mapping) else value
        case "array":
            return [_filled(schema["items"], text)]
        case "string" if "(h|m|s|ms)" in schema.get("pattern", ""):
            return "1h"
        case "string":
            return _TEXTS.get(schema.get("format", ""), text)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return {}


def _rules(schema: Schema) -> Iterator[str]:
    for rule in schema.get("x-kubernetes-validations") or ():
        yield rule["rule"]
        if "messageExpression" in rule:
            yield rule["messageExpression"]
    for field in (schema.get("properties") or {}).values():
        yield from _rules(field)
    for name in ("items", "additionalProperties"):
        if isinstance(inner := schema.get(name), Mapping):
            yield from _rules(inner)


@pytest.mark.parametrize("schema", VERSIONS)
def test_every_rule_compiles(schema: Schema) -> None:
    for expression in _rules(schema):
        compiled(expression)


@pytest.mark.parametrize("schema", VERSIONS)
def test_every_rule_comes_to_a_verdict(schema: Schema) -> None:
    # Rules are not asked about what has not changed.
    faults = [fault.message for fault in RuleTree(schema).faults(_filled(schema, "a"), _filled(schema, "b"))]

    assert [message for message in faults if "evaluating rule" in message] == []

"""What an API server says of an object by the schema and the CEL rules of its CustomResourceDefinition."""

from collections.abc import Iterator
from typing import Any

import cel
import jsonschema_rs


def _stored_schema(manifest: dict[str, Any]) -> dict[str, Any]:
    (version,) = (version for version in manifest["spec"]["versions"] if version["storage"])
    schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return schema


def _broken_rules(schema: dict[str, Any], value: Any) -> Iterator[str]:
    for rule in schema.get("x-kubernetes-validations", []):
        if cel.evaluate(rule["rule"], {"self": value}) is not True:
            yield rule["message"]
    if isinstance(value, dict):
        for name, child in value.items():
            if inner := schema.get("properties", {}).get(name):
                yield from _broken_rules(inner, child)
    elif isinstance(value, list):
        for child in value:
            yield from _broken_rules(schema["items"], child)


def refusals_of(manifest: dict[str, Any], spec: Any) -> list[str]:
    """Why an API server would refuse `spec` of an object of the kind that a manifest defines; empty when it takes it.

    `spec` carries the defaults already.
    """
    schema = _stored_schema(manifest)["properties"]["spec"]
    if errors := [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(spec)]:
        return errors
    return list(_broken_rules(schema, spec))

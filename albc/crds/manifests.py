"""Prints the CustomResourceDefinitions of our kinds from their models (spec/gateway-crds.md §1, spec/targets.md §2).

`deploy/crds/` holds what this prints, the local cluster installs it, and a test holds the two together. A schema is
the model's JSON schema in the API server's structural form: references written out, `null` alternatives and titles
gone, integer-or-string marked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from albc.crds.resources import (
    ALB_TARGET_CONTROL_CONFIGS,
    INGRESS_CLASS_PARAMS,
    LISTENER_RULE_CONFIGURATIONS,
    LOAD_BALANCER_CONFIGURATIONS,
    TARGET_GROUP_BINDINGS,
    TARGET_GROUP_CONFIGURATIONS,
)
from albc.kube.resource import Resource


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`; priorities above 0 show with `-o wide` only."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0


AGE = Column("AGE", ".metadata.creationTimestamp", "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class OldVersion:
    """A version that is served beside the stored one, with the same fields but for those `without`."""

    name: str
    deprecated: bool = False
    without: tuple[tuple[str, ...], ...] = ()
    """Paths of fields, such as `("spec", "vpcID")`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One CustomResourceDefinition. The version of `resource` is the stored one."""

    resource: Resource[Any]
    singular: str
    columns: tuple[Column, ...]
    old_versions: tuple[OldVersion, ...] = ()
    defaults: bool = True
    """Whether the API server fills in the model's defaults; False where an admission webhook or albc does."""

    @property
    def name(self) -> str:
        return f"{self.resource.plural}.{self.resource.group}"


_GATEWAY_OLD = (OldVersion(name="v1beta1", deprecated=True),)

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        resource=LOAD_BALANCER_CONFIGURATIONS,
        singular="loadbalancerconfiguration",
        columns=(AGE,),
        old_versions=_GATEWAY_OLD,
    ),
    Definition(
        resource=TARGET_GROUP_CONFIGURATIONS,
        singular="targetgroupconfiguration",
        columns=(Column("SERVICE-NAME", ".spec.targetReference.name"), AGE),
        old_versions=_GATEWAY_OLD,
    ),
    Definition(
        resource=LISTENER_RULE_CONFIGURATIONS,
        singular="listenerruleconfiguration",
        columns=(AGE,),
        old_versions=_GATEWAY_OLD,
    ),
    Definition(
        resource=TARGET_GROUP_BINDINGS,
        singular="targetgroupbinding",
        columns=(
            Column("SERVICE-NAME", ".spec.serviceRef.name"),
            Column("SERVICE-PORT", ".spec.serviceRef.port"),
            Column("TARGET-TYPE", ".spec.targetType"),
            Column("ARN", ".spec.targetGroupARN", priority=1),
            Column("NAME", ".spec.targetGroupName", priority=2),
            AGE,
        ),
        old_versions=(
            OldVersion(
                name="v1alpha1",
                without=(
                    ("spec", "targetGroupProtocol"),
                    ("spec", "nodeSelector"),
                    ("spec", "ipAddressType"),
                    ("spec", "vpcID"),
                    ("status", "conditions"),
                ),
            ),
        ),
        defaults=False,
    ),
    Definition(
        resource=INGRESS_CLASS_PARAMS,
        singular="ingressclassparam",
        columns=(
            Column("GROUP-NAME", ".spec.group.name"),
            Column("SCHEME", ".spec.scheme"),
            Column("IP-ADDRESS-TYPE", ".spec.ipAddressType"),
            AGE,
        ),
        defaults=False,
    ),
    Definition(
        resource=ALB_TARGET_CONTROL_CONFIGS,
        singular="albtargetcontrolconfig",
        columns=(Column("IMAGE", ".spec.image"), Column("DESTINATION", ".spec.destinationAddress"), AGE),
    ),
)


def manifest(definition: Definition) -> dict[str, Any]:
    """The CustomResourceDefinition (apiextensions.k8s.io/v1) as plain data."""
    resource = definition.resource
    schema = _object_schema(resource.type, definition.defaults)
    versions = [_version(definition, resource.version, schema, storage=True)]
    for old in definition.old_versions:
        version = _version(definition, old.name, _without(schema, old.without), storage=False)
        if old.deprecated:
            version["deprecated"] = True
            version["deprecationWarning"] = (
                f"{resource.group}/{old.name} {resource.kind} is deprecated; "
                f"use {resource.group}/{resource.version} instead"
            )
        versions.append(version)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": definition.name},
        "spec": {
            "group": resource.group,
            "names": {
                "kind": resource.kind,
                "listKind": f"{resource.kind}List",
                "plural": resource.plural,
                "singular": definition.singular,
            },
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "versions": versions,
        },
    }


def manifests() -> list[dict[str, Any]]:
    """All our CustomResourceDefinitions."""
    return [manifest(definition) for definition in DEFINITIONS]


def as_yaml(definition: Definition) -> str:
    """What stands in `deploy/crds/` for it."""
    text: str = yaml.dump(manifest(definition), Dumper=_PlainDumper, sort_keys=False, width=110, allow_unicode=True)
    return text


def write(folder: Path) -> None:
    """One file for each definition, named after its resource."""
    for definition in DEFINITIONS:
        (folder / f"{definition.name}.yaml").write_text(as_yaml(definition), encoding="utf-8")


class _PlainDumper(yaml.SafeDumper):
    """Writes shared parts out each time: anchors and aliases are hard on readers of a manifest."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _version(definition: Definition, name: str, schema: dict[str, Any], *, storage: bool) -> dict[str, Any]:
    version: dict[str, Any] = {
        "name": name,
        "served": True,
        "storage": storage,
        "additionalPrinterColumns": [_column(column) for column in definition.columns],
        "schema": {"openAPIV3Schema": schema},
    }
    if "status" in schema["properties"]:
        version["subresources"] = {"status": {}}
    return version


def _column(column: Column) -> dict[str, Any]:
    plain: dict[str, Any] = {"name": column.name, "type": column.type, "jsonPath": column.path}
    if column.priority:
        plain["priority"] = column.priority
    return plain


def _object_schema(model: type[BaseModel], defaults: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
    }
    required = []
    for part in ("spec", "status"):
        if field := model.model_fields.get(part):
            annotation: Any = field.annotation
            schema = annotation.model_json_schema(by_alias=True)
            properties[part] = _Structural(schema.pop("$defs", {}), defaults).of(schema)
            if field.is_required():
                required.append(part)
    plain: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        plain["required"] = required
    return plain


_KEPT_AS_THEY_ARE = (
    "type",
    "format",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "required",
)
_ONE_OF_BOTH = [{"type": "integer"}, {"type": "string"}]


@dataclass(frozen=True, slots=True)
class _Structural:
    """Turns Pydantic's JSON schema into the API server's structural form."""

    definitions: Mapping[str, Any]
    defaults: bool

    def of(self, node: Mapping[str, Any]) -> dict[str, Any]:
        node = self._written_out(node)
        plain: dict[str, Any] = {}
        for key, value in node.items():
            if key in _KEPT_AS_THEY_ARE or key.startswith("x-kubernetes-"):
                plain[key] = value
            elif key == "const":
                plain["enum"] = [value]
            elif key == "default" and self.defaults and value is not None:
                plain[key] = value
            elif key == "properties":
                plain[key] = {name: self.of(child) for name, child in value.items()}
            elif key in ("items", "additionalProperties"):
                plain[key] = self.of(value) if isinstance(value, Mapping) else value
            elif key == "anyOf":
                plain |= {"anyOf": value, "x-kubernetes-int-or-string": True}
        return plain

    def _written_out(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The node with references replaced by what they name, and without the alternative `null`."""
        while True:
            if "$ref" in node:
                name = node["$ref"].rsplit("/", 1)[1]
                node = {**self.definitions[name], **{key: value for key, value in node.items() if key != "$ref"}}
            elif "anyOf" in node:
                options = [option for option in node["anyOf"] if option != {"type": "null"}]
                rest = {key: value for key, value in node.items() if key != "anyOf"}
                if options == _ONE_OF_BOTH:
                    return {**rest, "anyOf": options}
                (only,) = options
                node = {**only, **rest}
            else:
                return node


def _without(schema: dict[str, Any], paths: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    for path in paths:
        schema = _dropped(schema, path)
    return schema


def _dropped(schema: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    head, *rest = path
    properties = dict(schema["properties"])
    if rest:
        properties[head] = _dropped(properties[head], tuple(rest))
    else:
        del properties[head]
    return {**schema, "properties": properties}

"""CustomResourceDefinitions come and go, and with them the resources that they define.

`Definitions` gives their kind its behaviour: what a definition may say, the status that the server gives it, and, after
each write, what the registry serves. The objects of a deleted definition are removed by `controllers.custom_resources`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from albc.local.kubernetes.behaviour import Behaviour, Object
from albc.local.kubernetes.calls import timestamp
from albc.local.kubernetes.crds.cel_rules import compiled, rules_of
from albc.local.kubernetes.crds.structural import completed, schema_faults
from albc.local.kubernetes.crds.validation import ObjectValidator
from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.jsonpath import parse
from albc.local.kubernetes.kinds.catalog import Catalog
from albc.local.kubernetes.registry import Column, Registry, Resource, ScalePaths
from albc.local.kubernetes.store import Indexing, StorageName, Store
from albc.local.kubernetes.types.notation import Schema
from albc.local.kubernetes.validation import checks
from albc.local.kubernetes.validation.metadata import invalid, required
from albc.local.kubernetes.validation.schema_rules import schema_faults as table_faults

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


class Definitions:
    """Keeps the registry true to the definitions in the store."""

    def __init__(self, store: Store, registry: Registry, catalog: Catalog) -> None:
        self._store = store
        self._registry = registry
        self._catalog = catalog
        kind = registry.builtin("apiextensions.k8s.io/v1", "CustomResourceDefinition")

        def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
            yield from table_faults(new, kind.schema)
            yield from _validate(new, old)

        catalog.set(
            kind,
            Behaviour(
                default=_default,
                prepare=self._prepare,
                validate=validate,
                committed=self._committed,
                unconditional_update=False,
            ),
        )

    def _prepare(self, new: Object, old: Object | None) -> None:
        """The status, at once: names accepted unless another definition has them, and established."""
        spec = new.get("spec") or {}
        if old is None:
            finalizers = new["metadata"].setdefault("finalizers", [])
            if CLEANUP not in finalizers:
                finalizers.append(CLEANUP)
        status = dict(new.get("status") or {})
        stored = list(status.get("storedVersions") or [])
        for version in spec.get("versions") or []:
            if version.get("storage") and version.get("name") not in stored:
                stored.append(version["name"])
        clash = self._clash(spec, new["metadata"].get("name", ""))
        deleting = bool(new["metadata"].get("deletionTimestamp"))
        conditions = status.get("conditions") or []
        accepted = ("False", clash[0], clash[1]) if clash else ("True", "NoConflicts", "no conflicts found")
        established = (
            ("False", "NotAccepted", "not all names are accepted")
            if clash
            else ("True", "InitialNamesAccepted", "the initial names have been accepted")
        )
        conditions = _condition(conditions, "NamesAccepted", *accepted)
        conditions = _condition(conditions, "Established", *established)
        if deleting:
            conditions = _condition(
                conditions, "Terminating", "True", "InstanceDeletionPending", "CustomResource deletion is pending"
            )
        new["status"] = {
            "acceptedNames": {} if clash else spec.get("names") or {},
            "conditions": conditions,
            "storedVersions": stored,
        }

    def _clash(self, spec: Mapping[str, Any], own: str) -> tuple[str, str] | None:
        names = spec.get("names") or {}
        for other in self._registry:
            if other.group != spec.get("group") or f"{other.plural}.{other.group}" == own:
                continue
            if other.kind == names.get("kind"):
                return "KindConflict", f'"{other.kind}" is already in use'
            if other.plural == names.get("plural"):
                return "PluralConflict", f'"{other.plural}" is already in use'
        return None

    def _committed(self, old: Object | None, new: Object | None) -> None:
        """After a write: serves what the definition says now."""
        if new is None:
            if old is not None:
                storage = _storage(old)
                self._registry.remove(*storage)
                self._store.close(storage)
            return
        if old is not None and old["spec"] == new["spec"]:
            return
        storage = _storage(new)
        if any(c["type"] == "Established" and c["status"] != "True" for c in new["status"]["conditions"]):
            return
        resources = list(_resources(new))
        if old is not None:
            self._registry.remove(*storage)
        self._registry.add(resources)
        stored = next((r for r in resources if r.version == r.storage_version), None)
        self._store.open(storage, Indexing(stored.fields if stored else lambda obj: {}))
        for resource in resources:
            validator = ObjectValidator(resource.schema)
            self._catalog.set(resource, Behaviour(validate=validator.faults, unconditional_update=False))


def _condition(conditions: list[Object], kind: str, status: str, reason: str, message: str) -> list[Object]:
    new = {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": timestamp()}
    old = next((c for c in conditions if c["type"] == kind), None)
    if old is not None and old["status"] == status:
        new["lastTransitionTime"] = old.get("lastTransitionTime", new["lastTransitionTime"])
    return [*(c for c in conditions if c["type"] != kind), new]


def _storage(definition: Mapping[str, Any]) -> StorageName:
    return StorageName(definition["spec"]["group"], definition["spec"]["names"]["plural"])


def _resources(definition: Mapping[str, Any]) -> Iterator[Resource]:
    """Every version that is served."""
    spec = definition["spec"]
    names = spec["names"]
    storage = next(v["name"] for v in spec["versions"] if v.get("storage"))
    prefix = ".".join(reversed(spec["group"].split(".")))
    for version in spec["versions"]:
        if not version.get("served"):
            continue
        schema: Schema = completed((version.get("schema") or {}).get("openAPIV3Schema"))
        subresources = version.get("subresources") or {}
        scale = subresources.get("scale")
        deprecation = ""
        if version.get("deprecated"):
            default = f"{spec['group']}/{version['name']} {names['kind']} is deprecated"
            deprecation = version.get("deprecationWarning") or default
        yield Resource(
            group=spec["group"],
            version=version["name"],
            kind=names["kind"],
            plural=names["plural"],
            singular=names.get("singular") or names["kind"].lower(),
            list_kind=names.get("listKind") or f"{names['kind']}List",
            namespaced=spec["scope"] == "Namespaced",
            storage=_storage(definition),
            storage_version=storage,
            schema=schema,
            component=f"{prefix}.{version['name']}.{names['kind']}",
            short_names=tuple(names.get("shortNames") or ()),
            subresources=frozenset(subresources),
            categories=tuple(names.get("categories") or ()),
            selectable=tuple(item["jsonPath"].lstrip(".") for item in version.get("selectableFields") or ()),
            columns=tuple(_column(column) for column in version.get("additionalPrinterColumns") or ()),
            scale=ScalePaths(scale["specReplicasPath"], scale["statusReplicasPath"], scale.get("labelSelectorPath", ""))
            if scale
            else None,
            custom=True,
            deprecation=deprecation,
        )


def _column(given: Mapping[str, Any]) -> Column:
    return Column(
        given["name"],
        given["type"],
        parse(given["jsonPath"]),
        given.get("priority", 0),
        given.get("description", ""),
        given.get("format", ""),
    )


def _default(new: Object, old: Object | None) -> None:
    spec = new.get("spec") or {}
    names = spec.get("names") or {}
    if names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", f"{names['kind']}List")
    spec.setdefault("conversion", {"strategy": "None"})


def _validate(new: Object, old: Object | None) -> Iterator[FieldError]:
    spec = new.get("spec") or {}
    names = spec.get("names") or {}
    wanted = f"{names.get('plural', '')}.{spec.get('group', '')}"
    if new["metadata"].get("name") != wanted:
        yield invalid("metadata.name", new["metadata"].get("name", ""), 'must be spec.names.plural+"."+spec.group')
    versions = spec.get("versions") or []
    storing = [version for version in versions if version.get("storage")]
    if versions and len(storing) != 1:
        why = "must have exactly one version marked as storage version"
        yield invalid("spec.versions", [v.get("name") for v in versions], why)
    seen: set[str] = set()
    for place, version in enumerate(versions):
        field = f"spec.versions[{place}]"
        if version.get("name") in seen:
            yield checks.duplicate(f"{field}.name", version.get("name"))
        seen.add(version.get("name", ""))
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        if not schema:
            yield required(f"{field}.schema.openAPIV3Schema", "schemas are required")
            continue
        yield from schema_faults(schema, f"{field}.schema.openAPIV3Schema")
        yield from _rule_faults(schema, f"{field}.schema.openAPIV3Schema")
        for number, column in enumerate(version.get("additionalPrinterColumns") or []):
            try:
                parse(column.get("jsonPath", ""))
            except ValueError as fault:
                yield invalid(f"{field}.additionalPrinterColumns[{number}].jsonPath", column["jsonPath"], str(fault))
    if (spec.get("conversion") or {}).get("strategy") == "Webhook":
        yield checks.unsupported("spec.conversion.strategy", "Webhook", ("None",))
    yield from checks.immutable(new, old, "spec.scope", "spec.group", "spec.names.plural", "spec.names.kind")


def _rule_faults(schema: Mapping[str, Any], field: str) -> Iterator[FieldError]:
    """CEL rules that do not compile."""
    for place, rule in enumerate(rules_of(schema)):
        try:
            compiled(rule.expression)
        except ValueError as fault:
            text = f"compilation failed: {fault}"
            yield invalid(f"{field}.x-kubernetes-validations[{place}].rule", {"rule": rule.expression}, text)
    for name, inner in (schema.get("properties") or {}).items():
        yield from _rule_faults(inner, f"{field}.properties[{name}]")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), Mapping):
            yield from _rule_faults(schema[name], f"{field}.{name}")

"""OpenAPI documents, version 2 and 3: from the same schemas by which objects are judged.

`kubectl` explains from them, asks whether `fieldValidation` is known, and finds merge keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from albc.local.kubernetes.registry import Registry, Resource
from albc.local.kubernetes.store import encode
from albc.local.kubernetes.types.notation import NUMBER, POINTER, Schema, load

OPENAPI_V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
V2_IN_PROTOBUF = b"\x0a\x032.0"
"""A document of version 2.0 that says nothing: kubectl asks for one in this form before it refuses an unknown kind."""
_INFO = {"title": "Kubernetes", "version": "v1.36.0"}
_META = "io.k8s.apimachinery.pkg.apis.meta.v1"
_ALWAYS = (f"{_META}.Status", f"{_META}.DeleteOptions")
_GVK = "x-kubernetes-group-version-kind"
_REF = "#/components/schemas/"
# verb of the registry -> method and action of the document, and whether the path names an object
_OPERATIONS: dict[str, tuple[str, str, bool]] = {
    "get": ("get", "get", True),
    "list": ("get", "list", False),
    "create": ("post", "post", False),
    "update": ("put", "put", True),
    "patch": ("patch", "patch", True),
    "delete": ("delete", "delete", True),
    "deletecollection": ("delete", "deletecollection", False),
}
_WRITE_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")


class OpenApi:
    """Makes the documents, and again when the registry has changed."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._made: dict[str, Any] = {}
        self._version = -1

    def v3_index(self) -> dict[str, Any]:
        """`/openapi/v3`: where each group version's document is."""
        paths = {}
        for group, versions in self._registry.groups().items():
            for version in versions:
                path = f"apis/{group}/{version}" if group else f"api/{version}"
                digest = hashlib.sha256(encode(self.v3(path))).hexdigest().upper()
                paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
        return {"paths": paths}

    def v3(self, path: str) -> dict[str, Any] | None:
        """`/openapi/v3/apis/GROUP/VERSION`, or None if there is no such group version."""
        self._forget_old()
        if path not in self._made:
            resources = [r for r in self._registry if _document_path(r) == path]
            if not resources:
                return None
            paths = {where: operations for r in resources for where, operations in _paths(r, _content).items()}
            schemas = _components(resources)
            self._made[path] = {
                "openapi": "3.0.0",
                "info": _INFO,
                "paths": paths,
                "components": {"schemas": schemas},
            }
        found: dict[str, Any] = self._made[path]
        return found

    def v2(self) -> dict[str, Any]:
        """`/openapi/v2`: everything in one document."""
        self._forget_old()
        if "v2" not in self._made:
            resources = list(self._registry)
            definitions = {name: _as_v2(schema) for name, schema in _components(resources).items()}
            paths = {where: operations for r in resources for where, operations in _paths(r, _schema_v2).items()}
            self._made["v2"] = {"swagger": "2.0", "info": _INFO, "paths": paths, "definitions": definitions}
        found: dict[str, Any] = self._made["v2"]
        return found

    def _forget_old(self) -> None:
        if self._version != self._registry.version:
            self._made.clear()
            self._version = self._registry.version


def _document_path(resource: Resource) -> str:
    return f"apis/{resource.group}/{resource.version}" if resource.group else f"api/{resource.version}"


def _components(resources: Iterable[Resource]) -> dict[str, Schema]:
    """The schemas of some resources, and every one to which they refer."""
    types = load()
    found: dict[str, Schema] = {}
    waiting = list(_ALWAYS)
    for resource in resources:
        lists = _list_schema(resource)
        if resource.custom:
            found[resource.component] = _custom(resource)
            waiting.append(f"{_META}.ObjectMeta")
        else:
            waiting.append(resource.component)
        if "list" in resource.verbs:
            found[resource.component + "List"] = lists
            waiting.append(f"{_META}.ListMeta")
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = _published(types.components[name])
        waiting += _references(types.components[name])
    return dict(sorted(found.items()))


def _references(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        own = [schema["$ref"].removeprefix(_REF)] if "$ref" in schema else []
        return own + [name for value in schema.values() for name in _references(value)]
    return [name for value in schema for name in _references(value)] if isinstance(schema, list) else []


def _published(schema: Any) -> Any:
    """A schema as clients know the forms: references alone stand in `allOf`, int-or-string has a `oneOf`."""
    if isinstance(schema, list):
        return [_published(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key not in ("$ref", NUMBER, POINTER)}
        return {"allOf": [{"$ref": schema["$ref"]}], **rest} if rest else {"$ref": schema["$ref"]}
    result = {key: _published(value) for key, value in schema.items() if key not in (NUMBER, POINTER)}
    if schema.get("format") in ("int-or-string", "quantity"):
        del result["x-kubernetes-int-or-string"]
        result.pop("format", None)
        result |= {"oneOf": [{"type": "string"}, {"type": "integer" if schema["format"] != "quantity" else "number"}]}
        if schema["format"] == "int-or-string":
            result["format"] = "int-or-string"
    return result


def _custom(resource: Resource) -> Schema:
    properties = {
        "apiVersion": {"type": "string", "description": "version of the schema of this object"},
        "kind": {"type": "string", "description": "what this object is"},
        **(resource.schema.get("properties") or {}),
        "metadata": {"allOf": [{"$ref": f"{_REF}{_META}.ObjectMeta"}], "description": "name, labels and identity"},
    }
    return {**resource.schema, "properties": properties, _GVK: [_gvk(resource)]}


def _list_schema(resource: Resource) -> Schema:
    items = {"type": "array", "items": {"$ref": _REF + resource.component}}
    properties = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "items": items,
        "metadata": {"$ref": f"{_REF}{_META}.ListMeta"},
    }
    gvk = {**_gvk(resource), "kind": resource.list_kind}
    return {"type": "object", "properties": properties, "required": ["items"], _GVK: [gvk]}


def _gvk(resource: Resource) -> dict[str, str]:
    return {"group": resource.group, "kind": resource.kind, "version": resource.version}


def _content(reference: str) -> dict[str, Any]:
    return {"description": "OK", "content": {"application/json": {"schema": {"$ref": _REF + reference}}}}


def _schema_v2(reference: str) -> dict[str, Any]:
    return {"description": "OK", "schema": {"$ref": f"#/definitions/{reference}"}}


def _paths(resource: Resource, response: Any) -> dict[str, Any]:
    scope = "namespaces/{namespace}/" if resource.namespaced else ""
    root = f"/{_document_path(resource)}/{scope}{resource.plural}"
    paths: dict[str, Any] = {}
    for verb in resource.verbs:
        if verb not in _OPERATIONS:
            continue
        method, action, named = _OPERATIONS[verb]
        operation: dict[str, Any] = {
            "x-kubernetes-action": action,
            _GVK: _gvk(resource),
            "responses": {"200": response(resource.component + ("List" if verb == "list" else ""))},
        }
        if method in ("post", "put", "patch"):
            operation["parameters"] = [_parameter(name) for name in _WRITE_PARAMETERS]
        paths.setdefault(root + ("/{name}" if named else ""), {})[method] = operation
    return paths


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}


def _as_v2(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_as_v2(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace(_REF, "#/definitions/")}
    if "allOf" in schema and len(schema) <= 3 and "$ref" in schema["allOf"][0]:
        return {**_as_v2(schema["allOf"][0]), **{k: v for k, v in schema.items() if k == "description"}}
    result = {key: _as_v2(value) for key, value in schema.items() if key not in ("oneOf", "anyOf", "not", "nullable")}
    if "oneOf" in schema and "type" not in schema:
        result["type"] = "string"
    return result

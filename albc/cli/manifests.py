"""Manifests as files: YAML with several documents, JSON, and Lists of either, into a `Snapshot`.

`status` and finalizers are what a cluster makes of objects, so they are no input. Kinds that mapping does not read are
passed over.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from albc.cli.usage import UsageError
from albc.crds.resources import (
    INGRESS_CLASS_PARAMS,
    LISTENER_RULE_CONFIGURATIONS,
    LOAD_BALANCER_CONFIGURATIONS,
    TARGET_GROUP_BINDINGS,
    TARGET_GROUP_CONFIGURATIONS,
)
from albc.crds.target_group_binding import TargetGroupBinding
from albc.kube.key import NamespacedName
from albc.kube.objects import (
    GATEWAY_CLASSES,
    GATEWAYS,
    GRPC_ROUTES,
    HTTP_ROUTES,
    INGRESS_CLASSES,
    INGRESSES,
    LISTENER_SETS,
    NAMESPACES,
    REFERENCE_GRANTS,
    SECRETS,
    SERVICES,
    TCP_ROUTES,
    TLS_ROUTES,
    UDP_ROUTES,
)
from albc.kube.resource import Resource
from albc.mapping.snapshot import Snapshot
from albc.model.problem import ObjectRef, Problem

FIELDS: Mapping[str, Resource[Any]] = {
    "namespaces": NAMESPACES,
    "services": SERVICES,
    "secrets": SECRETS,
    "ingresses": INGRESSES,
    "ingress_classes": INGRESS_CLASSES,
    "ingress_class_params": INGRESS_CLASS_PARAMS,
    "gateway_classes": GATEWAY_CLASSES,
    "gateways": GATEWAYS,
    "listener_sets": LISTENER_SETS,
    "http_routes": HTTP_ROUTES,
    "grpc_routes": GRPC_ROUTES,
    "tcp_routes": TCP_ROUTES,
    "udp_routes": UDP_ROUTES,
    "tls_routes": TLS_ROUTES,
    "reference_grants": REFERENCE_GRANTS,
    "load_balancer_configurations": LOAD_BALANCER_CONFIGURATIONS,
    "target_group_configurations": TARGET_GROUP_CONFIGURATIONS,
    "listener_rule_configurations": LISTENER_RULE_CONFIGURATIONS,
}
"""Field of `Snapshot` → the kind that it holds."""

_BINDINGS = "bindings"
_RESOURCES: Mapping[str, Resource[Any]] = {**FIELDS, _BINDINGS: TARGET_GROUP_BINDINGS}
_BY_KIND = {(resource.group, resource.kind): field for field, resource in _RESOURCES.items()}


@dataclass(frozen=True)
class Loaded:
    snapshot: Snapshot
    problems: tuple[Problem, ...]
    """Objects that are not of the shape of their kind; they are left out."""
    bindings: tuple[TargetGroupBinding, ...] = ()
    """What stands of them in the cluster; mapping does not read them."""


def load(files: Iterable[str]) -> Loaded:
    """Every object of the files. Raises `UsageError` for a file that cannot be read or parsed."""
    found: dict[str, dict[NamespacedName, Any]] = {field: {} for field in _RESOURCES}
    problems = []
    for item in (item for file in files for document in _documents(file) for item in _flatten(document)):
        group, _, _ = str(item.get("apiVersion", "")).rpartition("/")
        kind = str(item.get("kind", ""))
        field = _BY_KIND.get((group, kind))
        if field is None:
            continue
        metadata = item.get("metadata") or {}
        try:
            obj = _RESOURCES[field].convert(_input_only(item))
        except (msgspec.ValidationError, ValidationError) as error:
            ref = ObjectRef(kind, str(metadata.get("namespace", "")), str(metadata.get("name", "")))
            problems.append(Problem(ref, "Invalid", _sentence(error)))
        else:
            found[field][NamespacedName(obj.metadata.namespace, obj.metadata.name)] = obj
    bindings = tuple(found.pop(_BINDINGS).values())
    return Loaded(Snapshot(**found), tuple(problems), bindings)


def _input_only(item: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in (item.get("metadata") or {}).items() if key != "finalizers"}
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def _sentence(error: msgspec.ValidationError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
    return str(error)


def _documents(file: str) -> Iterator[Any]:
    if file == "-":
        yield from _parse("standard input", sys.stdin.read(), json=False)
        return
    path = Path(file)
    if path.is_dir():
        members = sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml", ".json"))
        if not members:
            raise UsageError(f"{file} holds no manifests; they end in .yaml, .yml or .json")
        for member in members:
            yield from _documents(str(member))
        return
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    yield from _parse(file, text, json=path.suffix == ".json")


def _parse(name: str, text: str, *, json: bool) -> list[Any]:
    """YAML takes JSON as well, but fifty times as long."""
    try:
        if json or text.lstrip().startswith("{"):
            return [msgspec.json.decode(text)]
        return list(_yaml(text))
    except msgspec.DecodeError as error:
        raise UsageError(f"{name} is no JSON: {error}") from None


def _yaml(text: str) -> Iterator[Any]:
    import yaml

    try:
        yield from yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise UsageError(f"a manifest is no YAML: {' '.join(str(error).split())}") from None


def _flatten(document: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(document, Mapping):
        if document is not None:
            raise UsageError("a manifest must be an object with apiVersion and kind")
    elif str(document.get("kind", "")).endswith("List") and isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _flatten(item)
    else:
        yield document

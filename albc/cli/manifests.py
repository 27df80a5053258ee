"""Manifests into a `Snapshot`, as an API server would take them.

`status` and finalizers are what a cluster makes of objects, so they are no input. Kinds that mapping does not read are
passed over.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from pydantic import ValidationError

from albc.cli.manifest_files import documents
from albc.cli.node_ports import AssumedPort, assume
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
    Namespace,
)
from albc.kube.objects.meta import ObjectMeta
from albc.kube.resource import Resource
from albc.mapping.cluster import admitted
from albc.mapping.settings import MappingSettings
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
    """Of objects that an API server would not take; they are left out."""
    bindings: tuple[TargetGroupBinding, ...] = ()
    """What stands of them in the cluster; mapping does not read them."""
    assumed: tuple[AssumedPort, ...] = ()
    """Node ports that the files do not name."""
    earlier: Snapshot = field(default_factory=Snapshot)
    """Of objects that the files hold more than once: the version before the last."""

    def admitted(self, settings: MappingSettings) -> "Loaded":
        """Without what the webhooks refuse."""
        snapshot, problems = admitted(self.snapshot, settings, self.earlier)
        return replace(self, snapshot=snapshot, problems=(*self.problems, *problems))


def load(files: Iterable[str], watch_namespace: str = "") -> Loaded:
    """Every object of the files; with `watch_namespace` only those in that namespace, and those in none.

    Raises `UsageError` for a file that cannot be read or parsed.
    """
    found: dict[str, dict[NamespacedName, Any]] = {place: {} for place in _RESOURCES}
    earlier: dict[str, dict[NamespacedName, Any]] = {place: {} for place in FIELDS}
    problems = []
    for file in files:
        with _not_too_deep(file):
            for item in documents(file):
                group, _, _ = str(item.get("apiVersion", "")).rpartition("/")
                kind = str(item.get("kind", ""))
                place = _BY_KIND.get((group, kind))
                if place is None:
                    continue
                resource = _RESOURCES[place]
                given = _input_only(item, namespaced=resource.namespaced)
                if resource.namespaced and watch_namespace not in ("", given["metadata"]["namespace"]):
                    continue
                try:
                    obj = resource.convert(given)
                except (msgspec.ValidationError, ValidationError) as error:
                    metadata = given["metadata"]
                    ref = ObjectRef(kind, str(metadata["namespace"]), str(metadata.get("name", "")))
                    problems.append(Problem(ref, "Invalid", _sentence(error)))
                else:
                    name = NamespacedName(obj.metadata.namespace, obj.metadata.name)
                    if place in earlier and name in found[place]:
                        earlier[place][name] = found[place][name]
                    found[place][name] = obj
    found["namespaces"] = _namespaces(found)
    found["services"], assumed = assume(found["services"])
    bindings = tuple(found.pop(_BINDINGS).values())
    return Loaded(Snapshot(**found), tuple(problems), bindings, assumed, Snapshot(**earlier))


@contextmanager
def _not_too_deep(file: str) -> Iterator[None]:
    try:
        yield
    except RecursionError:
        raise UsageError(f"{file} is nested too deeply") from None


def _namespaces(found: Mapping[str, Mapping[NamespacedName, Any]]) -> dict[NamespacedName, Namespace]:
    """Those of the files, and those that other objects are in, with the label that an API server gives to each."""
    given = {name.name: namespace for name, namespace in found["namespaces"].items()}
    names = {name.namespace for objects in found.values() for name in objects} - {""}
    return {NamespacedName("", name): _labelled(name, given.get(name)) for name in sorted(names | given.keys())}


def _labelled(name: str, given: Namespace | None) -> Namespace:
    metadata = given.metadata if given else ObjectMeta(name=name)
    labels = {**metadata.labels, "kubernetes.io/metadata.name": name}
    return msgspec.structs.replace(given or Namespace(), metadata=msgspec.structs.replace(metadata, labels=labels))


def _input_only(item: Mapping[str, Any], *, namespaced: bool) -> dict[str, Any]:
    """Without what only a cluster knows. A field that is null is as if it were absent."""
    plain: dict[str, Any] = _without_nulls({key: value for key, value in item.items() if key != "status"})
    metadata = {key: value for key, value in (plain.get("metadata") or {}).items() if key != "finalizers"}
    texts, data = plain.pop("stringData", None), plain.get("data", {})
    if isinstance(texts, Mapping) and isinstance(data, Mapping):
        plain["data"] = {**data, **{key: _base64(text) for key, text in texts.items()}}
    namespace = (metadata.get("namespace") or "default") if namespaced else ""
    return {**plain, "metadata": {**metadata, "namespace": namespace}}


def _base64(text: Any) -> Any:
    return b64encode(text.encode()).decode() if isinstance(text, str) else text


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _sentence(error: msgspec.ValidationError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
    return str(error)

"""Which resources the server has: the built-in ones from the type tables, and custom ones as they come and go.

Read by `http` (what a path means), `api` (how its objects behave), `discovery`, `openapi` and `table`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from albc.local.kubernetes.jsonpath import Path, parse
from albc.local.kubernetes.store import StorageName
from albc.local.kubernetes.types.notation import Kind, Schema, Types, load

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


class Column(NamedTuple):
    """One column of a Table: priority above 0 is shown in wide output only."""

    name: str
    type: str
    path: Path
    priority: int = 0
    description: str = ""
    format: str = ""


class ScalePaths(NamedTuple):
    """Where a resource keeps what its scale subresource shows."""

    replicas: str
    observed: str
    selector: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource in one version. `schema` holds no references and is shared: not to be changed."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    list_kind: str
    namespaced: bool
    storage: StorageName
    storage_version: str
    schema: Schema = field(repr=False, compare=False)
    component: str = ""
    short_names: tuple[str, ...] = ()
    subresources: frozenset[str] = frozenset()
    categories: tuple[str, ...] = ()
    selectable: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    scale: ScalePaths | None = None
    custom: bool = False
    deprecation: str = ""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def stored(self) -> bool:
        """Whether there are objects of it; reviews are answered and forgotten."""
        return "get" in self.verbs

    def fields(self, obj: Mapping[str, Any]) -> Mapping[str, str]:
        """The values of the selectable fields of one object."""
        return {name: _text(parse(name).first(obj)) for name in self.selectable}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


_REPLICAS = ScalePaths(".spec.replicas", ".status.replicas", ".status.selector")


def _built_in(kind: Kind, types: Types) -> Resource:
    values = kind.values
    (plural,) = values["plural"]
    subresources = frozenset(values.get("sub", ()))
    shared = values.get("storage", (f"{kind.group}/{plural}",))[0].split("/")
    return Resource(
        group=kind.group,
        version=kind.version,
        kind=kind.name,
        plural=plural,
        singular=kind.name.lower(),
        list_kind=f"{kind.name}List",
        namespaced="cluster" not in kind.words,
        storage=StorageName(*shared),
        storage_version=kind.version,
        schema=types.resolved[kind.component],
        component=kind.component,
        short_names=values.get("short", ()),
        subresources=subresources,
        categories=values.get("category", ()),
        selectable=values.get("select", ()),
        verbs=values.get("verbs", ALL_VERBS),
        scale=_REPLICAS if "scale" in subresources else None,
    )


# The order in which discovery lists the groups that come with the server.
GROUP_ORDER = (
    "",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "apps",
    "policy",
    "networking.k8s.io",
    "discovery.k8s.io",
    "coordination.k8s.io",
    "rbac.authorization.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
)
_VERSION = re.compile(r"^v(\d+)(?:(alpha|beta)(\d+))?$")


def version_rank(version: str) -> tuple[int, int, int, str]:
    """Sorts versions as the API server prefers them: v2, v1, v1beta1, v1alpha1, then any other by name."""
    match = _VERSION.match(version)
    if match is None:
        return (3, 0, 0, version)
    major, stage, minor = match.groups()
    return ({None: 0, "beta": 1, "alpha": 2}[stage], -int(major), -int(minor or 0), version)


class Registry:
    """The resources of the moment; `version` changes whenever they do."""

    def __init__(self) -> None:
        types = load()
        self._resources: dict[tuple[str, str, str], Resource] = {}
        self._kinds: dict[tuple[str, str], Resource] = {}
        self.version = 0
        self.add(_built_in(kind, types) for kind in types.kinds if "plural" in kind.values)

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._resources.values()))

    def add(self, resources: Iterable[Resource]) -> None:
        """Serves these resources, in place of those of the same group, version and plural."""
        for resource in resources:
            self._resources[resource.group, resource.version, resource.plural] = resource
            self._kinds[resource.api_version, resource.kind] = resource
        self.version += 1

    def remove(self, group: str, plural: str) -> None:
        """Ends a resource in all its versions."""
        for resource in [r for r in self if (r.group, r.plural) == (group, plural)]:
            del self._resources[resource.group, resource.version, resource.plural]
            self._kinds.pop((resource.api_version, resource.kind), None)
        self.version += 1

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._resources.get((group, version, plural))

    def by_kind(self, api_version: str, kind: str) -> Resource | None:
        return self._kinds.get((api_version, kind))

    def builtin(self, api_version: str, kind: str) -> Resource:
        """A resource that is always there. Raises KeyError."""
        return self._kinds[api_version, kind]

    def of_kind(self, group: str, kind: str) -> Resource | None:
        """The preferred version of a kind."""
        versions = [r for r in self if (r.group, r.kind) == (group, kind)]
        return min(versions, key=lambda r: version_rank(r.version), default=None)

    def storage_of(self, name: StorageName) -> Resource | None:
        """The resource in the version in which its objects are kept."""
        group, plural = name
        versions = [r for r in self if (r.group, r.plural) == (group, plural)]
        return next((r for r in versions if r.version == r.storage_version), next(iter(versions), None))

    def groups(self) -> dict[str, list[str]]:
        """Every group with its versions, in the order in which they are preferred."""
        found: dict[str, set[str]] = {}
        for resource in self:
            found.setdefault(resource.group, set()).add(resource.version)
        known = [group for group in GROUP_ORDER if group in found]
        order = known + sorted(set(found) - set(known))
        return {group: sorted(found[group], key=version_rank) for group in order}

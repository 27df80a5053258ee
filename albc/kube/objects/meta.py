"""Metadata that every object has, and the shapes that many kinds share. Unknown fields are dropped at decoding."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec

IntOrString: TypeAlias = int | str

EMPTY: Mapping[str, str] = MappingProxyType({})


class Struct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """Base of all decoded Kubernetes types: frozen, camelCase on the wire, defaults left out when encoded.

    They are trees, so the cyclic collector need not walk them: a big list stalls the loop less than half as long.
    """


class OwnerReference(Struct, frozen=True, kw_only=True):
    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ObjectMeta(Struct, frozen=True, kw_only=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()
    creation_timestamp: str | None = None
    """RFC 3339, as the API server writes it; such strings sort by time."""
    deletion_timestamp: str | None = None


class KubeObject(Struct, frozen=True, kw_only=True):
    """What every kind has. Subclasses add spec and status."""

    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def namespace(self) -> str:
        return self.metadata.namespace


class LabelSelectorRequirement(Struct, frozen=True, kw_only=True):
    key: str
    operator: str
    """In, NotIn, Exists or DoesNotExist."""
    values: tuple[str, ...] = ()


class LabelSelector(Struct, frozen=True, kw_only=True):
    match_labels: dict[str, str] = {}
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()


class Condition(Struct, frozen=True, kw_only=True, omit_defaults=False):
    type: str
    status: str
    """True, False or Unknown."""
    reason: str = ""
    message: str = ""
    observed_generation: int = 0
    last_transition_time: str = ""


Plain: TypeAlias = Mapping[str, Any]
"""An object as parsed JSON."""

"""The four ways to patch an object, as values. Sent by `albc.kube.client`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec


@dataclass(frozen=True, slots=True)
class MergePatch:
    """RFC 7386: given fields replace, None removes. A `metadata.resourceVersion` in it is an optimistic lock."""

    content_type: ClassVar[str] = "application/merge-patch+json"
    parameters: ClassVar[Mapping[str, str]] = {}
    changes: Mapping[str, Any]

    def encode(self) -> bytes:
        return msgspec.json.encode(self.changes)


@dataclass(frozen=True, slots=True)
class JsonPatch:
    """RFC 6902: a list of operations such as `{"op": "replace", "path": "/spec/x", "value": 1}`; `test` locks."""

    content_type: ClassVar[str] = "application/json-patch+json"
    parameters: ClassVar[Mapping[str, str]] = {}
    operations: Sequence[Mapping[str, Any]]

    def encode(self) -> bytes:
        return msgspec.json.encode(self.operations)


@dataclass(frozen=True, slots=True)
class StrategicMergePatch:
    """For built-in kinds: lists are merged by the key that the API gives them, a Pod's conditions by `type`."""

    content_type: ClassVar[str] = "application/strategic-merge-patch+json"
    parameters: ClassVar[Mapping[str, str]] = {}
    changes: Mapping[str, Any]

    def encode(self) -> bytes:
        return msgspec.json.encode(self.changes)


@dataclass(frozen=True, slots=True)
class ApplyPatch:
    """Server-side apply: `configuration` is all that `field_manager` wants of the object, apiVersion and kind too."""

    content_type: ClassVar[str] = "application/apply-patch+yaml"
    configuration: Mapping[str, Any]
    field_manager: str
    force: bool = field(default=False)
    """Takes fields over from other managers instead of a conflict."""

    @property
    def parameters(self) -> Mapping[str, str]:
        return {"fieldManager": self.field_manager, "force": str(self.force).lower()}

    def encode(self) -> bytes:
        # JSON is YAML.
        return msgspec.json.encode(self.configuration)


Patch = MergePatch | JsonPatch | StrategicMergePatch | ApplyPatch

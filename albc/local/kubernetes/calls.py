"""The vocabulary of calls: whom a call comes from, what it addresses, how it wants to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from albc.local.kubernetes.registry import Resource
from albc.local.kubernetes.store import Key


@dataclass(frozen=True, slots=True)
class User:
    """An authenticated caller."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def info(self) -> dict[str, Any]:
        """As `UserInfo`, in reviews."""
        info: dict[str, Any] = {"username": self.name, "groups": list(self.groups)}
        if self.uid:
            info["uid"] = self.uid
        if self.extra:
            info["extra"] = {key: list(values) for key, values in self.extra.items()}
        return info


SYSTEM = User("system:kube-controller-manager", ("system:masters", "system:authenticated"))


@dataclass(frozen=True, slots=True)
class Target:
    """What a call addresses: a resource, or one object of it, or a subresource of that."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def key(self) -> Key:
        return Key(self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How a write is to be done.

    `duplicates` are the fields that its body names twice; `warnings` collects what the caller should be told beside the
    answer.
    """

    user: User = SYSTEM
    manager: str = "kube-controller-manager"
    dry_run: bool = False
    field_validation: str = "Warn"
    force: bool = False
    duplicates: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


def timestamp(moment: datetime | None = None) -> str:
    """RFC 3339 in seconds, as `metav1.Time` is written; now by default."""
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_timestamp(moment: datetime | None = None) -> str:
    """RFC 3339 in microseconds, as `metav1.MicroTime` is written; now by default."""
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

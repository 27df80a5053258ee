"""A stack: all that one Ingress group, Service or Gateway asks of AWS, as one value (spec/aws.md §1)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from albc.model.addons import ShieldProtection, WAFRegionalAssociation, WAFv2Association
from albc.model.certificate import Certificate
from albc.model.classic import ClassicLoadBalancer
from albc.model.imported_certificate import ImportedCertificate
from albc.model.listener import Listener, ListenerRule
from albc.model.load_balancer import LoadBalancer
from albc.model.security_group import SecurityGroup
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import FrontendNLBTargets, TargetGroupBinding, binding_spec_wire
from albc.model.wire import to_wire

Resource: TypeAlias = (
    SecurityGroup
    | Certificate
    | ImportedCertificate
    | TargetGroup
    | LoadBalancer
    | ClassicLoadBalancer
    | Listener
    | ListenerRule
    | TargetGroupBinding
    | FrontendNLBTargets
    | WAFv2Association
    | WAFRegionalAssociation
    | ShieldProtection
)

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True, order=True)
class StackID:
    """An explicit Ingress group has no namespace; everything else has that of its object (spec/aws.md §1.1)."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True)
class Stack:
    """Resources in the order in which they were added; the first one of a type and id stays."""

    id: StackID
    resources: tuple[Resource, ...] = ()

    @classmethod
    def of(cls, id: StackID, resources: Iterable[Resource]) -> "Stack":
        unique: dict[tuple[str, str], Resource] = {}
        for resource in resources:
            unique.setdefault((resource.type, resource.id), resource)
        return cls(id, tuple(unique.values()))

    @cached_property
    def _by_key(self) -> Mapping[tuple[str, str], Resource]:
        return {(resource.type, resource.id): resource for resource in self.resources}

    def all(self, kind: type[R]) -> tuple[R, ...]:
        """The resources of one model class, in order of addition."""
        return tuple(resource for resource in self.resources if isinstance(resource, kind))

    def get(self, kind: type[R], id: str) -> R | None:
        found = self._by_key.get((kind.type, id))
        return found if isinstance(found, kind) else None

    def to_plain(self) -> dict[str, Any]:
        """The reference's JSON form as plain data: `{"id": …, "resources": {TYPE: {ID: …}}}`."""
        types: dict[str, dict[str, Any]] = {}
        for resource in self.resources:
            types.setdefault(resource.type, {})[resource.id] = _body(resource)
        return {
            "id": str(self.id),
            "resources": {type_: dict(sorted(types[type_].items())) for type_ in sorted(types)},
        }

    def to_json(self) -> str:
        """Byte for byte as the reference prints it: compact, with Go's escapes of `<`, `>`, `&`, U+2028 and U+2029."""
        text = json.dumps(self.to_plain(), ensure_ascii=False, separators=(",", ":"))
        return text.translate(_GO_ESCAPES)


_GO_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def _body(resource: Resource) -> dict[str, Any]:
    match resource:
        case FrontendNLBTargets():
            return {"TargetGroups": {target.name: to_wire(target) for target in sorted(resource.targets, key=_name)}}
        case TargetGroupBinding():
            return {"spec": binding_spec_wire(resource)}
        case _:
            return {"spec": to_wire(resource)}


def _name(target: Any) -> str:
    return str(target.name)

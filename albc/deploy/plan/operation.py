"""A change as a value: what `albc plan` prints, `albc.deploy.apply` runs, tests compare and the resource map draws.

* An operation is one call. Operations on the same resource run in the order in which they stand in the plan.
* An operation runs after all earlier operations on the resources that it `needs`; the others may run at once.
* If one fails or has to wait, those that need it do not run; the next plan contains them again.
* `params` may hold references to what the plan itself makes, and secrets, which print as `[REDACTED]`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from albc.model.reference import Ref
from albc.model.stack import StackID


class Verb(StrEnum):
    CREATE = "create"
    MODIFY = "modify"
    REPLACE = "replace"
    """A create whose resource takes the place of another one, which is deleted later in the plan."""
    DELETE = "delete"
    BLOCKED = "blocked"
    """Wanted, but a person must act first; `because` says what to do. No call."""


@dataclass(frozen=True, slots=True, order=True)
class ResourceID:
    """A resource of a stack; of one that no stack wants any more, the id that it had."""

    type: str
    """Model type, such as `AWS::ElasticLoadBalancingV2::Listener`."""
    id: str

    @classmethod
    def of(cls, ref: Ref) -> "ResourceID":
        return cls(ref.type, ref.id)

    def __str__(self) -> str:
        return f"{self.type.rpartition('::')[2]} {self.id}"


def _nothing() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`before` and `after` hold only the fields that differ."""

    verb: Verb
    resource: ResourceID
    service: str = ""
    """botocore's name; `kubernetes` for TargetGroupBindings."""
    action: str = ""
    """botocore's method name, such as `create_rule`."""
    params: Mapping[str, Any] = field(default_factory=_nothing)
    target: str = ""
    """ARN or id of what is changed or deleted, when it exists."""
    before: Mapping[str, Any] = field(default_factory=_nothing)
    after: Mapping[str, Any] = field(default_factory=_nothing)
    because: str
    needs: frozenset[ResourceID] = frozenset()
    waits_for: str = ""
    """What must come first outside of the plan; while it says something, the operation is not run."""
    wait_seconds: float = 10.0
    """When what it waits for is looked at again."""
    otherwise: Mapping[str, Any] = field(default_factory=_nothing)
    """Parameters that take the place of those of the same names, should AWS refuse the call as it is."""
    over_quota: bool = False
    """A blocked one that AWS would refuse for a quota: it fails as it would there, with all that needs it."""


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """Attributes of a resource that are not AWS's defaults, and of which its object says nothing: they stay."""

    resource: ResourceID
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Operations in an order in which they could run one by one, and the references that are known already."""

    stack: StackID
    tag_prefix: str
    operations: tuple[Operation, ...] = ()
    known: Mapping[Ref, str] = field(default_factory=dict)
    unmanaged: tuple[Unmanaged, ...] = ()
    """For people: who has set them is not known, so nobody but they can take them back."""
    notes: tuple[str, ...] = ()
    """What is not as the stack wants it and has to stay, a sentence each."""

    @property
    def is_empty(self) -> bool:
        """AWS and the cluster are as the stack wants them."""
        return not self.operations

    @property
    def blocked(self) -> tuple[Operation, ...]:
        return tuple(operation for operation in self.operations if operation.verb is Verb.BLOCKED)

"""The form of a field, and what follows from a list of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from operator import eq
from typing import Any, Generic, Protocol, TypeVar

from albc.deploy.settings import DeploySettings
from albc.deploy.values import given, resolved
from albc.model.reference import Ref


class Described(Protocol):
    """What AWS has, with AWS's own description of it."""

    @property
    def aws(self) -> Mapping[str, Any]: ...


M = TypeVar("M")
A = TypeVar("A")


class Change(Enum):
    """What a difference leads to."""

    MODIFY = "modify"
    REPLACE = "replace"
    """AWS cannot change it: a new resource takes the place of the old one."""
    IGNORE = "ignore"
    """Only a create request carries it; what it is later, is not looked at."""
    TELL = "tell"
    """AWS cannot change it, and nothing is made anew for it: people are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Generic[M, A]):
    """`wanted` gives AWS's form of the model's value; None means that the model says nothing about it."""

    name: str
    """In requests."""
    wanted: Callable[[M, DeploySettings], Any]
    actual: Callable[[A], Any]
    same: Callable[[Any, Any], bool] = eq
    """Called with (wanted, actual)."""
    change: Change = Change.MODIFY
    created_with: bool = True
    """The create request carries it."""
    modified_by: str = ""
    """botocore's name of the operation that changes it."""
    none_is_a_value: bool = False
    """The model's silence differs from a value that AWS has."""


def told(name: str) -> Callable[[Described], Any]:
    """For `Field.actual`: what AWS's description says under this name; None where it says nothing."""
    return lambda resource: resource.aws.get(name)


@dataclass(frozen=True, slots=True)
class Difference(Generic[M, A]):
    field: Field[M, A]
    before: Any
    after: Any


def differences(
    kind: Iterable[Field[M, A]], model: M, actual: A, settings: DeploySettings, known: Mapping[Ref, str]
) -> list[Difference[M, A]]:
    """The fields in which AWS is not as the model wants it, and something can be done about it."""
    looked_at = (field for field in kind if field.change in (Change.MODIFY, Change.REPLACE))
    return [*_differences(looked_at, model, actual, settings, known)]


def drifts(kind: Iterable[Field[M, A]], model: M, actual: A, settings: DeploySettings) -> Iterator[Difference[M, A]]:
    """Those in which it has to stay otherwise, and people are told."""
    return _differences((field for field in kind if field.change is Change.TELL), model, actual, settings, {})


def create_request(kind: Iterable[Field[M, Any]], model: M, settings: DeploySettings) -> dict[str, Any]:
    """The part of a create request that comes from fields."""
    return _request((field for field in kind if field.created_with), model, settings)


def modify_request(kind: Iterable[Field[M, Any]], operation: str, model: M, settings: DeploySettings) -> dict[str, Any]:
    """All that the model says about the fields that one operation changes: AWS takes them together."""
    return _request((field for field in kind if field.modified_by == operation), model, settings)


def _differences(
    kind: Iterable[Field[M, A]], model: M, actual: A, settings: DeploySettings, known: Mapping[Ref, str]
) -> Iterator[Difference[M, A]]:
    for field in kind:
        after = resolved(field.wanted(model, settings), known)
        before = field.actual(actual)
        if (after is not None or field.none_is_a_value) and not field.same(after, before):
            yield Difference(field, before, after)


def _request(kind: Iterable[Field[M, Any]], model: M, settings: DeploySettings) -> dict[str, Any]:
    return given(**{field.name: field.wanted(model, settings) for field in kind})

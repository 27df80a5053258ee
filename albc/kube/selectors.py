"""Label selectors, as the API means them. Pure."""

from collections.abc import Iterable, Mapping
from typing import Protocol


class Requirement(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def operator(self) -> str: ...
    @property
    def values(self) -> Iterable[str] | None: ...


class Selector(Protocol):
    """A LabelSelector, whatever type it was decoded into."""

    @property
    def match_labels(self) -> Mapping[str, str] | None: ...
    @property
    def match_expressions(self) -> Iterable[Requirement] | None: ...


def matches(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Whether `labels` satisfy every part of the selector; an empty selector matches everything.

    Raises ValueError for an operator that does not exist.
    """
    wanted = selector.match_labels or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _satisfies(requirement, labels) for requirement in selector.match_expressions or ()
    )


def _satisfies(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    values = requirement.values or ()
    match requirement.operator:
        case "In":
            return requirement.key in labels and labels[requirement.key] in values
        case "NotIn":
            return requirement.key not in labels or labels[requirement.key] not in values
        case "Exists":
            return requirement.key in labels
        case "DoesNotExist":
            return requirement.key not in labels
        case other:
            raise ValueError(f'"{other}" is not a valid label selector operator')

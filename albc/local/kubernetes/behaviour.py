"""What is particular to a kind's objects, as four functions; everything else is the same for all.

`writing` calls them in this order. Built-in kinds have theirs in `kinds`, custom ones get theirs from `crds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from albc.local.kubernetes.errors import FieldError

Object = dict[str, Any]


def _nothing(new: Object, old: Object | None) -> None:
    pass


def _no_faults(new: Object, old: Object | None) -> Iterable[FieldError]:
    return ()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`old` is None when the object is being created. The first two change `new` in place."""

    default: Callable[[Object, Object | None], None] = _nothing
    """Defaults that depend on other fields; those that do not stand in the schema."""
    prepare: Callable[[Object, Object | None], None] = _nothing
    """What the server sets whatever the client says; may raise ApiError."""
    validate: Callable[[Object, Object | None], Iterable[FieldError]] = _no_faults
    committed: Callable[[Object | None, Object | None], None] | None = None
    """Told after each write what was there and what is there now: keeps allocators and registers true."""
    unconditional_update: bool = True
    """Whether an update may leave out the resourceVersion."""
    counts_generations: bool = True
    """Whether `metadata.generation` grows with each change of the desired state."""
    graceful: bool = False
    """Whether deletion leaves time: a grace period, at whose end the kubelet deletes again."""


PLAIN = Behaviour()

"""What a controller says about its events: which changes of which kinds give which keys.

In `Controller.watches`::

    w.on(GATEWAYS, itself)                                           # change -> keys
    w.on(INGRESSES, each_state(self.groups_of), when=meaningful)     # object -> keys, of the old and the new state
    w.on(LISTENER_SETS, each_state(self.parents), optional=True)     # the CRD may be missing
    w.when_known(LISTENER_SETS, self.gateways)                       # ... and may be installed at any time
    w.on(SECRETS, self.groups_with_secret, only_referenced=True)

* A key is queued with priority LOW for the initial list and for resyncs, else NORMAL.
* Kinds are shared: controllers, and stores asked of the manager, that name one kind have one informer.
* `only_referenced` kinds are never listed as a whole: each object has a watch of its own for as long as somebody
  refers to it (`albc.engine.references`); the state that such a watch begins with queues nothing.
* A function that raises is logged, and queues nothing.

Read by `albc.engine.manager`, which starts the informers.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from albc.engine.informer import Change
from albc.engine.store import Object, ObjectKey
from albc.kube.resource import Resource

T = TypeVar("T", bound=Object)
K = TypeVar("K", bound=Hashable)

KeysOf = Callable[[Change[T]], Iterable[K]]
"""The keys that a change concerns."""


def itself(change: Change[Any]) -> tuple[ObjectKey]:
    """The object's own namespace and name: for kinds that are reconciled one by one."""
    return (change.key,)


def each_state(keys: Callable[[T], Iterable[K]]) -> KeysOf[T, K]:
    """The keys of the new state and of the old one, so that a key which an object has left is told too."""

    def keys_of(change: Change[T]) -> frozenset[K]:
        found = frozenset(keys(change.object))
        return found | frozenset(keys(change.old)) if change.type == "updated" and change.old is not None else found

    return keys_of


def always(change: Change[Any]) -> bool:
    """Every change matters."""
    return True


def meaningful(change: Change[Any]) -> bool:
    """What a person does, and resyncs; not a mere update of status, labels or managed fields.

    An update counts if annotations, spec or the presence of a deletion time differ (spec/runtime.md §7).
    """
    old, new = change.old, change.object
    return (
        change.type != "updated"
        or old is None
        or old.metadata.annotations != new.metadata.annotations
        or (old.metadata.deletion_timestamp is None) != (new.metadata.deletion_timestamp is None)
        or getattr(old, "spec", None) != getattr(new, "spec", None)
    )


@dataclass(frozen=True, slots=True)
class Watch(Generic[T, K]):
    """One line of a controller's `watches`."""

    resource: Resource[T]
    keys: KeysOf[T, K]
    when: Callable[[Change[T]], bool]
    only_referenced: bool
    labels: str
    optional: bool


class Watches(Generic[K]):
    """Collects the lines."""

    def __init__(self) -> None:
        self.lines: list[Watch[Any, K]] = []
        self.known: list[tuple[Resource[Any], Callable[[], Iterable[K]]]] = []

    def on(
        self,
        resource: Resource[T],
        keys: KeysOf[T, K],
        *,
        when: Callable[[Change[T]], bool] = always,
        only_referenced: bool = False,
        labels: str = "",
        optional: bool = False,
    ) -> None:
        """A change of an object of this kind queues `keys(change)`, if `when` says that it matters.

        `labels` is a selector for `only_referenced` kinds: objects that do not match it are not seen by the watch.
        """
        self.lines.append(Watch(resource, keys, when, only_referenced, labels, optional))

    def when_known(self, resource: Resource[Any], keys: Callable[[], Iterable[K]]) -> None:
        """Once the server knows an optional kind, at the start or later, `keys()` are queued with priority LOW."""
        self.known.append((resource, keys))

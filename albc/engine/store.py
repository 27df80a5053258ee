"""What an informer knows: the last state of every object of one kind, found by key or by index, without I/O.

* Reads are synchronous and see one consistent state between two awaits.
* Objects are frozen and shared: what a reader holds never changes under it.
* Lists are sorted by namespace and name, so that nothing built from them depends on the order of arrival.
* An index is declared in one line, by name and function; a function that raises gives no values for that object.

Written by `albc.engine.informer` only, read by reconciles through the stores that the manager hands out.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

import structlog

from albc.kube.key import NamespacedName

log = structlog.stdlib.get_logger("engine.store")


class Metadata(Protocol):
    """The part of `metadata` that the engine reads."""

    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def uid(self) -> str: ...
    @property
    def resource_version(self) -> str: ...


class Object(Protocol):
    """What the engine asks of a Kubernetes object."""

    @property
    def metadata(self) -> Metadata: ...


T = TypeVar("T", bound=Object)
V = TypeVar("V", bound=Hashable)

IndexFunction = Callable[[T], Iterable[Hashable]]
"""Values under which an object is to be found: `lambda ingress: service_names(ingress)`."""


ObjectKey = NamespacedName
"""Names one object of a kind."""


def key_of(obj: Object) -> ObjectKey:
    """The key under which a store holds `obj`."""
    return ObjectKey(obj.metadata.namespace, obj.metadata.name)


class Store(Generic[T]):
    """See the head of this module."""

    def __init__(self, kind: str, indexes: Mapping[str, IndexFunction[T]] | None = None) -> None:
        self.kind = kind
        self._objects: dict[ObjectKey, T] = {}
        self._namespaces: dict[str, set[ObjectKey]] = {}
        self._functions: dict[str, IndexFunction[T]] = {}
        self._indexes: dict[str, dict[Hashable, set[ObjectKey]]] = {}
        for name, function in (indexes or {}).items():
            self.add_index(name, function)

    def add_index(self, name: str, function: IndexFunction[T]) -> None:
        """Declares an index, over what is here and what comes. The same name with another function is a mistake."""
        if self._functions.get(name, function) != function:
            raise ValueError(f"index {name!r} of {self.kind} is declared twice, with different functions")
        if name not in self._functions:
            self._functions[name] = function
            self._indexes[name] = {}
            for key, obj in self._objects.items():
                self._enter(name, key, self._values(name, obj))

    def get(self, key: tuple[str, str]) -> T | None:
        """The object of that namespace and name."""
        return self._objects.get(key)  # type: ignore[call-overload,no-any-return] # a plain tuple equals its ObjectKey

    def list(self, namespace: str | None = None) -> Sequence[T]:
        """All objects, or those of one namespace."""
        keys = self._objects if namespace is None else self._namespaces.get(namespace, ())
        return [self._objects[key] for key in sorted(keys)]

    def by_index(self, name: str, value: Hashable) -> Sequence[T]:
        """The objects for which the index's function gave `value`. KeyError if there is no such index."""
        return [self._objects[key] for key in sorted(self._indexes[name].get(value, ()))]

    def index_values(self, name: str) -> frozenset[Hashable]:
        """Every value that the index holds. KeyError if there is no such index."""
        return frozenset(self._indexes[name])

    @property
    def objects(self) -> Mapping[ObjectKey, T]:
        """All objects by key: a view that follows the store, in no particular order."""
        return MappingProxyType(self._objects)

    def copy(self) -> Mapping[ObjectKey, T]:
        """As `objects`, but as it stands now: what the store learns later does not show."""
        return self._objects.copy()

    def keys(self) -> frozenset[ObjectKey]:
        return frozenset(self._objects)

    def __len__(self) -> int:
        return len(self._objects)

    def put(self, obj: T) -> T | None:
        """Informers only: keeps `obj`, and returns what it replaces."""
        key = key_of(obj)
        old = self._objects.get(key)
        for name in self._functions:
            before = frozenset[Hashable]() if old is None else self._values(name, old)
            after = self._values(name, obj)
            if before != after:
                self._leave(name, key, before - after)
                self._enter(name, key, after - before)
        if old is None:
            self._namespaces.setdefault(key.namespace, set()).add(key)
        self._objects[key] = obj
        return old

    def remove(self, key: ObjectKey) -> T | None:
        """Informers only: forgets the object, and returns it."""
        old = self._objects.pop(key, None)
        if old is not None:
            _discard(self._namespaces, key.namespace, key)
            for name in self._functions:
                self._leave(name, key, self._values(name, old))
        return old

    def _values(self, name: str, obj: T) -> frozenset[Hashable]:
        try:
            return frozenset(self._functions[name](obj))
        except Exception:
            log.exception("index function failed", kind=self.kind, index=name, object=str(key_of(obj)))
            return frozenset()

    def _enter(self, name: str, key: ObjectKey, values: frozenset[Hashable]) -> None:
        index = self._indexes[name]
        for value in values:
            index.setdefault(value, set()).add(key)

    def _leave(self, name: str, key: ObjectKey, values: frozenset[Hashable]) -> None:
        index = self._indexes[name]
        for value in values:
            _discard(index, value, key)


def _discard(index: dict[V, set[ObjectKey]], value: V, key: ObjectKey) -> None:
    """Takes one key from the set of `value`, and `value` with its last key."""
    if keys := index.get(value):
        keys.discard(key)
        if not keys:
            del index[value]

"""A line of a watch as what it says: an object is there, has gone, cannot be read; a bookmark; a failure.

* A change is decoded once, straight into the type of its kind: a big cluster sends thousands a second.
* An object that does not have the form of its kind is `Unreadable`, which says which object it is.
* What is no event, or an object of which not even the name can be read, raises `Unavailable`.

Called by `albc.engine.informer`.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Generic, TypeAlias, TypeVar

import msgspec

from albc.engine.store import Object, ObjectKey
from albc.errors import AlbcError, Unavailable
from albc.kube.client import Status, error_of
from albc.kube.resource import UNREADABLE, Resource

T = TypeVar("T", bound=Object)

INITIAL_EVENTS_END: Final = "k8s.io/initial-events-end"
"""Annotation of the bookmark that ends a streaming list."""


class Present(msgspec.Struct, Generic[T], frozen=True, gc=False, tag_field="type", tag="ADDED"):
    """This is the object now: it was added or modified, which the store knows better."""

    object: T


class _Modified(Present[T], Generic[T], frozen=True, gc=False, tag_field="type", tag="MODIFIED"):
    pass


class Deleted(msgspec.Struct, Generic[T], frozen=True, gc=False, tag_field="type", tag="DELETED"):
    """The object has gone; this was its last state."""

    object: T


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An object that does not have the form of its kind."""

    key: ObjectKey
    resource_version: str
    deleted: bool
    reason: str
    """Why, in a line."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """All that happened up to this version has been told."""

    resource_version: str
    ends_list: bool
    """With what was told, a streaming list is complete."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The watch cannot go on."""

    error: AlbcError


Event: TypeAlias = Present[T] | Deleted[T] | Unreadable | Bookmark | Failure


class _Line(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    namespace: str = ""
    resource_version: str = ""
    annotations: dict[str, str] | None = None


class _Identity(msgspec.Struct, frozen=True):
    """Enough of an object to say which it is, or of a bookmark to go on from it; bookmarks have no name."""

    metadata: _Metadata = _Metadata()


_LINE: Final = msgspec.json.Decoder(_Line)
_IDENTITY: Final = msgspec.json.Decoder(_Identity)
_STATUS: Final = msgspec.json.Decoder(Status)


@cache
def _changes(struct: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(Present[struct] | _Modified[struct] | Deleted[struct])


class Reader(Generic[T]):
    """Reads the events and listed objects of one kind."""

    def __init__(self, resource: Resource[T]) -> None:
        self._resource = resource
        readable = isinstance(resource.type, type) and issubclass(resource.type, msgspec.Struct)
        self._at_once = _changes(resource.type) if readable else None
        """Decodes changes of readable objects, which nearly all lines are; there is none for Pydantic's types."""

    def event(self, line: bytes) -> Event[T]:
        """What a line says. Raises `Unavailable`."""
        if self._at_once is not None:
            try:
                event: Present[T] | Deleted[T] = self._at_once.decode(line)
            except UNREADABLE:
                return self._by_parts(line)
            return event
        return self._by_parts(line)

    def object(self, raw: msgspec.Raw) -> T | Unreadable:
        """One object of a list. Raises `Unavailable`."""
        return self._object(raw, deleted=False)

    def _by_parts(self, line: bytes) -> Event[T]:
        try:
            parts = _LINE.decode(line)
        except UNREADABLE as error:
            raise Unavailable(f"a watch sent what is no event: {error}") from error
        match parts.type:
            case "ADDED" | "MODIFIED" | "DELETED" as kind:
                obj = self._object(parts.object, deleted=kind == "DELETED")
                if isinstance(obj, Unreadable):
                    return obj
                return Deleted(obj) if kind == "DELETED" else Present(obj)
            case "BOOKMARK":
                metadata = _identify(parts.object)
                return Bookmark(metadata.resource_version, INITIAL_EVENTS_END in (metadata.annotations or {}))
            case kind:  # ERROR, and what newer servers may have
                try:
                    return Failure(error_of(_STATUS.decode(parts.object)))
                except UNREADABLE:
                    return Failure(Unavailable(f"a watch sent an event of type {kind}"))

    def _object(self, raw: msgspec.Raw, *, deleted: bool) -> T | Unreadable:
        try:
            return self._resource.decode(raw)
        except UNREADABLE as error:
            metadata = _identify(raw)
            key = ObjectKey(metadata.namespace, metadata.name)
            return Unreadable(key, metadata.resource_version, deleted, str(error).partition("\n")[0])


def _identify(raw: msgspec.Raw) -> _Metadata:
    try:
        return _IDENTITY.decode(raw).metadata
    except UNREADABLE as error:
        raise Unavailable(f"an object without usable metadata: {error}") from error

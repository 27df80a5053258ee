"""Lets decoded objects share what is equal in them, which halves the memory of a big list.

Ten thousand Pods hold few different texts, such as names of nodes, and few different parts: all Pods of a Deployment
have the same containers and labels. A decoder makes new ones each time. `Sharing` keeps each of a list's texts and
parts once; `reuse` lets an update keep the parts that it
leaves as they were. Both work on msgspec's structs right after decoding, before anybody else has seen them, and return
other objects as they are. Not for fields of type `Any`, in which 1 and True would count as equal. Called by
`albc.engine.informer`.
"""

from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import force_setattr

T = TypeVar("T")


class Sharing:
    """What the objects of one list share; forgotten with it, as names and ids never come again."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._parts: dict[Any, Any] = {}
        """Tuples, small structs and, by their items, mappings: the containers of a Deployment's Pods, say."""

    def share(self, obj: T) -> T:
        """`obj`, with texts and parts that were there before in place of its own, at any depth."""
        if isinstance(obj, msgspec.Struct):
            self._share_fields(obj)
        return obj

    def _share_fields(self, struct: Any) -> None:
        for name in _fields(struct.__class__):
            value = getattr(struct, name)
            kind = type(value)
            if kind is str:
                shared: Any = self._texts.setdefault(value, value)
            elif kind is tuple:
                shared = self._share_part(value, value) if value else value
            elif kind is dict:
                shared = self._share_part(tuple(value.items()), value) if value else value
            elif isinstance(value, msgspec.Struct) and _is_small(value.__class__):
                shared = self._share_part(value, value)
            else:
                shared = self._share_inside(value)
            if shared is not value:
                force_setattr(struct, name, shared)

    def _share_part(self, key: Any, part: Any) -> Any:
        """The part that was there before under `key`, else this one."""
        try:
            known = self._parts.get(key)
        except TypeError:  # a mapping somewhere in it
            return self._share_inside(part)
        if known is None:
            known = self._parts[key] = self._share_inside(part)
        return known

    def _share_inside(self, part: Any) -> Any:
        if isinstance(part, msgspec.Struct):
            self._share_fields(part)
        elif isinstance(part, tuple):
            if type(part[0]) is str:
                return tuple(self._texts.setdefault(text, text) for text in part)
            for item in part:
                if isinstance(item, msgspec.Struct):
                    self._share_fields(item)
        elif isinstance(part, dict):
            for key, text in part.items():
                if type(text) is str:
                    part[key] = self._texts.setdefault(text, text)
        return part


def reuse(new: T, old: T) -> T:
    """`new`, with those of `old`'s fields in place of its own that are equal, and the same for their metadata."""
    if isinstance(new, msgspec.Struct) and type(new) is type(old):
        _reuse_fields(new, old)
        metadata, before = getattr(new, "metadata", None), getattr(old, "metadata", None)
        if isinstance(metadata, msgspec.Struct) and type(metadata) is type(before):
            _reuse_fields(metadata, before)
    return new


def _reuse_fields(new: Any, old: Any) -> None:
    for name in _fields(new.__class__):
        value, before = getattr(new, name), getattr(old, name)
        if value is not before and value == before:
            force_setattr(new, name, before)


PLAIN: Final = (int, bool, float, bool | None, int | None)
"""Types that hold no text."""


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    """Those of a struct's fields that can hold a text or a part somewhere."""
    return tuple(field.name for field in msgspec.structs.fields(kind) if field.type not in PLAIN)


@cache
def _is_small(kind: Any) -> bool:
    """Whether a struct has nothing but texts, numbers and the like: such ones are often equal."""
    return all(field.type in (*PLAIN, str, str | None) for field in msgspec.structs.fields(kind))

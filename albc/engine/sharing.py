"""Lets decoded objects share what is equal in them, which halves the memory of a big list.

Ten thousand Pods hold few different texts: names of nodes, namespaces, ports, times, the values of labels. A decoder
makes a new one each time. `Sharing` keeps each of a list's texts once; `reuse` lets an update keep the parts that it
leaves as they were. Both work on msgspec's structs right after decoding, before anybody else has seen them, and return
other objects as they are. Called by `albc.engine.informer`.
"""

from typing import Any, TypeVar

import msgspec
from msgspec.structs import force_setattr

T = TypeVar("T")


class Sharing:
    """What the objects of one list share; forgotten with it, as names and ids never come again."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def share(self, obj: T) -> T:
        """`obj`, with texts that were there before in place of its own, at any depth."""
        if isinstance(obj, msgspec.Struct):
            self._share_fields(obj)
        return obj

    def _share_fields(self, struct: Any) -> None:
        for name in _fields(type(struct)):
            value = getattr(struct, name)
            kind = type(value)
            if kind is str:
                known = self._texts.setdefault(value, value)
                if known is not value:
                    force_setattr(struct, name, known)
            elif kind is tuple:
                if value:
                    if type(value[0]) is str:
                        force_setattr(struct, name, tuple(self._texts.setdefault(text, text) for text in value))
                    else:
                        for item in value:
                            if isinstance(item, msgspec.Struct):
                                self._share_fields(item)
            elif kind is dict:
                for key, text in value.items():
                    if type(text) is str:
                        value[key] = self._texts.setdefault(text, text)
            elif isinstance(value, msgspec.Struct):
                self._share_fields(value)


def reuse(new: T, old: T) -> T:
    """`new`, with those of `old`'s fields in place of its own that are equal, and the same for their metadata."""
    if isinstance(new, msgspec.Struct) and type(new) is type(old):
        _reuse_fields(new, old)
        metadata, before = getattr(new, "metadata", None), getattr(old, "metadata", None)
        if isinstance(metadata, msgspec.Struct) and type(metadata) is type(before):
            _reuse_fields(metadata, before)
    return new


def _reuse_fields(new: Any, old: Any) -> None:
    for name in _fields(type(new)):
        value, before = getattr(new, name), getattr(old, name)
        if value is not before and value == before:
            force_setattr(new, name, before)


_known_fields: dict[Any, tuple[str, ...]] = {}


def _fields(kind: Any) -> tuple[str, ...]:
    """Those of a struct's fields that can hold a text somewhere."""
    found = _known_fields.get(kind)
    if found is None:
        plain = (int, bool, float, bool | None, int | None)
        found = tuple(field.name for field in msgspec.structs.fields(kind) if field.type not in plain)
        _known_fields[kind] = found
    return found

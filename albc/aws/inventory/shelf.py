"""Records of one kind, by ARN or id, and by the stack whose tag they bear: a stack's view costs as much as it holds.

The index follows what is put in and taken out. Whoever changes the tags of a record puts it in again.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import NamedTuple, Protocol, TypeVar


class StackKey(NamedTuple):
    """A stack among those of all controllers."""

    tag_prefix: str
    name: str


class Tagged(Protocol):
    tags: dict[str, str]


R = TypeVar("R", bound=Tagged)


class Shelf(MutableMapping[str, R]):
    """See the head of this module."""

    def __init__(self) -> None:
        self._records: dict[str, R] = {}
        self._stacks: dict[str, tuple[StackKey, ...]] = {}
        self._by_stack: dict[StackKey, dict[str, R]] = {}

    def of(self, key: StackKey) -> list[R]:
        """What bears the stack's tag, in the order in which it came."""
        return list(self._by_stack.get(key, {}).values())

    def stacks(self) -> frozenset[StackKey]:
        """All that have something here."""
        return frozenset(self._by_stack)

    def __getitem__(self, id: str) -> R:
        return self._records[id]

    def __setitem__(self, id: str, record: R) -> None:
        stacks = tuple(stacks_of(record.tags))
        if self._stacks.get(id, stacks) != stacks:
            self._forget(id)
        self._records[id] = record
        self._stacks[id] = stacks
        for key in stacks:
            self._by_stack.setdefault(key, {})[id] = record

    def __delitem__(self, id: str) -> None:
        del self._records[id]
        self._forget(id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def _forget(self, id: str) -> None:
        for key in self._stacks.pop(id):
            shelf = self._by_stack[key]
            del shelf[id]
            if not shelf:
                del self._by_stack[key]


def stacks_of(tags: Mapping[str, str]) -> Iterator[StackKey]:
    """Whose a resource is, by its tags."""
    for key, value in tags.items():
        prefix, slash, last = key.rpartition("/")
        if slash and last == "stack":
            yield StackKey(prefix, value)

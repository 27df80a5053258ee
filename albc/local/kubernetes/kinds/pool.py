"""A pool of values that objects get one by one: cluster IPs, node ports, pod IPs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Generic, TypeVar, overload

T = TypeVar("T", bound=Hashable)


class AddressRange(Sequence[str]):
    """The addresses of a network from the `first` one on, less the broadcast address, made as they are asked for."""

    def __init__(self, network: IPv4Network, first: int) -> None:
        self._start = int(network.network_address) + first
        self._length = network.num_addresses - first - 1

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._length))]
        return str(IPv4Address(self._start + range(self._length)[index]))


class Exhausted(Exception):
    """Nothing is free."""


class Pool(Generic[T]):
    """Gives values in turn, so that one that was given back is not given again at once."""

    def __init__(self, values: Sequence[T]) -> None:
        self._values = values
        self._next = 0
        self._taken: set[T] = set()

    def __contains__(self, value: T) -> bool:
        """Whether someone has it."""
        return value in self._taken

    def pick(self) -> T:
        """A value that nobody has; it is the caller's after `take`. Raises Exhausted."""
        for _ in range(len(self._values)):
            value = self._values[self._next]
            self._next = (self._next + 1) % len(self._values)
            if value not in self._taken:
                return value
        raise Exhausted

    def take(self, value: T) -> None:
        """Marks a value as given."""
        self._taken.add(value)

    def release(self, value: T) -> None:
        """Takes a value back."""
        self._taken.discard(value)

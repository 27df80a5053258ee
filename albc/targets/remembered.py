"""What AWS has said, for as long as it is believed."""

from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

KEEP_SECONDS: Final = 600.0

T = TypeVar("T")


class Remembered(Generic[T]):
    """Values by id, each for ten minutes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said: dict[str, tuple[float, T]] = {}

    def get(self, key: str) -> T | None:
        """None when it is not known, or too old."""
        known = self._said.get(key)
        return known[1] if known is not None and known[0] > self._clock() else None

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Those of the keys that must be asked for, sorted."""
        return sorted(key for key in keys if self.get(key) is None)

    def keep(self, key: str, value: T) -> None:
        self._said[key] = (self._clock() + KEEP_SECONDS, value)

    def forget(self, *keys: str) -> None:
        for key in keys:
            self._said.pop(key, None)

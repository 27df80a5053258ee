"""How long a key that failed waits: per key exponential, joined with one token bucket for all keys of a queue.

As client-go's default controller rate limiter. Called by `albc.engine.queue`; knows no clock, it is told the time.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Settings of one queue (spec/runtime.md §7)."""

    base: float = 0.005
    """Seconds after the first failure; doubled with each further one."""
    ceiling: float = 1000.0
    """Seconds at most: 16m40s."""
    rate: float = 10.0
    """Retries a second, over all keys, once the burst is used up."""
    burst: int = 100


class RateLimiter(Generic[K]):
    """Counts the failures of each key."""

    def __init__(self, settings: Backoff, now: float) -> None:
        self._settings = settings
        self._failures: dict[K, int] = {}
        self._tokens = float(settings.burst)
        self._filled_at = now

    def delay(self, key: K, now: float) -> float:
        """Seconds that `key` must wait now that it has failed once more."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        # 2.0**1024 overflows; far below that every ceiling is reached.
        own = min(self._settings.base * 2.0 ** min(failures, 64), self._settings.ceiling)
        return max(own, self._reserve(now))

    def forget(self, key: K) -> None:
        self._failures.pop(key, None)

    def failures(self, key: K) -> int:
        return self._failures.get(key, 0)

    def __len__(self) -> int:
        """How many keys have failed and not succeeded since."""
        return len(self._failures)

    def _reserve(self, now: float) -> float:
        """Takes one token, if need be of the future, and says in how many seconds it is there."""
        settings = self._settings
        self._tokens = min(settings.burst, self._tokens + (now - self._filled_at) * settings.rate) - 1
        self._filled_at = now
        return max(0.0, -self._tokens / settings.rate)

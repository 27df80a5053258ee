"""Tells the controllers which stacks' resources were changed by others."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from albc.aws.inventory.shelf import StackKey, stacks_of

Drifted: TypeAlias = Callable[[StackKey], None]


def nobody(_: StackKey) -> None:
    return None


class Drift:
    """Counts, and calls whoever wants to know."""

    def __init__(self, tell: Drifted) -> None:
        self._tell = tell
        self.found = 0

    def report(self, tags: Mapping[str, str]) -> None:
        """A resource with these tags is not as it was left."""
        self.found += 1
        for key in stacks_of(tags):
            self._tell(key)

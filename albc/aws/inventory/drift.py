"""Tells the controllers, and the log, which stacks' resources were changed by others."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import structlog

from albc.aws.inventory.shelf import StackKey, stacks_of

log = structlog.stdlib.get_logger("aws.inventory")

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
        resource = next((value for tag, value in tags.items() if tag.endswith("/resource")), "")
        for key in stacks_of(tags):
            log.warning(
                "changed or deleted in AWS by somebody else, to be repaired", stackID=key.name, resource=resource
            )
            self._tell(key)

"""Names for what has to stand beside something of the same name for a while, which AWS and Kubernetes do not allow."""

from collections.abc import Container
from typing import Final

from albc.model.names import digest

_LONGEST: Final = 32
"""Of a load balancer's or target group's name."""
_HASH_LENGTH: Final = 10


def free_name(name: str, taken: Container[str]) -> str:
    """The name if it is free, else one like it: the same every time, so that a lost answer is recognised."""
    while name in taken:
        name = f"{name[: _LONGEST - _HASH_LENGTH - 1].rstrip('-')}-{digest(name)[:_HASH_LENGTH]}"
    return name

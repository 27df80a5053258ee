"""Memory that the start has used goes back to the system. Called by `albc.cli.run`.

Modules, AWS's models and the first lists leave holes of some megabytes, which glibc keeps for later.
"""

import ctypes
from typing import Final

import anyio

SETTLED_SECONDS: Final = 5.0
"""After the start; most caches are synced by then."""


async def give_back_once_settled() -> None:
    await anyio.sleep(SETTLED_SECONDS)
    give_back()


def give_back() -> None:
    """Takes a millisecond. Does nothing where the system's C library is not glibc."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)

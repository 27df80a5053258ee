"""Keeps Python's cyclic garbage collector from running while many objects are being decoded.

Decoded objects hold no cycles, yet each collection walks all of them: two thirds of the time of a big list
(`building-blocks.md` §2). The first one after a pause would walk all that were made meanwhile at one stroke; where
these are many, no collection walks them ever, and they go with their last reference. Used by `albc.engine.informer`.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MANY: Final = 20_000
"""Objects that the collector walks in some 5 ms, during which the event loop stands still."""

_pauses = 0
_was_enabled = False


@contextmanager
def gc_paused() -> Iterator[None]:
    """No collection until the last of all nested and overlapping pauses ends; then as it was before the first."""
    global _pauses, _was_enabled
    if _pauses == 0:
        _was_enabled = gc.isenabled()
        gc.disable()
    _pauses += 1
    try:
        yield
    finally:
        _pauses -= 1
        if _pauses == 0 and _was_enabled:
            if gc.get_count()[0] > MANY:
                gc.freeze()
            gc.enable()

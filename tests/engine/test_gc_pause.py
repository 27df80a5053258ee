"""The collector is off while, and only while, somebody asks for it."""

import gc
from contextlib import ExitStack

from albc.engine.gc_pause import gc_paused


def test_overlapping_pauses_end_with_the_last_one() -> None:
    first, second = ExitStack(), ExitStack()
    first.enter_context(gc_paused())
    second.enter_context(gc_paused())
    first.close()
    assert not gc.isenabled()
    second.close()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with gc_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()

"""The collector is off while, and only while, somebody asks for it."""

import gc
from contextlib import ExitStack

import pytest

from albc.engine.gc_pause import MANY, gc_paused


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


@pytest.mark.parametrize(("number", "walked"), [(MANY // 100, True), (2 * MANY, False)])
def test_what_a_pause_leaves_is_walked_only_if_it_is_little(number: int, walked: bool) -> None:
    before = gc.get_freeze_count()
    with gc_paused():
        made = [[each] for each in range(number)]
    frozen = gc.get_freeze_count() - before
    gc.unfreeze()
    assert (frozen < len(made)) is walked

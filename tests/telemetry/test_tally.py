"""Calls are counted for the reconcile on whose behalf they are made."""

import anyio
import pytest

from albc.telemetry.tally import Tally, count, tally


def test_calls_and_writes_are_counted_inside_and_only_there() -> None:
    count(write=True)
    with tally() as counted:
        count(write=False)
        count(write=True)
    count(write=True)
    assert counted == Tally(calls=2, writes=1)


def test_the_innermost_tally_counts() -> None:
    with tally() as outer, tally() as inner:
        count(write=False)
    assert (outer.calls, inner.calls) == (0, 1)


@pytest.mark.anyio
async def test_reconciles_side_by_side_are_not_mixed_and_tasks_count_for_who_started_them() -> None:
    counts: dict[int, Tally] = {}

    async def call(times: int) -> None:
        for _ in range(times):
            await anyio.lowlevel.checkpoint()
            count(write=True)

    async def reconcile(number: int) -> None:
        with tally() as counts[number]:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call, number)
                tasks.start_soon(call, number)

    async with anyio.create_task_group() as tasks:
        for number in (1, 2, 3):
            tasks.start_soon(reconcile, number)
    assert {number: counted.writes for number, counted in counts.items()} == {1: 2, 2: 4, 3: 6}

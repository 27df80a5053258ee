"""When AWS takes few calls, each tells more; nobody is overtaken."""

from typing import Any

import anyio
import pytest
from virtual_time import VirtualTimeLoop

from albc.aws.throttle import DEFAULT_LIMITS, Throttle
from albc.targets.pace import Pace, Turns

PACE = Pace(gather_seconds=0.1, patient_seconds=0.75)


class Budget:
    """AWS, but for its answers: each call takes a token."""

    def __init__(self) -> None:
        self.throttle = Throttle(DEFAULT_LIMITS, clock=lambda: anyio.current_time())

    @property
    def limits(self) -> Any:
        return self.throttle.statistics()

    def statistics(self) -> "Budget":
        return self

    async def call(self) -> None:
        await self.throttle.wait("Elastic Load Balancing v2", "RegisterTargets")


@pytest.fixture
def anyio_backend() -> Any:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@pytest.fixture
async def aws(anyio_backend: Any) -> Any:
    return Budget()


pytestmark = pytest.mark.anyio


async def waits(turns: Turns, aws: Any) -> float:
    started = anyio.current_time()
    await turns.turn(aws)
    return round(anyio.current_time() - started, 3)


async def test_changes_are_told_soon_while_there_is_budget(aws: Any) -> None:
    assert await waits(Turns(PACE), aws) == 0.1


async def test_changes_are_gathered_for_longer_when_half_of_the_burst_is_gone(aws: Any) -> None:
    for _ in range(11):
        await aws.call()
    assert await waits(Turns(PACE), aws) == 0.75


async def test_when_no_call_may_go_a_turn_comes_as_soon_as_one_may(aws: Any) -> None:
    for _ in range(25):
        aws.throttle._buckets[4].take(anyio.current_time())
    assert await waits(Turns(PACE), aws) == 1.5


async def test_target_groups_take_turns_in_their_order_and_each_finds_a_call_free(aws: Any) -> None:
    turns, order, late = Turns(PACE), [], 0.0

    async def one(number: int) -> None:
        nonlocal late
        await anyio.sleep(number / 1000)
        await turns.turn(aws)
        asked = anyio.current_time()
        await aws.call()
        late = max(late, anyio.current_time() - asked)
        order.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(40):
            tasks.start_soon(one, number)
    assert order == list(range(40))
    assert late < 0.3

"""Killed after any single operation and started again: the same end as without, and nothing done twice."""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import anyio
import pytest
from direct_aws import DirectAws
from memory_bindings import Bindings
from wishes import Wish, everything, random_wish, stack_of

from albc.deploy.apply import WantedBinding
from albc.local.aws import Account
from albc.model.stack import Stack

Local = Callable[..., tuple[Any, Any]]

PLANS = 50
PASSES = 12


class Killed(BaseException):
    """The process is no more."""


class Life:
    """Ends after so many operations; what is tried later is not done."""

    def __init__(self, operations: float) -> None:
        self._left = operations

    def use(self) -> None:
        """An operation was carried out."""
        self._left -= 1
        if self._left < 0:
            raise Killed

    def check(self) -> None:
        if self._left < 0:
            raise Killed


class MortalAws(DirectAws):
    def __init__(self, account: Account, life: Life) -> None:
        super().__init__(account)
        self._life = life

    async def call(self, service: str, operation: str, **params: Any) -> Mapping[str, Any]:
        self._life.check()
        answer = await super().call(service, operation, **params)
        if not operation.startswith(("describe_", "get_", "list_")):
            self._life.use()
        return answer


class MortalBindings(Bindings):
    life: Life = Life(float("inf"))

    async def create(self, binding: WantedBinding) -> None:
        self.life.check()
        await super().create(binding)
        self.life.use()

    async def delete(self, namespace: str, name: str) -> None:
        self.life.check()
        await super().delete(namespace, name)
        self.life.use()


def plans(number: int) -> Iterator[tuple[Wish | None, Wish | None]]:
    """From one wish to the next, or to nothing, or from nothing."""
    chance = random.Random(7)
    for count in range(number):
        first = random_wish(chance)
        match count % 6:
            case 0:
                yield None, first
            case 1:
                yield first, None
            case _:
                yield first, random_wish(chance, first if count % 2 else None)


async def lived(local: Local, first: Stack, second: Stack, operations: float) -> tuple[Any, "Counter[str]", bool]:
    """From the first to the second stack, killed after so many operations: the end, the writes on the way, whether."""
    controller, _ = local()
    controller.bindings = MortalBindings()
    await settle(controller, first)
    controller.account.calls.clear()
    controller.bindings.writes = 0
    life = Life(operations)
    controller.aws, controller.bindings.life = MortalAws(controller.account, life), life
    controller.restart()
    killed = False
    try:
        await settle(controller, second)
    except BaseExceptionGroup as group:
        killed = group.split(Killed)[0] is not None
        if not killed:
            raise
    controller.aws, controller.bindings.life = DirectAws(controller.account), Life(float("inf"))
    controller.restart()
    await settle(controller, second)
    writes = Counter(map(said, controller.account.calls.writes()))
    writes["bindings"] = controller.bindings.writes
    assert (await controller.plan(second)).is_empty
    return everything(controller.account), writes, killed


async def settle(controller: Any, stack: Stack) -> None:
    for _ in range(PASSES):
        applied = await controller.deploy(stack)
        assert applied.failed == ()
        if applied.is_complete:
            return
    raise AssertionError(f"not complete after {PASSES} passes")


def said(call: Any) -> str:
    """The call without ids that AWS makes up."""
    text = re.sub(r"/[0-9a-f]{16}", "", json.dumps(call.params, sort_keys=True))
    return f"{call.operation} {re.sub('sg-[0-9a-f]+', 'sg', text)}"


@pytest.mark.parametrize("number", range(PLANS))
def test_a_crash_after_any_operation_changes_nothing_in_the_end(local: Local, number: int) -> None:
    first, second = list(plans(PLANS))[number]
    _, site = local()
    stacks = stack_of(site, _unprotected(first)), stack_of(site, _unprotected(second))

    async def compare() -> None:
        end, writes, _ = await lived(local, *stacks, float("inf"))
        operations = 0
        while True:
            crashed_end, crashed_writes, killed = await lived(local, *stacks, operations)
            if not killed:
                break
            assert crashed_end == end
            assert crashed_writes == writes, f"after {operations + 1} operations"
            operations += 1
        assert operations == writes.total()

    anyio.run(compare)


def _unprotected(wish: Wish | None) -> Wish | None:
    """Protection blocks a change; what is tested here is how changes go on."""
    return wish and replace(wish, protected=None)

"""Several calls at once, failing like one: the first error comes out as itself, not in an exception group."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


async def together(calls: Iterable[Callable[[], Awaitable[T]]]) -> list[T]:
    """The results in the order of the calls. After an error the others are cancelled."""
    waiting = list(calls)
    if len(waiting) == 1:
        return [await waiting[0]()]
    results: list[Any] = [None] * len(waiting)

    async def one(index: int) -> None:
        results[index] = await waiting[index]()

    try:
        async with anyio.create_task_group() as tasks:
            for index in range(len(waiting)):
                tasks.start_soon(one, index)
    except BaseExceptionGroup as group:
        raise _first(group) from None
    return results


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

"""What the engine is doing, as JSON, for `/debug/state` (`albc.telemetry.http`): names and numbers, no objects."""

import asyncio
from typing import Any, Final

import msgspec

from albc.engine.manager import Manager

WAITING: Final = frozenset({"asyncio", "anyio", "aiohttp"})


def state(manager: Manager) -> bytes:
    """Queues, informers, workers, leader, and where each task of the event loop stands."""
    return msgspec.json.encode({"engine": manager.statistics(), "tasks": [_standing(task) for task in _tasks()]})


def _tasks() -> list[asyncio.Task[Any]]:
    return sorted(asyncio.all_tasks(), key=lambda task: task.get_name())


def _standing(task: asyncio.Task[Any]) -> dict[str, str]:
    """A task's name, and the innermost line it is in, apart from those of the libraries that wait for it."""
    inner: Any = task.get_coro()
    at = ""
    while (frame := getattr(inner, "cr_frame", None)) is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] not in WAITING:
            at = f"{frame.f_code.co_qualname}:{frame.f_lineno}"
        inner = inner.cr_await
    return {"name": task.get_name(), "at": at}

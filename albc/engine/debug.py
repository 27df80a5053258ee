"""What the engine is doing, as JSON, for `/debug/state` (`albc.telemetry.http`): names and numbers, no objects."""

import asyncio
from typing import Any

import msgspec

from albc.engine.manager import Manager


def state(manager: Manager) -> bytes:
    """Queues, informers, workers, leader, and where each task of the event loop stands."""
    return msgspec.json.encode({"engine": manager.statistics(), "tasks": [_standing(task) for task in _tasks()]})


def _tasks() -> list[asyncio.Task[Any]]:
    return sorted(asyncio.all_tasks(), key=lambda task: task.get_name())


def _standing(task: asyncio.Task[Any]) -> dict[str, str]:
    frames = task.get_stack(limit=1)
    at = f"{frames[0].f_code.co_qualname}:{frames[0].f_lineno}" if frames else ""
    return {"name": task.get_name(), "at": at}

"""What the process is doing, as JSON: names and numbers, no objects.

Shown at `/debug/state` (`albc.telemetry.http`), and in the log at SIGUSR1 (`albc.engine.signals`).
"""

import asyncio
from typing import Any, Final

import msgspec
import structlog

from albc.engine.manager import Manager, Reporter

log = structlog.stdlib.get_logger("engine.debug")

WAITING: Final = frozenset({"asyncio", "anyio", "aiohttp"})


def state(manager: Manager) -> bytes:
    """Queues, informers, workers, leader; what the reporters say; and where each task of the event loop stands."""
    reports = {name: _said(report) for name, report in manager.reporters.items()}
    tasks = [_standing(task) for task in _tasks()]
    return msgspec.json.encode({"engine": manager.statistics(), **reports, "tasks": tasks})


def _said(report: Reporter) -> Any:
    """What one reporter says, as plain data; one that fails says why, and the others are heard."""
    try:
        return msgspec.to_builtins(report())
    except Exception as error:
        log.exception("reporter failed")
        return {"error": f"{type(error).__name__}: see the log"}


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

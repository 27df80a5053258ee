"""Logs: one event a line on standard error, as JSON for machines or aligned for people (spec/runtime.md §13).

* JSON lines have `level`, `ts` (RFC 3339, seconds), `logger`, `msg`, then what the caller gave.
* Of lines with the same level and message, the first 100 of a second are written, then every hundredth.
* Text of others begins no line and steers no terminal: what does not print is escaped.
* A traceback shows code, never the values of variables: they may hold secrets.
* What libraries log through `logging` comes out the same way, from level warning on.

`configure` is called once by `albc.cli`; everything else asks `structlog.stdlib.get_logger("controllers.ingress")`.
"""

import logging
import sys
from collections.abc import Callable
from time import monotonic
from typing import Final, Literal, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from albc.printable import printable

SAMPLE_FIRST: Final = 100
SAMPLE_THEREAFTER: Final = 100

Format = Literal["json", "console"]


def configure(level: str = "info", output: Format = "json", stream: TextIO | None = None) -> None:
    """`level` is `debug` or `info`; any other value counts as `info`, as in the reference. `stream`: standard error."""
    file = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            Sampler(),
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True, key="ts"),
            *(_json() if output == "json" else _console(colours=file.isatty())),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if level == "debug" else logging.INFO),
        logger_factory=lambda name="", *_: _Output(name, file),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_FromLibraries()]
    root.setLevel(logging.WARNING)


class Sampler:
    """Drops what repeats too often. One for the process."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._second = -1
        self._seen: dict[tuple[str, str], int] = {}
        """How often each level and message was logged in this second."""

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        second = int(self._clock())
        if second != self._second:
            self._second = second
            self._seen.clear()
        key = (method, str(event["event"]))
        seen = self._seen[key] = self._seen.get(key, 0) + 1
        if seen > SAMPLE_FIRST and (seen - SAMPLE_FIRST) % SAMPLE_THEREAFTER:
            raise structlog.DropEvent
        return event


class _Output:
    """Where a named logger's lines end. structlog calls the method of the level."""

    def __init__(self, name: str, file: TextIO) -> None:
        self.name = name
        self._file = file

    def msg(self, line: str) -> None:
        self._file.write(line + "\n")
        self._file.flush()

    debug = info = warning = error = critical = msg


class _FromLibraries(logging.Handler):
    """Hands the lines of libraries on."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.stdlib.get_logger(record.name).log(record.levelno, record.getMessage(), exc_info=record.exc_info)


def _json() -> tuple[Processor, ...]:
    return (
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("msg"),
        _common_keys_first,
        structlog.processors.JSONRenderer(default=str),
    )


def _console(*, colours: bool) -> tuple[Processor, ...]:
    return (
        _harmless,
        structlog.dev.ConsoleRenderer(
            colors=colours, timestamp_key="ts", exception_formatter=structlog.dev.plain_traceback
        ),
    )


def _harmless(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """What the renderer would print as it is: the message, keys, and a traceback, whose lines are set in."""
    event = structlog.processors.format_exc_info(logger, method, event)
    if isinstance(traceback := event.get("exception"), str):
        event["exception"] = "\n".join(f"  {printable(line)}" for line in traceback.split("\n"))
    event["event"] = printable(str(event["event"]))
    return {printable(str(key)): value for key, value in event.items()}


def _common_keys_first(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {key: event.pop(key) for key in ("level", "ts", "logger", "msg")} | dict(event)

"""What ends up on standard error."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from albc.telemetry import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield io.StringIO()
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_the_keys_that_people_search_for(stream: io.StringIO) -> None:
    logs.configure("info", "json", stream)
    structlog.stdlib.get_logger("controllers.ingress").error("Reconciler error", controller="ingress", error="no")
    (line,) = lines(stream)
    assert list(line) == ["level", "ts", "logger", "msg", "controller", "error"]
    assert (line["level"], line["logger"], line["msg"]) == ("error", "controllers.ingress", "Reconciler error")
    assert len(line["ts"]) == len("2026-01-01T00:00:00Z")


@pytest.mark.parametrize(("level", "shown"), [("debug", 2), ("info", 1), ("verbose", 1)])
def test_debug_lines_show_at_level_debug_only(stream: io.StringIO, level: str, shown: int) -> None:
    logs.configure(level, "json", stream)
    log = structlog.stdlib.get_logger("setup")
    log.debug("detail")
    log.info("news")
    assert len(lines(stream)) == shown


def test_what_libraries_warn_of_comes_out_the_same_way(stream: io.StringIO) -> None:
    logs.configure("debug", "json", stream)
    logging.getLogger("aiohttp").warning("closing %s", "socket")
    logging.getLogger("aiohttp").info("not of interest")
    (line,) = lines(stream)
    assert (line["level"], line["logger"], line["msg"]) == ("warning", "aiohttp", "closing socket")


@pytest.mark.parametrize("output", ["json", "console"])
def test_a_traceback_shows_code_but_no_values(stream: io.StringIO, output: logs.Format) -> None:
    logs.configure("info", output, stream)

    def fail(password: str) -> None:
        raise RuntimeError("broken")

    try:
        fail("hunter" + "2")
    except RuntimeError:
        structlog.stdlib.get_logger("setup").exception("failed")
    assert "RuntimeError: broken" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_a_console_line_names_the_logger_and_has_no_colours_in_a_file(stream: io.StringIO) -> None:
    logs.configure("info", "console", stream)
    structlog.stdlib.get_logger("setup").info("ready", port=8080)
    assert "[setup]" in stream.getvalue()
    assert "port=8080" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def passed(sampler: logs.Sampler, times: int, message: str = "same") -> int:
    through = 0
    for _ in range(times):
        try:
            sampler(None, "info", {"event": message})
        except structlog.DropEvent:
            continue
        through += 1
    return through


def test_a_message_that_repeats_is_sampled_within_a_second() -> None:
    clock = Clock()
    sampler = logs.Sampler(clock)
    assert passed(sampler, 100) == 100
    assert passed(sampler, 300) == 3
    assert passed(sampler, 10, "another") == 10
    clock.now = 1.0
    assert passed(sampler, 50) == 50


@pytest.mark.parametrize("output", ["json", "console"])
def test_no_text_of_others_begins_a_line_or_steers_a_terminal(stream: io.StringIO, output: logs.Format) -> None:
    logs.configure("info", output, stream)
    text = "a\n2026-01-01T00:00:00Z [info] forged\r\x1b[31m\u2028"
    try:
        raise ValueError(text)
    except ValueError:
        structlog.stdlib.get_logger("setup").exception(text, field=text, nested={text: [text]}, **{text: text})
    shown = stream.getvalue()
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert not any(line.startswith("2026-01-01T00:00:00Z [info] forged") for line in shown.splitlines())

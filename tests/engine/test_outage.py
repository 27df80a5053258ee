"""What the log says of an interruption of the API server, and how it ends; time is virtual."""

import anyio
import pytest
from structlog.testing import capture_logs

from albc.engine.outage import RETURN, SETTLED, Outage
from albc.errors import Gone, Unavailable

pytestmark = pytest.mark.anyio

KINDS = [f"kind-{number}" for number in range(20)]


async def test_a_restart_that_ends_the_watches_of_twenty_kinds_is_two_lines() -> None:
    outage = Outage()
    with capture_logs() as lines:
        for _ in range(3):
            for kind in KINDS:
                outage.interrupted(kind, Unavailable("cannot connect"))
            await anyio.sleep(10)
        for kind in KINDS:
            outage.resumed(kind)
        await anyio.sleep(SETTLED + 1)
    assert [(line["log_level"], line["event"].partition(";")[0]) for line in lines] == [
        ("warning", "watches interrupted"),
        ("info", "watches resumed"),
    ]
    assert (lines[0]["kind"], lines[0]["error"]) == ("kind-0", "cannot connect")
    assert (lines[1]["kinds"], lines[1]["listed_anew"], lines[1]["seconds"]) == (20, 0, 30.0)


async def test_a_watch_that_is_taken_and_refused_with_410_at_once_is_part_of_the_same_interruption() -> None:
    outage = Outage()
    with capture_logs() as lines:
        outage.interrupted("pods", Unavailable("cannot connect"))
        outage.resumed("pods")
        outage.interrupted("pods", Gone("too old resource version"))
        outage.resumed("pods")
        await anyio.sleep(SETTLED + 1)
    assert [line.get("listed_anew") for line in lines] == [None, 1]


async def test_it_is_not_over_while_one_kind_is_still_cut_off() -> None:
    outage = Outage()
    with capture_logs() as lines:
        outage.interrupted("pods", Unavailable("cannot connect"))
        outage.interrupted("nodes", Unavailable("cannot connect"))
        outage.resumed("pods")
        await anyio.sleep(600)
    assert len(lines) == 1


async def test_the_next_interruption_is_told_anew() -> None:
    outage = Outage()
    with capture_logs() as lines:
        for kind in ("pods", "nodes"):
            outage.interrupted(kind, Unavailable("cannot connect"))
            outage.resumed(kind)
            await anyio.sleep(SETTLED + 1)
    assert [(line["kind"] if "kind" in line else line["kinds"]) for line in lines] == ["pods", 1, "nodes", 1]


async def test_a_kind_that_is_answered_again_brings_back_those_that_wait() -> None:
    outage = Outage()
    for kind in KINDS:
        outage.interrupted(kind, Unavailable("cannot connect"))
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for kind in KINDS[1:]:
            tasks.start_soon(outage.pause, kind, 30.0)
        await anyio.sleep(3)
        outage.resumed(KINDS[0])
    assert anyio.current_time() - began <= 3 + RETURN


async def test_a_server_that_answers_now_and_then_shortens_one_back_off_of_each_kind() -> None:
    outage = Outage()
    outage.interrupted("pods", Unavailable("cannot connect"))
    spent = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_answer_each_second, outage, "nodes", 60)
        for _ in range(2):
            began = anyio.current_time()
            await outage.pause("pods", 30.0)
            spent.append(anyio.current_time() - began)
    assert spent[0] <= 1 + RETURN
    assert spent[1] == 30.0


async def test_a_back_off_that_nobody_shortens_lasts_as_long_as_it_was_to() -> None:
    outage = Outage()
    outage.interrupted("pods", Unavailable("cannot connect"))
    began = anyio.current_time()
    await outage.pause("pods", 30.0)
    assert anyio.current_time() - began == 30.0


async def _answer_each_second(outage: Outage, kind: str, seconds: int) -> None:
    for _ in range(seconds):
        outage.interrupted(kind, Unavailable("cannot connect"))
        await anyio.sleep(1)
        outage.resumed(kind)

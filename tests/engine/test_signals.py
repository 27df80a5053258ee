"""How a process ends when it is told to; real processes, for signals are theirs."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

PROGRAM = """
import sys
import anyio
from albc.engine.signals import stop_on_signals, tell_state_on_signal
from albc.telemetry import logs

logs.configure("info", "json", sys.stdout)

async def main():
    stop = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stop_on_signals, stop)
        tasks.start_soon(tell_state_on_signal, lambda: b'{"queues": 2}')
        await anyio.wait_all_tasks_blocked()
        print("ready", flush=True)
        await stop.wait()
        print("stopping", flush=True)
        STOPPING
        tasks.cancel_scope.cancel()

anyio.run(main)
"""

Process = subprocess.Popen[str]


def started(stopping: str) -> Process:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.replace("STOPPING", stopping)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert line_of(process) == "ready"
    return process


def line_of(process: Process) -> str:
    """The next line of what the process says, logs apart."""
    assert process.stdout is not None
    return next(line.strip() for line in process.stdout if not line.startswith("{"))


@pytest.fixture
def ending() -> Iterator[Process]:
    process = started("pass")
    yield process
    finish(process)


@pytest.fixture
def slow() -> Iterator[Process]:
    process = started("await anyio.sleep_forever()")
    yield process
    finish(process)


def finish(process: Process) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_ends_the_process_in_order(ending: Process, number: signal.Signals) -> None:
    ending.send_signal(number)
    assert line_of(ending) == "stopping"
    assert ending.wait(timeout=30) == 0


def test_the_second_signal_ends_it_at_once_with_status_1(slow: Process) -> None:
    slow.send_signal(signal.SIGTERM)
    assert line_of(slow) == "stopping"
    slow.send_signal(signal.SIGTERM)
    assert slow.wait(timeout=30) == 1


def test_sigusr1_writes_the_state_to_the_log_and_ends_nothing(ending: Process) -> None:
    ending.send_signal(signal.SIGUSR1)
    assert ending.stdout is not None
    told = json.loads(next(line for line in ending.stdout if line.startswith("{")))
    assert (told["msg"], told["queues"]) == ("state", 2)
    ending.send_signal(signal.SIGTERM)
    assert line_of(ending) == "stopping"
    assert ending.wait(timeout=30) == 0

"""`albc demo` as somebody meets it first: it stays up, what it prints can be typed, and Ctrl-C ends all of it."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

KUBECTL = Path(sys.executable).parent / "kubectl"
WITHIN_SECONDS = 150.0
LAST_LINE = re.compile(r"tail -f (\S+)\n")


async def _printed(file: Path, running: "subprocess.Popen[bytes]") -> str:
    """All of it, once the last line is there."""
    with anyio.fail_after(WITHIN_SECONDS):
        while not LAST_LINE.search(text := await anyio.Path(file).read_text()):
            assert running.poll() is None, text
            await anyio.sleep(0.1)
    return text


def _run(line: str, environment: dict[str, str]) -> str:
    done = subprocess.run(shlex.split(line), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is missing")
def test_what_the_demo_prints_can_be_typed_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as file:
        running = subprocess.Popen(
            [sys.executable, "-m", "albc", "demo"],
            stdout=file,
            stderr=file,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)},
        )
    try:
        text = anyio.run(_printed, output, running)
        hints = text[text.index("It stays up until Ctrl-C.") :]
        environment = {**os.environ, **dict(re.findall(r"export (\w+)=(\S+)", hints)), "HOME": str(tmp_path)}

        (curl,) = re.findall(r"  (curl .*)\n", hints)
        assert "pod web-" in _run(curl, environment)
        for line in re.findall(r"  kubectl (.*)\n", hints):
            assert "catalogue" in _run(f"{KUBECTL} {line}", environment)
        log = Path(LAST_LINE.findall(text)[0])
        assert "reconciled" in log.read_text(encoding="utf-8")
    finally:
        running.send_signal(signal.SIGINT)
        status = running.wait(60)
    assert (status, output.read_text(encoding="utf-8").splitlines()[-1]) == (0, "ended")
    assert not log.exists()

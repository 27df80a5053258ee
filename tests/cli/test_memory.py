"""What was freed is the system's again."""

import platform
import subprocess
import sys

import pytest

HOLES = """
from pathlib import Path
from albc.cli.memory import give_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

blocks = [bytes(2_000) for _ in range(100_000)]
blocks[:-1] = []  # the last one keeps the heap from shrinking by itself
before = resident()
give_back()
print(before, resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="no other C library keeps what is freed in this way")
def test_holes_in_the_heap_are_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after < before / 2

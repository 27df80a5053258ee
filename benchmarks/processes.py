"""What a process has used so far, as Linux counts it. Memory is in MB of a million bytes."""

import os
import re
from pathlib import Path
from typing import Literal

Who = int | Literal["self"]


def cpu_seconds(who: Who) -> float:
    fields = Path(f"/proc/{who}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(who: Who) -> float:
    pages = int(Path(f"/proc/{who}/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def proportional(who: Who) -> float:
    """Resident, of which pages that processes share count for each of them by its part."""
    text = Path(f"/proc/{who}/smaps_rollup").read_text(encoding="ascii")
    return round(sum(map(int, re.findall(r"^Pss: +(\d+) kB$", text, re.MULTILINE))) * 1024 / 1e6, 1)

"""`albc run` whose event loop is watched: for benchmarks/controller.py, which starts it as a process of its own.

On SIGUSR2 it writes the longest stall since the last time, in milliseconds, to the file that the environment variable
WATCHED_RUN names, and begins anew.
"""

import asyncio
import os
import signal
from importlib import import_module
from pathlib import Path
from typing import Any

from albc.cli import main
from albc.settings import Settings
from benchmarks.stalls import watched

run: Any = import_module("albc.cli.run")  # in the package, the command of that name hides the module
unwatched = run._run


async def _watched(settings: Settings) -> int:
    async with watched() as stalls:

        def tell() -> None:
            Path(os.environ["WATCHED_RUN"]).write_text(f"{stalls.wall:.1f} {stalls.cpu:.1f}\n", encoding="ascii")
            stalls.wall = stalls.cpu = 0.0

        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, tell)
        status: int = await unwatched(settings)
        return status


if __name__ == "__main__":
    run._run = _watched
    main()

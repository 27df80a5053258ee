"""What a process does at signals.

* The first SIGTERM or SIGINT sets an event, for an end in order; a second one ends it at once with status 1.
* At SIGUSR1 what it is doing goes to the log.
"""

import os
import signal
from collections.abc import Callable

import anyio
import msgspec
import structlog

log = structlog.stdlib.get_logger("engine.signals")


async def stop_on_signals(stop: anyio.Event) -> None:
    """Runs until cancelled; start it beside `Manager.run(stop)`."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            if stop.is_set():
                os._exit(1)
            log.info("signal received", signal=number.name)
            stop.set()


async def tell_state_on_signal(dump: Callable[[], bytes]) -> None:
    """Runs until cancelled; `dump` gives the state as JSON (`albc.engine.debug`)."""
    with anyio.open_signal_receiver(signal.SIGUSR1) as signals:
        async for _ in signals:
            log.info("state", **msgspec.json.decode(dump()))

"""Ends a process in order: the first SIGTERM or SIGINT sets an event, a second one ends it at once with status 1."""

import os
import signal

import anyio
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

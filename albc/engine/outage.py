"""One interruption of the API server, told as one line at its begin and one at its end.

A restart ends the watches of all kinds at once, and each kind comes back at a time of its own: a line for each would
bury what matters. Shared by the informers of a manager (`albc.engine.manager`); called where an event loop runs.
"""

import asyncio
from typing import Final

import structlog

from albc.errors import AlbcError, Gone

log = structlog.stdlib.get_logger("engine.informer")

SETTLED: Final = 2.0
"""Seconds for which all watches must stand until the interruption is over: a server that has forgotten its history
takes a watch first, and refuses it then."""


class Outage:
    """See the head of this module."""

    def __init__(self) -> None:
        self._down: set[str] = set()
        self._kinds: set[str] = set()
        self._listed_anew: set[str] = set()
        self._began: float | None = None
        self._settling: asyncio.TimerHandle | None = None

    def interrupted(self, kind: str, error: AlbcError) -> None:
        """The watch of this kind, or its list, has ended by `error`."""
        if self._began is None:
            self._began = asyncio.get_running_loop().time()
            log.warning(
                "watches interrupted; what changes meanwhile is read once the API server answers again",
                kind=kind,
                error=str(error),
            )
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        self._down.add(kind)
        self._kinds.add(kind)
        if isinstance(error, Gone):
            self._listed_anew.add(kind)

    def resumed(self, kind: str) -> None:
        """The server has answered for this kind."""
        self._down.discard(kind)
        if self._began is not None and not self._down and self._settling is None:
            loop = asyncio.get_running_loop()
            seconds = round(loop.time() - self._began, 1)
            self._settling = loop.call_later(SETTLED, self._over, seconds)

    def _over(self, seconds: float) -> None:
        log.info("watches resumed", kinds=len(self._kinds), listed_anew=len(self._listed_anew), seconds=seconds)
        self._began = self._settling = None
        self._kinds.clear()
        self._listed_anew.clear()

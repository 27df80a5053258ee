"""One interruption of the API server, told as one line at its begin and one at its end.

* A restart ends the watches of all kinds at once, and each kind comes back at a time of its own: a line for each would
  bury what matters.
* The first kind that is answered again brings the others back: none of them sits out what is left of its back-off.

Shared by the informers of a manager (`albc.engine.manager`); called where an event loop runs.
"""

import asyncio
import random
from typing import Final

import anyio
import structlog

from albc.errors import AlbcError, Gone

log = structlog.stdlib.get_logger("engine.informer")

SETTLED: Final = 2.0
"""Seconds for which all watches must stand until the interruption is over: a server that has forgotten its history
takes a watch first, and refuses it then."""
RETURN: Final = 0.8
"""Seconds over which the kinds spread that come back because another one was answered."""


class Outage:
    """See the head of this module."""

    def __init__(self) -> None:
        self._down: set[str] = set()
        self._kinds: set[str] = set()
        self._listed_anew: set[str] = set()
        self._began: float | None = None
        self._settling: asyncio.TimerHandle | None = None
        self._answered = anyio.Event()
        self._hurried: set[str] = set()
        """Kinds that have cut a back-off short in this interruption."""

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
        if kind in self._down:
            self._answered.set()
            self._answered = anyio.Event()
        self._down.discard(kind)
        if self._began is not None and not self._down and self._settling is None:
            loop = asyncio.get_running_loop()
            seconds = round(loop.time() - self._began, 1)
            self._settling = loop.call_later(SETTLED, self._over, seconds)

    async def pause(self, kind: str, seconds: float) -> None:
        """The back-off of this kind: so many seconds, or until the server answers for another one.

        That is done once in an interruption: a server that answers now and then is not asked without pause.
        """
        with anyio.move_on_after(seconds):
            if kind in self._hurried:
                await anyio.sleep_forever()
            await self._answered.wait()
            self._hurried.add(kind)
            await anyio.sleep(random.uniform(0, RETURN))  # noqa: S311 - jitter is no secret

    def _over(self, seconds: float) -> None:
        log.info("watches resumed", kinds=len(self._kinds), listed_anew=len(self._listed_anew), seconds=seconds)
        self._began = self._settling = None
        self._kinds.clear()
        self._listed_anew.clear()
        self._hurried.clear()

"""Faults on demand: what a cluster does to its clients on a bad day.

`Cluster` offers them as methods; `server` asks here before it answers and while it streams.
"""

from __future__ import annotations

import asyncio

import anyio

from albc.local.kubernetes import errors


class Faults:
    """The faults of the moment; none at first."""

    def __init__(self) -> None:
        self.delay = 0.0
        """Seconds before each answer."""
        self._refusals = 0
        self._retry_after = 1
        self._silent = False
        self._loud = anyio.Event()
        self._loud.set()
        self.streams: set[asyncio.Transport] = set()
        """The connections on which watches are."""

    def throttle(self, requests: int, *, retry_after: int = 1) -> None:
        """Refuses the next `requests` requests with 429 and this Retry-After, in seconds."""
        self._refusals = requests
        self._retry_after = retry_after

    def silence(self, on: bool) -> None:
        """While on, connections stay open and nothing comes: no answer, no event, no end."""
        self._silent = on
        if on:
            self._loud = anyio.Event()
        else:
            self._loud.set()

    def cut_streams(self) -> None:
        """Ends every watch in the middle of the connection."""
        for transport in self.streams:
            transport.abort()

    async def before_answer(self) -> None:
        """Waits or refuses, as ordered. Raises ApiError 429."""
        if self.delay:
            await anyio.sleep(self.delay)
        await self.before_event()
        if self._refusals > 0:
            self._refusals -= 1
            text = "the server has received too many requests and has asked us to try again later"
            raise errors.too_many_requests(text, self._retry_after)

    async def before_event(self) -> None:
        """Waits while the connections are silent."""
        if self._silent:
            await self._loud.wait()

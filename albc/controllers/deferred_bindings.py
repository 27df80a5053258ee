"""Bindings that a matching checkpoint let off are looked at in full once, later (spec/targets.md §5.6).

A checkpoint cannot see what somebody changed in AWS. So a binding that was skipped since the start, or since the last
sync period, has its checkpoint taken back after 30 to 45 minutes, which makes its next reconcile a full one.
"""

import random
from collections.abc import Callable
from time import monotonic
from typing import Final

from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.engine.controller import Reconcile
from albc.engine.outcome import Done, Outcome, Requeue
from albc.engine.queue import WorkQueue
from albc.engine.store import ObjectKey
from albc.engine.watches import Watches
from albc.errors import AlbcError, NotFound, NotLeader
from albc.kube.client import Client
from albc.targets.checkpoints import patch_of

LEAST_SECONDS: Final = 1800.0
SPREAD_SECONDS: Final = 900.0


def delay() -> float:
    """Seconds until a deferred binding's turn: spread, so that not all come at once after a restart."""
    return LEAST_SECONDS + random.uniform(0, SPREAD_SECONDS)  # noqa: S311 - jitter is no secret


class DeferredBindings:
    """The controller whose queue holds the deferred bindings until their time."""

    name = "deferredTargetGroupBinding"

    def __init__(self, client: Client) -> None:
        self._client = client

    def watches(self, w: Watches[ObjectKey]) -> None:
        """None: its keys come from `Deferral`."""

    async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
        try:
            await self._client.patch(TARGET_GROUP_BINDINGS, key.name, patch_of(""), key.namespace)
        except NotFound:
            return Done()
        except NotLeader:
            raise
        except AlbcError as error:
            return Requeue(delay(), str(error))
        return Done()


class Deferral:
    """Says whose turn is to come. A binding that had a full pass, or was deferred, is left alone for a sync period."""

    def __init__(
        self, queue: WorkQueue[ObjectKey], sync_seconds: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._queue = queue
        self._sync_seconds = sync_seconds
        self._clock = clock
        self._processed: dict[ObjectKey, float] = {}
        """Until when."""

    def defer(self, key: ObjectKey) -> None:
        """The binding was skipped."""
        if self.processed(key):
            self._queue.add_after(key, delay())

    def processed(self, key: ObjectKey) -> bool:
        """The binding had its full pass; False if that, or a deferral, is known already."""
        now = self._clock()
        if now < self._processed.get(key, 0.0):
            return False
        self._processed[key] = now + self._sync_seconds
        return True

    def forget(self, key: ObjectKey) -> None:
        """The binding is gone."""
        self._processed.pop(key, None)

"""This replica in the leader election, with its events on the lease (spec/runtime.md §10). Used by `albc.cli.run`."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final
from uuid import uuid4

import anyio

from albc.engine.leader import CALL_TIMEOUT, Election, Elector
from albc.errors import NotLeader
from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client
from albc.kube.events import EventRecorder, Regarding
from albc.kube.leases import LEASES
from albc.settings import Settings

LAST_EVENT: Final = 1.0
"""Seconds that the event of the end may take."""


@asynccontextmanager
async def candidate(settings: Settings, connection: ConnectionConfig) -> AsyncIterator[Elector | None]:
    """The elector, with a client of its own that asks nobody for leave to write; None with the election off."""
    if not settings.enable_leader_election:
        yield None
        return
    election = Election(
        namespace=settings.leader_election_namespace or connection.namespace,
        name=settings.leader_election_id,
        identity=f"{socket.gethostname()}_{uuid4()}",
    )
    lease = Regarding(LEASES.api_version, LEASES.kind, election.namespace, election.name)
    async with Client(connection, timeout=CALL_TIMEOUT) as client, anyio.create_task_group() as tasks:
        recorder = EventRecorder(client)

        def told(message: str) -> None:
            recorder.record(election.identity, lease, "Normal", "LeaderElection", message)

        tasks.start_soon(recorder.run)
        try:
            yield Elector(client, election, told=told)
        finally:
            tasks.cancel_scope.cancel()
            with anyio.move_on_after(LAST_EVENT, shield=True):
                await recorder.drain()


def leads(elector: Elector | None) -> bool:
    """Whether this replica may write now."""
    if elector is None:
        return True
    with suppress(NotLeader):
        elector.check()
        return True
    return False

"""Election by Lease: of several replicas at most one may write at any moment; time is virtual."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest
from aiohttp import web

from albc.engine.leader import Election, Elector, LeadershipLost
from albc.errors import NotLeader
from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client

pytestmark = pytest.mark.anyio


class LeaseServer:
    """One Lease, with the API's optimistic locking; can be away, or answer nothing."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.away = False
        self.mute = False
        self.writes: list[str] = []
        self.url = ""

    @property
    def spec(self) -> dict[str, Any]:
        assert self.lease is not None
        spec: dict[str, Any] = self.lease["spec"]
        return spec

    def store(self, lease: dict[str, Any]) -> web.Response:
        self.version += 1
        lease["metadata"]["resourceVersion"] = str(self.version)
        self.lease = lease
        self.writes.append(lease["spec"].get("holderIdentity") or "")
        return web.json_response(lease)

    async def handle(self, request: web.Request) -> web.Response:
        if self.mute:
            await asyncio.Event().wait()
        if self.away:
            return web.json_response({"code": 503, "message": "away"}, status=503)
        if request.method == "POST":
            if self.lease is not None:
                return web.json_response({"code": 409, "reason": "AlreadyExists"}, status=409)
            return self.store(await request.json())
        if self.lease is None:
            return web.json_response({"code": 404, "message": "no lease"}, status=404)
        if request.method == "GET":
            return web.json_response(self.lease)
        patch = await request.json()
        if patch["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            return web.json_response({"code": 409, "reason": "Conflict"}, status=409)
        return self.store({**self.lease, "metadata": {**self.lease["metadata"]}, "spec": patch["spec"]})


@pytest.fixture
async def leases() -> AsyncIterator[LeaseServer]:
    server = LeaseServer()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


class Replica:
    """One process: its elector, whether it has lost, and clocks that can be made to have slept, or to be set wrong."""

    def __init__(self, server: LeaseServer, client: Client, name: str) -> None:
        self.slept = 0.0
        self.wrong = 0.0
        """Seconds by which the wall clock is ahead."""
        self.lost: LeadershipLost | None = None
        self.running = anyio.CancelScope()
        self.events: list[str] = []
        self.elector = Elector(
            client,
            Election("kube-system", "albc", name),
            clock=lambda: asyncio.get_running_loop().time() + self.slept,
            wall_clock=lambda: 1_800_000_000.0 + asyncio.get_running_loop().time() + self.wrong,
            told=self.events.append,
        )

    async def run(self) -> None:
        with self.running:
            try:
                await self.elector.run()
            except LeadershipLost as error:
                self.lost = error

    @property
    def may_write(self) -> bool:
        try:
            self.elector.check()
        except NotLeader:
            return False
        return True


@pytest.fixture
async def replica(leases: LeaseServer) -> AsyncIterator[Callable[[str], Replica]]:
    """Starts a replica."""
    async with AsyncExitStack() as clients, anyio.create_task_group() as tasks:
        connected = [
            await clients.enter_async_context(Client(ConnectionConfig(leases.url), timeout=5.0)) for _ in range(3)
        ]

        def start(name: str) -> Replica:
            replica = Replica(leases, connected.pop(), name)
            tasks.start_soon(replica.run)
            return replica

        yield start
        tasks.cancel_scope.cancel()


Start = Callable[[str], Replica]


async def test_a_replica_alone_leads_at_once_and_writes_the_fields_that_client_go_reads(
    leases: LeaseServer, replica: Start
) -> None:
    a = replica("a")
    await anyio.sleep(1.0)
    assert a.may_write
    assert a.elector.leading.is_set()
    assert leases.spec["holderIdentity"] == "a"
    assert leases.spec["leaseDurationSeconds"] == 15
    assert leases.spec["leaseTransitions"] == 0
    assert leases.spec["acquireTime"].endswith("Z")
    assert "." in leases.spec["renewTime"]
    assert a.events == ["a became leader"]


async def test_the_lease_is_renewed_every_retry_period_and_keeps_its_acquire_time(
    leases: LeaseServer, replica: Start
) -> None:
    replica("a")
    await anyio.sleep(1.0)
    acquired = leases.spec["acquireTime"]
    await anyio.sleep(20.0)
    assert len(leases.writes) == 11
    assert leases.spec["acquireTime"] == acquired


async def test_a_second_replica_waits_as_long_as_the_first_renews(leases: LeaseServer, replica: Start) -> None:
    replica("a")
    await anyio.sleep(1.0)
    b = replica("b")
    await anyio.sleep(300.0)
    assert set(leases.writes) == {"a"}
    assert not b.may_write


@pytest.mark.parametrize("years", [-10, 10])
@pytest.mark.parametrize("whose", ["the leader's", "the candidate's"])
async def test_a_wall_clock_that_jumps_changes_nothing(
    years: int, whose: str, leases: LeaseServer, replica: Start
) -> None:
    a = replica("a")
    await anyio.sleep(1.0)
    b = replica("b")
    await anyio.sleep(10.0)
    (a if whose == "the leader's" else b).wrong = years * 365 * 86400.0
    await anyio.sleep(300.0)
    assert set(leases.writes) == {"a"}
    assert (a.may_write, b.may_write) == (True, False)


async def test_a_dead_holders_lease_is_taken_over_after_its_duration_and_counted(
    leases: LeaseServer, replica: Start
) -> None:
    dead = {"holderIdentity": "dead", "leaseDurationSeconds": 15, "leaseTransitions": 4, "renewTime": "long ago"}
    leases.store({"metadata": {"name": "albc"}, "spec": dead})
    b = replica("b")
    await anyio.sleep(14.0)
    assert not b.may_write
    await anyio.sleep(6.0)
    assert b.may_write
    assert leases.spec["leaseTransitions"] == 5


async def test_a_lease_that_was_given_back_is_taken_at_once(leases: LeaseServer, replica: Start) -> None:
    leases.store({"metadata": {"name": "albc"}, "spec": {"holderIdentity": "", "leaseDurationSeconds": 1}})
    b = replica("b")
    await anyio.sleep(1.0)
    assert b.may_write


async def test_a_leader_without_an_api_server_may_not_write_after_the_renew_deadline_and_loses(
    leases: LeaseServer, replica: Start
) -> None:
    a = replica("a")
    await anyio.sleep(1.0)
    leases.away = True
    await anyio.sleep(8.0)
    assert a.may_write
    await anyio.sleep(4.0)
    assert not a.may_write
    assert a.lost is not None
    assert "away" in str(a.lost)
    assert a.events[-1] == "a stopped leading"


async def test_a_leader_whose_api_server_answers_nothing_loses_in_time(leases: LeaseServer, replica: Start) -> None:
    a = replica("a")
    await anyio.sleep(1.0)
    leases.mute = True
    await anyio.sleep(12.0)
    assert a.lost is not None


async def test_a_leader_survives_an_api_server_that_is_away_for_less_than_the_renew_deadline(
    leases: LeaseServer, replica: Start
) -> None:
    a = replica("a")
    await anyio.sleep(1.0)
    for _ in range(5):
        leases.away = True
        await anyio.sleep(7.0)
        leases.away = False
        await anyio.sleep(5.0)
    assert a.may_write
    assert a.lost is None


async def test_two_replicas_never_may_write_at_once_while_the_api_server_comes_and_goes(
    leases: LeaseServer, replica: Start
) -> None:
    replicas = [replica("a"), replica("b"), replica("c")]
    leaders: set[str] = set()
    for second in range(600):
        leases.away = second % 40 in range(20, 34)
        await anyio.sleep(1.0)
        writers = [each.elector.election.identity for each in replicas if each.may_write]
        assert len(writers) <= 1
        leaders.update(writers)
    assert len(leaders) > 1, "nobody took over"


async def test_a_leader_that_was_suspended_may_not_write_from_the_moment_it_wakes(
    leases: LeaseServer, replica: Start
) -> None:
    a = replica("a")
    await anyio.sleep(1.0)
    assert a.may_write
    a.slept = 60.0  # none of its tasks has run yet
    assert not a.may_write
    await anyio.sleep(3.0)
    assert a.lost is not None


async def test_a_leader_whose_lease_was_taken_by_another_loses_at_the_next_look(
    leases: LeaseServer, replica: Start
) -> None:
    a = replica("a")
    await anyio.sleep(1.0)
    leases.store({"metadata": {"name": "albc"}, "spec": {"holderIdentity": "b", "leaseDurationSeconds": 15}})
    await anyio.sleep(3.0)
    assert a.lost is not None
    assert leases.writes[-1] == "b"


async def test_a_lease_that_somebody_deleted_is_made_again_by_its_holder(leases: LeaseServer, replica: Start) -> None:
    a = replica("a")
    await anyio.sleep(1.0)
    leases.lease = None
    await anyio.sleep(3.0)
    assert a.may_write
    assert leases.spec["holderIdentity"] == "a"


async def test_an_edit_of_the_lease_by_somebody_else_is_kept_and_does_not_end_leadership(
    leases: LeaseServer, replica: Start
) -> None:
    a = replica("a")
    await anyio.sleep(1.0)
    assert leases.lease is not None
    edited = {**leases.lease, "metadata": {**leases.lease["metadata"], "labels": {"team": "edge"}}}
    leases.store(edited)
    await anyio.sleep(10.0)
    assert a.may_write
    assert leases.lease["metadata"]["labels"] == {"team": "edge"}


async def test_release_lets_the_next_replica_lead_within_a_few_seconds(leases: LeaseServer, replica: Start) -> None:
    a = replica("a")
    await anyio.sleep(1.0)
    b = replica("b")
    await anyio.sleep(3.0)
    a.running.cancel()
    await a.elector.release()
    assert not a.may_write
    assert leases.spec["holderIdentity"] is None, "the API server refuses an empty holder"
    await anyio.sleep(5.0)
    assert b.may_write


async def test_release_without_the_lease_writes_nothing(leases: LeaseServer, replica: Start) -> None:
    replica("a")
    await anyio.sleep(1.0)
    b = replica("b")
    await anyio.sleep(1.0)
    await b.elector.release()
    assert leases.spec["holderIdentity"] == "a"


async def test_statistics_say_who_leads(leases: LeaseServer, replica: Start) -> None:
    a = replica("a")
    await anyio.sleep(1.0)
    b = replica("b")
    await anyio.sleep(1.0)
    assert (a.elector.statistics().leading, b.elector.statistics().leading) == (True, False)
    assert b.elector.statistics().holder == "a"

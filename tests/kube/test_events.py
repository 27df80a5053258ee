"""Events are counted, combined and limited, so that a person can read them."""

from typing import Any

import anyio
import pytest
from structlog.testing import capture_logs

from albc.errors import NotLeader
from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client
from albc.kube.events import BACKLOG, BURST, REFILL, SIMILAR, SIMILAR_FOR, Correlator, Event, EventRecorder, Regarding
from albc.kube.objects import INGRESSES, Ingress
from albc.kube.objects.meta import ObjectMeta

INGRESS = Ingress(metadata=ObjectMeta(name="web", namespace="shop", uid="u-1", resource_version="7"))
REGARDING = Regarding.of(INGRESSES, INGRESS)


def event(message: str = "Successfully reconciled", at: float = 0.0, name: str = "web") -> Event:
    return Event("ingress", Regarding("v1", "Ingress", "shop", name), "Normal", "Reconciled", message, at, at)


class Written:
    """A correlator, and the Event objects that came of it."""

    def __init__(self) -> None:
        self.correlator = Correlator()
        self.objects: dict[str, Event] = {}

    def __call__(self, new: Event) -> Event | None:
        found = self.correlator.correlate(new)
        if found is None:
            return None
        key, what = found
        name = what.name or f"event-{len(self.objects)}"
        self.objects[name] = what
        self.correlator.written(key, what, name)
        return what


@pytest.fixture
def write() -> Written:
    return Written()


def test_the_same_event_again_raises_the_count_of_the_first(write: Written) -> None:
    for second in range(3):
        write(event(at=float(second)))
    assert list(write.objects) == ["event-0"]
    only = write.objects["event-0"]
    assert (only.count, only.first_seen, only.last_seen) == (3, 0.0, 2.0)


def test_other_messages_and_other_objects_have_events_of_their_own(write: Written) -> None:
    write(event("one"))
    write(event("two"))
    write(event("one", name="api"))
    assert len(write.objects) == 3


def test_many_different_messages_of_one_reason_are_combined(write: Written) -> None:
    for number in range(SIMILAR + 5):
        write(event(f"attempt {number} failed", at=float(number)))
    assert len(write.objects) == SIMILAR
    combined = write.objects[f"event-{SIMILAR - 1}"]
    assert combined.message == f"(combined from similar events): attempt {SIMILAR + 4} failed"
    assert combined.count == 6


def test_different_messages_a_long_time_apart_are_not_combined(write: Written) -> None:
    for number in range(SIMILAR + 5):
        write(event(f"attempt {number} failed", at=number * (SIMILAR_FOR + 1)))
    assert len(write.objects) == SIMILAR + 5


def test_an_object_that_speaks_too_often_is_cut_off_and_heard_again_later(write: Written) -> None:
    heard = [write(event(at=0.0)) is not None for _ in range(BURST + 10)]
    assert heard == [True] * BURST + [False] * 10
    assert write(event(at=0.0, name="other")) is not None, "the limit is each object's own"
    assert write(event(at=REFILL)) is not None
    assert write(event(at=REFILL)) is None


# What arrives at the API server


async def record(server: Any, client: Client, *messages: str, requests: int) -> None:
    """Records events, and waits for so many requests."""
    recorder = EventRecorder(client, clock=lambda: 1_700_000_000.0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(recorder.run)
        for message in messages:
            recorder.record("ingress", REGARDING, "Warning", "FailedBuildModel", message)
        await server.until_asked(requests)
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_an_event_is_a_core_v1_event_on_its_object(server: Any, client: Client) -> None:
    server.answers = [{"metadata": {"name": "x"}}]
    await record(server, client, "Failed build model due to no subnets", requests=1)
    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/api/v1/namespaces/shop/events")
    assert asked.body["involvedObject"] == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "namespace": "shop",
        "name": "web",
        "uid": "u-1",
        "resourceVersion": "7",
    }
    assert asked.body["source"] == {"component": "ingress"}
    assert (asked.body["type"], asked.body["reason"], asked.body["count"]) == ("Warning", "FailedBuildModel", 1)
    assert asked.body["firstTimestamp"] == "2023-11-14T22:13:20Z"


@pytest.mark.anyio
async def test_a_repeated_event_patches_the_count_of_the_one_that_is_there(server: Any, client: Client) -> None:
    server.answers = [{"metadata": {"name": "x"}}]
    await record(server, client, "same", "same", requests=2)
    first, second = server.asked
    assert second.method == "PATCH"
    assert second.path == f"/api/v1/namespaces/shop/events/{first.body['metadata']['name']}"
    assert second.body["count"] == 2


@pytest.mark.anyio
async def test_an_event_that_has_expired_is_made_anew(server: Any, client: Client) -> None:
    server.answers = [{}, (404, {"message": "not found"}), {}]
    await record(server, client, "same", "same", requests=3)
    assert [asked.method for asked in server.asked] == ["POST", "PATCH", "POST"]
    assert server.asked[2].body["count"] == 2


@pytest.mark.anyio
async def test_an_event_that_is_refused_is_dropped_and_the_next_is_written(server: Any, client: Client) -> None:
    server.answers = [(403, {"message": "namespace is being terminated"}), {}]
    await record(server, client, "first", "second", requests=2)
    assert [asked.body["message"] for asked in server.asked] == ["first", "second"]


@pytest.mark.anyio
async def test_a_replica_that_does_not_lead_leaves_its_events_to_the_leader_without_a_word() -> None:
    def fence() -> None:
        raise NotLeader("another one holds the lease")

    async with Client(ConnectionConfig("http://127.0.0.1:1"), fence=fence) as client:
        recorder = EventRecorder(client)
        recorder.record("ingress", REGARDING, "Normal", "Reconciled", "all is well")
        with capture_logs() as lines:
            await recorder.drain()
    assert [line["log_level"] for line in lines] == ["debug"]


@pytest.mark.anyio
async def test_an_event_on_a_cluster_scoped_object_lives_in_the_default_namespace(server: Any, client: Client) -> None:
    server.answers = [{}]
    recorder = EventRecorder(client)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(recorder.run)
        recorder.record("gateway", Regarding("v1", "GatewayClass", "", "alb"), "Normal", "Accepted", "Accepted")
        await server.until_asked(1)
        tasks.cancel_scope.cancel()
    assert server.asked[0].path == "/api/v1/namespaces/default/events"


@pytest.mark.anyio
async def test_recording_never_waits_for_a_server_that_is_away() -> None:
    async with Client(ConnectionConfig("http://127.0.0.1:1")) as client:
        recorder = EventRecorder(client)
        for number in range(BACKLOG + 100):
            recorder.record("ingress", REGARDING, "Normal", "Reconciled", str(number))


@pytest.mark.anyio
async def test_what_waits_at_the_end_is_written_by_drain(server: Any, client: Client) -> None:
    server.answers = [{}]
    recorder = EventRecorder(client)
    recorder.record("albc-1", REGARDING, "Normal", "LeaderElection", "albc-1 stopped leading")
    await recorder.drain()
    assert [asked.body["message"] for asked in server.asked] == ["albc-1 stopped leading"]


@pytest.mark.anyio
async def test_a_message_that_cites_a_user_is_one_line_of_bounded_length(server: Any, client: Client) -> None:
    await record(server, client, "class \x1b[2J\n" + "x" * 5000, requests=1)
    message = server.asked[0].body["message"]
    assert message.startswith("class \\x1b[2J\\nxxx")
    assert len(message) == 1024

"""What an informer makes of a server that restarts, forgets, falls silent, refuses or lies; time is virtual."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import pytest

from albc.engine.informer import INITIAL_SILENCE, SILENCE, Change, Informer, Phase
from albc.kube.auth import ConnectionConfig
from albc.kube.client import Client, Selection
from albc.kube.objects import SERVICES, Service

pytestmark = pytest.mark.anyio


class Watcher:
    """An informer that runs, and what its handler was told."""

    def __init__(self, informer: Informer[Service]) -> None:
        self.informer = informer
        self.changes: list[Change[Service]] = []
        informer.add_handler(self.changes.append)

    @property
    def told(self) -> list[str]:
        """`added shop/a@1`; `(initial)` and `(tombstone)` where they apply."""
        return [
            f"{change.type} {change.key.name}@{change.object.metadata.resource_version}"
            + (" (initial)" if change.initial else "")
            + ("" if change.final else " (tombstone)")
            for change in self.changes
        ]

    @property
    def holds(self) -> list[str]:
        return [f"{obj.name}@{obj.metadata.resource_version}" for obj in self.informer.store.list()]


Watching = Callable[..., AbstractAsyncContextManager[Watcher]]


@pytest.fixture
def watching(client: Client) -> Watching:
    @asynccontextmanager
    async def watching(seconds: float = 5.0, **options: Any) -> AsyncIterator[Watcher]:
        """An informer that has been running for some (virtual) seconds."""
        watcher = Watcher(Informer(options.pop("client", client), SERVICES, **options))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watcher.informer.run)
            await anyio.sleep(seconds)
            yield watcher
            tasks.cancel_scope.cancel()

    return watching


# Lists


async def test_the_first_list_is_told_as_initial_additions_and_then_counts_as_synced(
    server: Any, wire: Any, watching: Watching
) -> None:
    server.on("list", wire.listing(wire.service("a", 1), wire.service("b", 2), version=5))
    async with watching() as watcher:
        assert watcher.told == ["added a@1 (initial)", "added b@2 (initial)"]
        assert watcher.informer.synced.is_set()
        assert server.asked("watch")[0].query["resourceVersion"] == "5"


async def test_pages_are_put_together(server: Any, wire: Any, watching: Watching) -> None:
    server.on(
        "list",
        wire.listing(wire.service("a", 1), version=5, next_page="more"),
        wire.listing(wire.service("b", 2), version=5),
    )
    async with watching() as watcher:
        assert watcher.holds == ["a@1", "b@2"]
        assert [request.query.get("continue") for request in server.asked("list")] == [None, "more"]


async def test_a_continue_token_that_expires_begins_the_list_anew(server: Any, wire: Any, watching: Watching) -> None:
    server.on(
        "list",
        wire.listing(wire.service("gone", 1), version=5, next_page="old"),
        wire.refusal(410, "the continue token has expired", "Expired"),
        wire.listing(wire.service("a", 8), version=9),
    )
    async with watching() as watcher:
        assert watcher.told == ["added a@8 (initial)"]


async def test_a_streaming_list_is_used_where_the_server_has_it(server: Any, wire: Any, watching: Watching) -> None:
    lines = [wire.event("ADDED", wire.service("a", 1)), wire.bookmark(7, initial_end=True)]
    server.on("stream", wire.Answer(lines=lines))
    async with watching() as watcher:
        assert watcher.told == ["added a@1 (initial)"]
        assert not server.asked("list")
        assert server.asked("watch")[0].query["resourceVersion"] == "7"


async def test_changes_within_a_streaming_list_count_with_it(server: Any, wire: Any, watching: Watching) -> None:
    lines = [
        wire.event("ADDED", wire.service("a", 1)),
        wire.event("ADDED", wire.service("b", 2)),
        wire.event("MODIFIED", wire.service("a", 3)),
        wire.event("DELETED", wire.service("b", 4)),
        wire.bookmark(7, initial_end=True),
    ]
    server.on("stream", wire.Answer(lines=lines))
    async with watching() as watcher:
        assert watcher.told == ["added a@3 (initial)"]


async def test_a_server_that_answers_a_streaming_list_with_an_error_event_is_asked_for_pages(
    server: Any, wire: Any, watching: Watching
) -> None:
    error = wire.event("ERROR", {"kind": "Status", "code": 500, "message": "etcd is too old"})
    server.on("stream", wire.Answer(lines=[error]))
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    async with watching() as watcher:
        assert watcher.holds == ["a@1"]


async def test_a_server_that_never_ends_a_streaming_list_is_asked_for_pages(
    server: Any, wire: Any, watching: Watching
) -> None:
    server.on("stream", wire.Answer(lines=[wire.event("ADDED", wire.service("a", 1))]))
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    async with watching(seconds=INITIAL_SILENCE + 2) as watcher:
        assert watcher.told == ["added a@1 (initial)"]


async def test_selectors_and_namespace_are_asked_for(server: Any, wire: Any, watching: Watching) -> None:
    async with watching(select=Selection("shop", "app=web", "metadata.name=a")):
        for request in (server.asked("list")[0], server.asked("watch")[0]):
            assert request.path == "/api/v1/namespaces/shop/services"
            assert request.query["labelSelector"] == "app=web"
            assert request.query["fieldSelector"] == "metadata.name=a"


# Watches


async def test_each_change_is_told_once_and_in_order(server: Any, wire: Any, watching: Watching) -> None:
    lines = [
        wire.event("ADDED", wire.service("a", 6)),
        wire.event("MODIFIED", wire.service("a", 7)),
        wire.event("DELETED", wire.service("a", 8)),
    ]
    server.on("watch", wire.Answer(lines=lines))
    async with watching() as watcher:
        assert watcher.told == ["added a@6", "updated a@7", "deleted a@8"]
        assert watcher.holds == []


async def test_a_deletion_gives_the_last_state(server: Any, wire: Any, watching: Watching) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    last = wire.service("a", 6, labels={"last": "words"})
    server.on("watch", wire.Answer(lines=[wire.event("DELETED", last)]))
    async with watching() as watcher:
        deletion = watcher.changes[-1]
        assert deletion.object.metadata.labels == {"last": "words"}
        assert deletion.final


async def test_an_update_gives_the_state_before(server: Any, wire: Any, watching: Watching) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    server.on("watch", wire.Answer(lines=[wire.event("MODIFIED", wire.service("a", 6))]))
    async with watching() as watcher:
        old = watcher.changes[-1].old
        assert old is not None
        assert old.metadata.resource_version == "1"


async def test_a_watch_that_the_server_ends_goes_on_from_the_last_bookmark(
    server: Any, wire: Any, watching: Watching
) -> None:
    lines = [wire.event("ADDED", wire.service("a", 6)), wire.bookmark(9)]
    server.on("watch", wire.Answer(lines=lines, ending="end"), wire.Answer())
    async with watching() as watcher:
        assert [request.query["resourceVersion"] for request in server.asked("watch")] == ["1", "9"]
        assert watcher.told == ["added a@6"]


async def test_the_server_is_asked_to_end_watches_after_differing_times(
    server: Any, wire: Any, watching: Watching
) -> None:
    lines = [wire.event("ADDED", wire.service("a", 6))]
    server.on("watch", *[wire.Answer(lines=lines, ending="end")] * 12, wire.Answer())
    async with watching():
        seconds = [int(request.query["timeoutSeconds"]) for request in server.asked("watch")]
        assert min(seconds) >= 290
        assert max(seconds) <= 590
        assert len(set(seconds)) > 1


async def test_a_server_that_ends_each_watch_at_once_is_not_asked_without_pause(
    server: Any, wire: Any, watching: Watching
) -> None:
    server.on("watch", wire.Answer(ending="end"))
    async with watching(seconds=60.0):
        assert 3 < len(server.asked("watch")) < 30


async def test_a_version_that_is_too_old_makes_it_list_again_and_tell_the_difference(
    server: Any, wire: Any, watching: Watching
) -> None:
    kept, changed, gone = wire.service("kept", 1), wire.service("changed", 2), wire.service("gone", 3)
    server.on(
        "list",
        wire.listing(kept, changed, gone, version=5),
        wire.listing(kept, wire.service("changed", 8), wire.service("new", 9), version=10),
    )
    error = wire.event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})
    server.on("watch", wire.Answer(lines=[error]), wire.Answer())
    async with watching() as watcher:
        assert watcher.told[3:] == ["deleted gone@3 (tombstone)", "updated changed@8", "added new@9"]
        assert server.asked("watch")[-1].query["resourceVersion"] == "10"


async def test_a_watch_refused_with_410_makes_it_list_again(server: Any, wire: Any, watching: Watching) -> None:
    server.on("watch", wire.refusal(410, "too old resource version", "Expired"), wire.Answer())
    server.on("list", wire.listing(version=1), wire.listing(wire.service("a", 2), version=3))
    async with watching() as watcher:
        assert watcher.holds == ["a@2"]


async def test_a_server_that_finds_every_version_too_old_is_asked_ever_less_often(
    server: Any, wire: Any, watching: Watching
) -> None:
    server.on("watch", wire.refusal(410, "too old resource version", "Expired"))
    async with watching(seconds=600.0):
        assert len(server.asked("list")) < 80


async def test_an_object_made_anew_while_nobody_watched_is_deleted_and_added(
    server: Any, wire: Any, watching: Watching
) -> None:
    server.on(
        "list",
        wire.listing(wire.service("a", 1, uid="first"), version=5),
        wire.listing(wire.service("a", 8, uid="second"), version=9),
    )
    server.on("watch", wire.refusal(410, "too old resource version"), wire.Answer())
    async with watching() as watcher:
        assert watcher.told[1:] == ["deleted a@1 (tombstone)", "added a@8"]


async def test_any_other_error_event_makes_it_list_again(server: Any, wire: Any, watching: Watching) -> None:
    error = wire.event("ERROR", {"kind": "Status", "code": 500, "message": "internal"})
    server.on("watch", wire.Answer(lines=[error]), wire.Answer())
    async with watching():
        assert len(server.asked("list")) == 2


async def test_a_half_open_connection_is_noticed_by_its_silence(server: Any, wire: Any, watching: Watching) -> None:
    server.on("watch", wire.Answer(), wire.Answer(lines=[wire.event("ADDED", wire.service("a", 6))]))
    async with watching(seconds=SILENCE - 1) as watcher:
        assert watcher.told == []
        await anyio.sleep(3.0)
        assert watcher.told == ["added a@6"]
        assert len(server.asked("list")) == 1, "silence is no reason to list again"


async def test_a_connection_that_breaks_in_the_middle_of_a_line_loses_nothing(
    server: Any, wire: Any, watching: Watching
) -> None:
    whole, torn = wire.event("ADDED", wire.service("a", 6)), wire.event("ADDED", wire.service("b", 7))
    server.on("watch", wire.Answer(lines=[whole, torn[:40]], ending="cut"), wire.Answer(lines=[torn]))
    async with watching() as watcher:
        assert watcher.told == ["added a@6", "added b@7"]
        assert server.asked("watch")[-1].query["resourceVersion"] == "6"


async def test_objects_of_more_than_a_megabyte_arrive(server: Any, wire: Any, watching: Watching) -> None:
    big = wire.service("big", 6, annotations={"text": "x" * 1_400_000})
    server.on("watch", wire.Answer(lines=[wire.event("ADDED", big)]))
    async with watching() as watcher:
        assert len(watcher.changes[0].object.metadata.annotations["text"]) == 1_400_000


async def test_a_line_that_arrives_byte_by_byte_is_one_event(server: Any, wire: Any, watching: Watching) -> None:
    line = wire.event("ADDED", wire.service("a", 6))
    server.on("watch", wire.Answer(lines=[line[i : i + 1] for i in range(len(line))]))
    async with watching() as watcher:
        assert watcher.told == ["added a@6"]


# Refusals


async def test_a_kind_that_is_forbidden_is_asked_for_again_and_syncs_when_allowed(
    server: Any, wire: Any, watching: Watching
) -> None:
    forbidden = wire.refusal(403, "services is forbidden: User cannot list", "Forbidden")
    server.on("stream", *[forbidden] * 4, wire.refusal(422, "no streaming list"))
    async with watching(seconds=0.2) as watcher:
        assert watcher.informer.statistics().phase is Phase.FORBIDDEN
        assert not watcher.informer.synced.is_set()
        await anyio.sleep(60.0)
        assert watcher.informer.synced.is_set()


async def test_a_missing_kind_is_waited_for_and_found_when_it_appears(
    server: Any, wire: Any, watching: Watching
) -> None:
    server.on(
        "stream", *[wire.refusal(404, "the server could not find the requested resource")] * 3, wire.refusal(422, "")
    )
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    async with watching(seconds=0.2) as watcher:
        assert watcher.informer.statistics().phase is Phase.ABSENT
        assert not watcher.informer.synced.is_set()
        await anyio.sleep(60.0)
        assert watcher.holds == ["a@1"]


async def test_a_missing_optional_kind_counts_as_synced(server: Any, wire: Any, watching: Watching) -> None:
    server.on("stream", wire.refusal(404, "the server could not find the requested resource"))
    async with watching(optional=True) as watcher:
        assert watcher.informer.synced.is_set()
        assert watcher.told == []


async def test_a_kind_whose_definition_is_deleted_tells_the_deletions_and_waits(
    server: Any, wire: Any, watching: Watching
) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5), wire.listing(version=9))
    server.on(
        "watch",
        wire.Answer(lines=[wire.event("DELETED", wire.service("a", 6))], ending="end"),
        wire.refusal(404, "the server could not find the requested resource"),
    )
    async with watching() as watcher:
        assert watcher.told == ["added a@1 (initial)", "deleted a@6"]
        assert watcher.informer.statistics().phase is Phase.ABSENT


async def test_a_token_that_was_renewed_on_disk_is_read_again_when_the_server_refuses_the_old_one(
    server: Any, wire: Any, watching: Watching
) -> None:
    tokens = iter(["old", "new"])

    class Renewed:
        current = next(tokens)

        async def token(self, rejected: str | None = None) -> str | None:
            if rejected == self.current:
                self.current = next(tokens)
            return self.current

    server.on("stream", wire.refusal(401, "Unauthorized"), wire.refusal(422, ""))
    async with Client(ConnectionConfig(server.url, Renewed())) as client, watching(client=client) as watcher:
        assert watcher.informer.synced.is_set()
        assert [request.authorization for request in server.requests[:2]] == ["Bearer old", "Bearer new"]


async def test_a_server_that_is_too_busy_is_left_alone_for_as_long_as_it_says(
    server: Any, wire: Any, watching: Watching
) -> None:
    server.on("stream", wire.refusal(429, "too many requests", **{"Retry-After": "17"}), wire.refusal(422, ""))
    async with watching(seconds=30.0):
        first, second = server.asked("stream")[:2]
        assert second.at - first.at >= 17.0


async def test_an_unreachable_server_is_tried_again_until_it_is_there(watching: Watching) -> None:
    async with (
        Client(ConnectionConfig("http://127.0.0.1:1")) as client,
        watching(client=client, seconds=300.0) as watcher,
    ):
        now = watcher.informer.statistics()
        assert 5 < now.lists < 60
        assert "cannot connect" in now.last_error


# Handlers and decoding


async def test_an_object_that_cannot_be_read_keeps_its_last_good_state_and_the_others_go_on(
    server: Any, wire: Any, watching: Watching
) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    bad = {**wire.service("a", 6), "spec": {"ports": "none"}}
    server.on("watch", wire.Answer(lines=[wire.event("MODIFIED", bad), wire.event("ADDED", wire.service("b", 7))]))
    async with watching() as watcher:
        assert watcher.holds == ["a@1", "b@7"]
        assert watcher.informer.statistics().undecodable == 1


async def test_an_object_that_cannot_be_read_in_a_list_is_not_taken_for_deleted(
    server: Any, wire: Any, watching: Watching
) -> None:
    bad = {**wire.service("a", 6), "spec": {"ports": "none"}}
    server.on("list", wire.listing(wire.service("a", 1), version=5), wire.listing(bad, version=7))
    server.on("watch", wire.refusal(410, "too old resource version"), wire.Answer())
    async with watching() as watcher:
        assert watcher.holds == ["a@1"]


async def test_a_handler_that_fails_disturbs_neither_the_others_nor_the_next_change(
    server: Any, wire: Any, client: Client
) -> None:
    server.on("list", wire.listing(wire.service("a", 1), wire.service("b", 2), version=5))
    informer = Informer(client, SERVICES)

    def broken(change: Change[Service]) -> None:
        raise RuntimeError("broken")

    informer.add_handler(broken)
    watcher = Watcher(informer)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(informer.run)
        await anyio.sleep(5.0)
        tasks.cancel_scope.cancel()
    assert watcher.told == ["added a@1 (initial)", "added b@2 (initial)"]


async def test_a_handler_added_later_is_told_what_is_there(server: Any, wire: Any, watching: Watching) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    async with watching() as watcher:
        late: list[Change[Service]] = []
        watcher.informer.add_handler(late.append)
        assert [(change.type, change.key.name, change.initial) for change in late] == [("added", "a", True)]


async def test_a_resync_tells_every_object_without_a_change(server: Any, wire: Any, watching: Watching) -> None:
    server.on("list", wire.listing(wire.service("a", 1), version=5))
    async with watching() as watcher:
        await watcher.informer.resync()
        assert watcher.told[1:] == ["resynced a@1"]


async def test_a_proxy_that_answers_with_a_page_of_its_own_is_waited_out(
    server: Any, wire: Any, watching: Watching
) -> None:
    server.on("list", wire.Answer(body="please log in"), wire.listing(wire.service("a", 1), version=5))
    server.on("watch", wire.Answer(lines=[b"<html>\n"]), wire.Answer(lines=[wire.event("ADDED", wire.service("b", 6))]))
    async with watching() as watcher:
        assert watcher.holds == ["a@1", "b@6"]


@pytest.mark.parametrize(
    "line", [b'{"type":' * 20_000, b'{"type":"\xff","object":{}}', b"null", b"garbage", b'{"type":"X"}']
)
async def test_lines_that_are_no_events_do_not_end_an_informer(
    server: Any, wire: Any, watching: Watching, line: bytes
) -> None:
    server.on("list", wire.listing(version=5))
    good = wire.event("ADDED", wire.service("b", 7))
    server.on("watch", wire.Answer(lines=[line + b"\n"], ending="end"), wire.Answer(lines=[good]))
    async with watching() as watcher:
        assert watcher.holds == ["b@7"]

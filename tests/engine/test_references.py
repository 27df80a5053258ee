"""Secrets are watched one by one, for as long as somebody needs them; time is virtual."""

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from albc.engine.informer import Change
from albc.engine.references import References
from albc.errors import Forbidden
from albc.kube.client import Client
from albc.kube.objects import SECRETS, Secret

pytestmark = pytest.mark.anyio


class Heard:
    def __init__(self, references: References[Secret]) -> None:
        self.references = references
        self.changes: list[Change[Secret]] = []
        references.add_handler(self.changes.append)

    @property
    def told(self) -> list[str]:
        return [f"{change.type} {change.key.name}@{change.object.metadata.resource_version}" for change in self.changes]


@pytest.fixture
async def heard(client: Client) -> AsyncIterator[Heard]:
    heard = Heard(References(client, SECRETS, labels="team=edge"))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(heard.references.run)
        yield heard
        tasks.cancel_scope.cancel()


async def test_a_watch_is_open_for_one_object_in_its_namespace_and_with_the_label(server: Any, heard: Heard) -> None:
    heard.references.refer("ingress", [("shop", "oidc")])
    await anyio.sleep(1.0)
    watch = server.asked("watch")[0]
    assert watch.path == "/api/v1/namespaces/shop/secrets"
    assert watch.query["fieldSelector"] == "metadata.name=oidc"
    assert watch.query["labelSelector"] == "team=edge"


async def test_nothing_is_watched_that_nobody_refers_to(server: Any, heard: Heard) -> None:
    await anyio.sleep(10.0)
    assert server.requests == []


async def test_two_consumers_share_a_watch_which_ends_with_the_last_of_them(server: Any, heard: Heard) -> None:
    heard.references.refer("one", [("shop", "oidc")])
    heard.references.refer("two", [("shop", "oidc")])
    await anyio.sleep(1.0)
    assert len(server.asked("watch")) == 1
    heard.references.refer("one", [])
    assert len(heard.references.statistics()) == 1
    heard.references.refer("two", [("shop", "other")])
    assert [each.selection.fields for each in heard.references.statistics()] == ["metadata.name=other"]


async def test_the_state_a_watch_begins_with_is_no_news_but_every_change_is(
    server: Any, wire: Any, heard: Heard
) -> None:
    server.on("list", wire.listing(wire.service("oidc", 1), version=5))
    changes = [wire.event("MODIFIED", wire.service("oidc", 6)), wire.event("DELETED", wire.service("oidc", 7))]
    server.on("watch", wire.Answer(lines=changes))
    heard.references.refer("ingress", [("shop", "oidc")])
    await anyio.sleep(1.0)
    assert heard.told == ["updated oidc@6", "deleted oidc@7"]


async def test_a_change_between_reading_and_watching_is_told(server: Any, wire: Any, client: Client) -> None:
    server.on("other", wire.Answer(body=wire.service("oidc", 1)))
    server.on("list", wire.listing(wire.service("oidc", 2), version=5))
    heard = Heard(References(client, SECRETS))
    heard.references.refer("ingress", [("shop", "oidc")])
    await heard.references.get(("shop", "oidc"))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(heard.references.run)
        await anyio.sleep(1.0)
        tasks.cancel_scope.cancel()
    assert heard.told == ["updated oidc@2"]


async def test_get_reads_the_watch_if_it_has_the_object(server: Any, wire: Any, heard: Heard) -> None:
    server.on("list", wire.listing(wire.service("oidc", 1), version=5))
    heard.references.refer("ingress", [("shop", "oidc")])
    await anyio.sleep(1.0)
    secret = await heard.references.get(("shop", "oidc"))
    assert secret is not None
    assert secret.name == "oidc"
    assert server.asked("other") == []


async def test_get_of_what_does_not_exist_is_none_and_of_what_is_forbidden_an_error(
    server: Any, wire: Any, heard: Heard
) -> None:
    assert await heard.references.get(("shop", "nothing")) is None
    server.on("other", wire.refusal(403, "secrets is forbidden", "Forbidden"))
    with pytest.raises(Forbidden):
        await heard.references.get(("shop", "nothing"))


async def test_a_name_that_no_object_can_have_is_neither_watched_nor_read(server: Any, heard: Heard) -> None:
    stolen = ("shop", "../../kube-system/secrets/key")
    heard.references.refer("ingress", [stolen, ("shop", "a,type=b")])
    assert await heard.references.get(stolen) is None
    await anyio.sleep(1.0)
    assert server.requests == []

"""Finalizers come and go without losing those of others."""

from typing import Any

import pytest

from albc.errors import Conflict, NotFound
from albc.kube.client import Client
from albc.kube.finalizers import ATTEMPTS, add_finalizer, remove_finalizer
from albc.kube.objects import SERVICES

pytestmark = pytest.mark.anyio

KEY = ("shop", "web")
OURS, THEIRS = "service.k8s.aws/resources", "example.com/theirs"
CHANGED = (409, {"reason": "Conflict", "message": "the object has been modified"})


def service(*finalizers: str, version: str = "7") -> dict[str, Any]:
    return {
        "metadata": {"name": "web", "namespace": "shop", "resourceVersion": version, "finalizers": list(finalizers)}
    }


async def test_adding_keeps_what_others_have_put_there_and_locks_on_what_was_read(server: Any, client: Client) -> None:
    server.answers = [service(THEIRS)]
    await add_finalizer(client, SERVICES, KEY, OURS)
    assert server.asked[1].body == {"metadata": {"resourceVersion": "7", "finalizers": [THEIRS, OURS]}}


async def test_removing_takes_only_ours(server: Any, client: Client) -> None:
    server.answers = [service(OURS, THEIRS)]
    await remove_finalizer(client, SERVICES, KEY, OURS)
    assert server.asked[1].body == {"metadata": {"resourceVersion": "7", "finalizers": [THEIRS]}}


async def test_nothing_is_written_if_all_is_well_already(server: Any, client: Client) -> None:
    server.answers = [service(OURS)]
    await add_finalizer(client, SERVICES, KEY, OURS)
    server.answers = [service(THEIRS)]
    await remove_finalizer(client, SERVICES, KEY, OURS)
    assert [asked.method for asked in server.asked] == ["GET", "GET"]


async def test_a_conflict_is_tried_again_on_the_newest_state(server: Any, client: Client) -> None:
    server.answers = [service(), CHANGED, service(THEIRS, version="8"), service()]
    await add_finalizer(client, SERVICES, KEY, OURS)
    assert server.asked[-1].body == {"metadata": {"resourceVersion": "8", "finalizers": [THEIRS, OURS]}}


async def test_conflicts_without_end_are_reported(server: Any, client: Client) -> None:
    server.answers = [each for _ in range(ATTEMPTS) for each in (service(), CHANGED)]
    with pytest.raises(Conflict):
        await add_finalizer(client, SERVICES, KEY, OURS)
    assert len(server.asked) == 2 * ATTEMPTS


async def test_an_object_that_is_gone_needs_no_removal_but_cannot_be_added_to(server: Any, client: Client) -> None:
    server.answers = [(404, {"message": "not found"})]
    await remove_finalizer(client, SERVICES, KEY, OURS)
    with pytest.raises(NotFound):
        await add_finalizer(client, SERVICES, KEY, OURS)

"""Faults on demand: what a client of the embedded cluster meets on a bad day."""

import json
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import anyio
import pytest

from albc.local.kubernetes import Cluster

Object = dict[str, Any]
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
pytestmark = pytest.mark.anyio


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with Cluster() as running:
        yield running


@pytest.fixture
async def client(cluster: Cluster) -> AsyncIterator[aiohttp.ClientSession]:
    context = ssl.create_default_context(cadata=cluster.certificate_authority.decode())
    token = cluster.kubeconfig()["users"][0]["user"]["token"]
    async with aiohttp.ClientSession(
        cluster.url,
        connector=aiohttp.TCPConnector(ssl=context),
        headers={"Authorization": f"Bearer {token}"},
        timeout=aiohttp.ClientTimeout(total=10),
    ) as session:
        yield session


async def version_of(client: aiohttp.ClientSession) -> str:
    async with client.get(CONFIG_MAPS) as answer:
        return str((await answer.json())["metadata"]["resourceVersion"])


async def test_a_throttled_request_is_told_when_to_come_again(cluster: Cluster, client: aiohttp.ClientSession) -> None:
    cluster.throttle(1, retry_after=7)
    async with client.get(CONFIG_MAPS) as refused, client.get(CONFIG_MAPS) as served:
        assert refused.status == 429
        assert refused.headers["Retry-After"] == "7"
        assert (await refused.json())["reason"] == "TooManyRequests"
        assert served.status == 200


async def test_after_a_loss_of_history_old_watches_are_too_old(cluster: Cluster, client: aiohttp.ClientSession) -> None:
    start = await version_of(client)
    cluster.expire_history()
    async with client.get(CONFIG_MAPS, params={"watch": "true", "resourceVersion": start}) as answer:
        (line,) = (await answer.text()).splitlines()
    event = json.loads(line)
    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


async def test_after_a_loss_of_history_a_new_list_and_watch_work(
    cluster: Cluster, client: aiohttp.ClientSession
) -> None:
    cluster.expire_history()
    params = {"watch": "true", "timeoutSeconds": "1", "resourceVersion": await version_of(client)}
    await client.post(CONFIG_MAPS, json={"metadata": {"name": "a"}})
    async with client.get(CONFIG_MAPS, params=params) as answer:
        (line,) = (await answer.text()).splitlines()
    assert json.loads(line)["object"]["metadata"]["name"] == "a"


async def test_after_a_loss_of_history_an_unfinished_list_is_too_old(
    cluster: Cluster, client: aiohttp.ClientSession
) -> None:
    for name in ("a", "b"):
        await client.post(CONFIG_MAPS, json={"metadata": {"name": name}})
    async with client.get(CONFIG_MAPS, params={"limit": "1"}) as answer:
        token = (await answer.json())["metadata"]["continue"]
    cluster.expire_history()
    async with client.get(CONFIG_MAPS, params={"continue": token}) as answer:
        assert answer.status == 410
        rest = (await answer.json())["metadata"]["continue"]
    async with client.get(CONFIG_MAPS, params={"continue": rest}) as answer:
        assert [item["metadata"]["name"] for item in (await answer.json())["items"]] == ["b"]


@pytest.mark.parametrize("fault", ["restart", "cut_watches"])
async def test_a_watch_that_is_cut_breaks_in_the_middle(
    cluster: Cluster, client: aiohttp.ClientSession, fault: str
) -> None:
    async with client.get(CONFIG_MAPS, params={"watch": "true"}) as answer:
        getattr(cluster, fault)()
        with pytest.raises(aiohttp.ClientError):
            await answer.text()


async def test_a_restarting_server_refuses_connections_and_comes_back_with_its_objects(
    cluster: Cluster, client: aiohttp.ClientSession
) -> None:
    await client.post(CONFIG_MAPS, json={"metadata": {"name": "kept"}})
    port = int(cluster.url.rpartition(":")[2])

    async def refused() -> bool:
        try:
            await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
        except OSError:
            return True
        return False

    cluster.restart(down=0.1)

    with anyio.fail_after(60):
        while not await refused():
            await anyio.lowlevel.checkpoint()
        while await refused():  # noqa: ASYNC110 - a client outside sees no event
            await anyio.sleep(0.01)
    async with client.get(f"{CONFIG_MAPS}/kept") as answer:
        assert answer.status == 200


async def test_a_slow_server_answers_late(cluster: Cluster, client: aiohttp.ClientSession) -> None:
    cluster.slow(30)
    with pytest.raises(TimeoutError):
        async with client.get(CONFIG_MAPS, timeout=aiohttp.ClientTimeout(total=0.1)):
            pass
    cluster.slow(0)
    async with client.get(CONFIG_MAPS) as answer:
        assert answer.status == 200


async def test_a_silent_server_says_nothing_until_it_is_loud_again(
    cluster: Cluster, client: aiohttp.ClientSession
) -> None:
    cluster.silence()
    with pytest.raises(TimeoutError):
        async with client.get(CONFIG_MAPS, timeout=aiohttp.ClientTimeout(total=0.1)):
            pass
    cluster.silence(False)
    async with client.get(CONFIG_MAPS) as answer:
        assert answer.status == 200


async def test_everything_ends_with_the_block() -> None:
    async with Cluster() as cluster:
        url = cluster.url
    with pytest.raises(OSError, match=r".*"):
        await anyio.connect_tcp("127.0.0.1", int(url.rpartition(":")[2]))


async def test_open_watches_do_not_hold_up_the_end(client: aiohttp.ClientSession, cluster: Cluster) -> None:
    async with client.get(CONFIG_MAPS, params={"watch": "true"}) as answer:
        assert answer.status == 200


async def test_two_clusters_know_nothing_of_each_other() -> None:
    async with Cluster() as one, Cluster() as other:
        assert one.url != other.url
        assert one.certificate_authority != other.certificate_authority

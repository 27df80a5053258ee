"""What callers of the API client rely on: requests as the API wants them, and errors that say what happened."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from albc.errors import (
    AlbcError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    NotLeader,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)
from albc.kube.auth import ConnectionConfig
from albc.kube.client import EVERYTHING, Client, Selection, Silence
from albc.kube.objects import GATEWAYS, NODES, SERVICES
from albc.kube.patches import ApplyPatch, JsonPatch, MergePatch

pytestmark = pytest.mark.anyio

WEB = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop", "resourceVersion": "7"}}


def page(*names: str, version: str = "5", next_page: str = "") -> dict[str, Any]:
    items = [{"metadata": {"name": name, "namespace": "shop"}} for name in names]
    return {"metadata": {"resourceVersion": version, "continue": next_page}, "items": items}


async def test_get_gives_the_typed_object(server: Any, client: Client) -> None:
    server.answers = [WEB]
    service = await client.get(SERVICES, "web", "shop")
    assert (service.name, service.metadata.resource_version) == ("web", "7")
    assert server.asked[0].path == "/api/v1/namespaces/shop/services/web"


async def test_a_server_url_with_a_path_is_kept(server: Any) -> None:
    server.answers = [WEB]
    async with Client(ConnectionConfig(server.url + "/k8s/clusters/one/")) as client:
        await client.get(NODES, "node-1")
    assert server.asked[0].path == "/k8s/clusters/one/api/v1/nodes/node-1"


async def test_list_reads_every_page_and_gives_the_version_to_watch_from(server: Any, client: Client) -> None:
    server.answers = [page("a", next_page="x"), page("b", version="5")]
    listing = await client.list(SERVICES, Selection("shop", "app=web", "metadata.name!=c"))
    assert [service.name for service in listing.items] == ["a", "b"]
    assert listing.resource_version == "5"
    assert server.asked[0].query == {"limit": "500", "labelSelector": "app=web", "fieldSelector": "metadata.name!=c"}
    assert server.asked[1].query["continue"] == "x"


async def test_a_list_whose_token_expires_begins_again_and_holds_no_object_twice(server: Any, client: Client) -> None:
    server.answers = [page("a", next_page="x"), (410, {"message": "expired"}), page("a"), page("b")]
    assert [service.name for service in (await client.list(SERVICES)).items] == ["a"]


async def test_a_list_whose_tokens_always_expire_ends_with_gone(server: Any, client: Client) -> None:
    server.answers = [(410, {"message": "expired"})]
    with pytest.raises(Gone):
        await client.list(SERVICES)
    assert len(server.asked) == 3


async def test_an_empty_list_may_be_null(server: Any, client: Client) -> None:
    server.answers = [{"metadata": {"resourceVersion": "1"}, "items": None}]
    assert list((await client.list(SERVICES)).items) == []


@pytest.mark.parametrize(
    ("patch", "content_type", "query", "body"),
    [
        (MergePatch({"spec": None}), "application/merge-patch+json", {}, {"spec": None}),
        (
            JsonPatch([{"op": "remove", "path": "/spec"}]),
            "application/json-patch+json",
            {},
            [{"op": "remove", "path": "/spec"}],
        ),
        (
            ApplyPatch({"kind": "Service"}, "albc", force=True),
            "application/apply-patch+yaml",
            {"fieldManager": "albc", "force": "true"},
            {"kind": "Service"},
        ),
    ],
    ids=["merge", "json", "apply"],
)
async def test_each_patch_is_sent_as_what_it_is(
    server: Any, client: Client, patch: Any, content_type: str, query: dict[str, str], body: Any
) -> None:
    server.answers = [WEB]
    await client.patch(SERVICES, "web", patch, "shop")
    asked = server.asked[0]
    assert (asked.method, asked.content_type, asked.query, asked.body) == ("PATCH", content_type, query, body)


async def test_the_status_has_a_path_of_its_own(server: Any, client: Client) -> None:
    server.answers = [{**WEB, "spec": {"gatewayClassName": "alb"}}]
    await client.patch_status(GATEWAYS, "web", MergePatch({"status": {}}), "shop")
    assert server.asked[0].path == "/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/web/status"


async def test_create_update_and_delete_use_their_methods(server: Any, client: Client) -> None:
    server.answers = [WEB]
    await client.create(SERVICES, WEB, "shop")
    await client.update(SERVICES, WEB, "web", "shop")
    await client.delete(SERVICES, "web", "shop", uid="u-1")
    assert [(asked.method, asked.path.rpartition("shop/")[2]) for asked in server.asked] == [
        ("POST", "services"),
        ("PUT", "services/web"),
        ("DELETE", "services/web"),
    ]
    assert server.asked[0].body == WEB
    assert server.asked[2].body["preconditions"] == {"uid": "u-1"}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Invalid),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (405, Refused),
        (409, Conflict),
        (410, Gone),
        (422, Invalid),
        (429, Throttled),
        (500, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
    ],
)
async def test_a_refusal_is_the_error_of_its_code_with_the_servers_words(
    server: Any, client: Client, status: int, error: type[AlbcError]
) -> None:
    server.answers = [(status, {"kind": "Status", "message": "because", "reason": "Why", "code": status})]
    with pytest.raises(error, match=r"^because$") as raised:
        await client.get(SERVICES, "web", "shop")
    assert type(raised.value) is error
    assert getattr(raised.value, "code", "Why") == "Why"


async def test_a_refusal_that_is_no_status_still_says_what_it_was(server: Any, client: Client) -> None:
    async def proxy(request: web.Request) -> web.Response:
        return web.Response(status=502, text="<html>Bad gateway</html>")

    server.answers = [proxy]
    with pytest.raises(Unavailable, match="answered 502"):
        await client.get(SERVICES, "web", "shop")


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("", None), ("soon", None)])
async def test_the_servers_wish_to_be_left_alone_is_passed_on(
    server: Any, client: Client, header: str, seconds: float | None
) -> None:
    server.answers = [(429, {}, {"Retry-After": header})]
    with pytest.raises(Throttled) as raised:
        await client.get(SERVICES, "web", "shop")
    assert raised.value.retry_after == seconds


async def test_a_wish_given_as_a_date_in_the_past_is_no_wait(server: Any, client: Client) -> None:
    server.answers = [(503, {}, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})]
    with pytest.raises(Unavailable) as raised:
        await client.get(SERVICES, "web", "shop")
    assert raised.value.retry_after == 0.0


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with Client(ConnectionConfig("http://127.0.0.1:1")) as client:
        with pytest.raises(Unavailable, match="cannot connect to the API server"):
            await client.get(SERVICES, "web", "shop")


async def test_a_call_that_is_not_answered_in_time_is_unavailable(server: Any) -> None:
    async def never(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    server.answers = [never]
    async with Client(ConnectionConfig(server.url), timeout=0.05) as client:
        with pytest.raises(Unavailable, match="GET /api/v1/namespaces/shop/services/web: no answer in time"):
            await client.get(SERVICES, "web", "shop")


async def test_a_refused_token_is_read_again_once(server: Any) -> None:
    class Rotated:
        async def token(self, rejected: str | None = None) -> str | None:
            return "new" if rejected == "old" else "old"

    server.answers = [(401, {}), WEB]
    async with Client(ConnectionConfig(server.url, Rotated())) as client:
        await client.get(SERVICES, "web", "shop")
    assert [asked.authorization for asked in server.asked] == ["Bearer old", "Bearer new"]


async def test_a_replica_that_does_not_lead_reads_but_sends_no_write(server: Any) -> None:
    def fence() -> None:
        raise NotLeader("not the leader")

    server.answers = [WEB]
    async with Client(ConnectionConfig(server.url), fence=fence) as client:
        await client.get(SERVICES, "web", "shop")
        for write in (
            client.create(SERVICES, WEB, "shop"),
            client.update(SERVICES, WEB, "web", "shop"),
            client.patch_status(SERVICES, "web", MergePatch({}), "shop"),
            client.delete(SERVICES, "web", "shop"),
        ):
            with pytest.raises(NotLeader):
                await write
    assert [asked.method for asked in server.asked] == ["GET"]


async def test_every_answer_is_counted_by_code_method_and_host(server: Any) -> None:
    seen: list[tuple[str, str, str]] = []
    server.answers = [WEB, (404, {})]
    async with Client(ConnectionConfig(server.url), observe=lambda *answer: seen.append(answer)) as client:
        await client.get(SERVICES, "web", "shop")
        with pytest.raises(NotFound):
            await client.delete(SERVICES, "web", "shop")
    host = server.url.removeprefix("http://")
    assert seen == [("200", "GET", host), ("404", "DELETE", host)]


async def test_a_silent_watch_is_given_up(server: Any, client: Client) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    server.answers = [silent]
    async with client.watch(SERVICES, EVERYTHING, {}, silence=0.05) as lines:
        with pytest.raises(Silence):
            await anext(lines)


async def test_a_watch_that_is_refused_says_why(server: Any, client: Client) -> None:
    server.answers = [(403, {"message": "services is forbidden"})]
    with pytest.raises(Forbidden, match="services is forbidden"):
        async with client.watch(SERVICES, EVERYTHING, {}, silence=1.0):
            pass


async def test_no_token_shows_in_what_is_printed_of_a_configuration() -> None:
    class Secret:
        def __repr__(self) -> str:
            return "hunter2"

        async def token(self, rejected: str | None = None) -> str | None:
            return None

    assert "hunter2" not in repr(ConnectionConfig("https://server", Secret()))


async def test_an_answer_that_is_no_json_is_said_to_come_from_somewhere_else(server: Any, client: Client) -> None:
    async def portal(request: web.Request) -> web.Response:
        return web.Response(text="<html>Please log in</html>")

    server.answers = [portal]
    with pytest.raises(Unavailable, match="not JSON"):
        await client.get(SERVICES, "web", "shop")
    with pytest.raises(Unavailable, match="not JSON"):
        await client.list(SERVICES)


async def test_an_object_of_another_form_is_invalid_and_its_values_are_not_shown(server: Any, client: Client) -> None:
    server.answers = [{**WEB, "spec": {"ports": "hunter2"}}]
    with pytest.raises(Invalid, match="GET /api/v1/namespaces/shop/services/web") as raised:
        await client.get(SERVICES, "web", "shop")
    assert "hunter2" not in str(raised.value)


# Answers that nobody should give

DEEP = b'{"metadata":' * 20_000


def answering(body: bytes, status: int = 200, **headers: str) -> Any:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, content_type="application/json", headers=headers)

    return answer


@pytest.mark.parametrize(
    "body", [DEEP, b'{"metadata":{"name":"\xff"}}', b"<html>", b"", b"[]", b"\x00", b'{"spec":1e999}']
)
async def test_an_answer_that_is_no_object_is_an_error_of_ours(server: Any, client: Client, body: bytes) -> None:
    server.answers = [answering(body)]
    with pytest.raises(AlbcError):
        await client.get(SERVICES, "web", "shop")
    with pytest.raises(AlbcError):
        await client.list(SERVICES)


@pytest.mark.parametrize("body", [DEEP, b'{"message":"\xff"}', b"null", b"7"])
async def test_a_refusal_counts_whatever_its_body_is(server: Any, client: Client, body: bytes) -> None:
    server.answers = [answering(body, 403)]
    with pytest.raises(Forbidden, match="the API server answered 403"):
        await client.get(SERVICES, "web", "shop")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("9" * 400, 300.0), ("Fri, 31 Dec 9999 23:59:59 GMT", 300.0), ("Fri, 31 Dec 2023 23:59:59 +99999999999", None)],
)
async def test_nobody_is_sent_away_for_years(server: Any, client: Client, value: str, seconds: float | None) -> None:
    server.answers = [(503, {}, {"Retry-After": value})]
    with pytest.raises(Unavailable) as raised:
        await client.get(SERVICES, "web", "shop")
    assert raised.value.retry_after == seconds


async def test_what_is_read_has_a_limit(server: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("albc.kube.client.LARGEST_BODY", 2**20)
    monkeypatch.setattr("albc.kube.client.LARGEST_LINE", 2**20)
    server.answers = [answering(b" " * 2**21)]
    with pytest.raises(Unavailable, match="larger than 1 MiB"):
        await client.get(SERVICES, "web", "shop")
    async with client.watch(SERVICES, EVERYTHING, {}, silence=5.0) as lines:
        with pytest.raises(Unavailable, match="larger than 1 MiB"):
            await anext(lines)


@pytest.mark.parametrize("body", [b"{}", b'{"error":"bad gateway"}', b'{"items":[]}', b'{"items":null,"metadata":{}}'])
async def test_what_has_no_version_is_not_taken_for_an_empty_list(server: Any, client: Client, body: bytes) -> None:
    server.answers = [answering(body)]
    with pytest.raises(Unavailable, match="the answer is no list"):
        await client.list(SERVICES)

"""Watches: what comes, in which order, from when on."""

from typing import Any

Api = Any
Object = dict[str, Any]


def version_of(api: Api) -> str:
    """Of the moment."""
    return str(api.get("configmaps").json()["metadata"]["resourceVersion"])


def seen(events: list[Object]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


def own(events: list[Object]) -> list[tuple[str, str]]:
    """Without what some clusters put into every namespace."""
    return [pair for pair in seen(events) if pair[1] != "kube-root-ca.crt"]


def test_changes_come_in_order(api: Api) -> None:
    start = version_of(api)
    api.create("configmaps", {"metadata": {"name": "a"}})
    api.patch("configmaps", "a", {"data": {"x": "y"}})
    api.delete("configmaps", "a")
    events = api.watch("configmaps", resourceVersion=start)
    assert own(events) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]


def test_versions_grow_from_event_to_event(api: Api) -> None:
    start = version_of(api)
    api.create("configmaps", {"metadata": {"name": "a"}})
    api.patch("configmaps", "a", {"data": {"x": "y"}})
    api.delete("configmaps", "a")
    events = api.watch("configmaps", resourceVersion=start)
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert versions == sorted(set(versions))


def test_a_watch_from_the_version_of_a_list_misses_and_repeats_nothing(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "before"}})
    start = version_of(api)
    api.create("configmaps", {"metadata": {"name": "after"}})
    assert own(api.watch("configmaps", resourceVersion=start)) == [("ADDED", "after")]


def test_a_watch_without_a_version_begins_with_what_is_there(api: Api, config_map: Object) -> None:
    assert ("ADDED", "settings") in seen(api.watch("configmaps"))


def test_a_deleted_object_comes_as_it_was(api: Api, config_map: Object) -> None:
    start = version_of(api)
    api.delete("configmaps", "settings")
    (event,) = [e for e in api.watch("configmaps", resourceVersion=start) if e["type"] == "DELETED"]
    assert event["object"]["data"] == {"colour": "red"}
    assert int(event["object"]["metadata"]["resourceVersion"]) > int(start)


def test_a_watch_of_a_namespace_shows_that_namespace_only(api: Api) -> None:
    start = version_of(api)
    other = api.http.post("/api/v1/namespaces", json={"metadata": {"generateName": "test-"}}).json()
    where = f"/api/v1/namespaces/{other['metadata']['name']}"
    api.http.post(f"{where}/configmaps", json={"metadata": {"name": "far"}})
    api.create("configmaps", {"metadata": {"name": "near"}})
    events = own(api.watch("configmaps", resourceVersion=start))
    api.http.delete(where)
    assert events == [("ADDED", "near")]


def test_a_watch_of_labels_shows_objects_come_and_go_as_they_fit(api: Api) -> None:
    start = version_of(api)
    api.create("configmaps", {"metadata": {"name": "a"}})
    api.patch("configmaps", "a", {"metadata": {"labels": {"on": "yes"}}})
    api.patch("configmaps", "a", {"data": {"x": "y"}})
    api.patch("configmaps", "a", {"metadata": {"labels": {"on": "no"}}})
    events = api.watch("configmaps", resourceVersion=start, labelSelector="on=yes")
    assert seen(events) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]


def test_an_object_that_ceases_to_fit_comes_with_the_version_of_that_change(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a", "labels": {"on": "yes"}}})
    start = version_of(api)
    changed = api.patch("configmaps", "a", {"metadata": {"labels": {"on": "no"}}}).json()
    (event,) = api.watch("configmaps", resourceVersion=start, labelSelector="on=yes")
    assert event["type"] == "DELETED"
    assert event["object"]["metadata"]["resourceVersion"] == changed["metadata"]["resourceVersion"]


def test_one_object_can_be_watched(api: Api) -> None:
    start = version_of(api)
    api.create("configmaps", {"metadata": {"name": "a"}})
    api.create("configmaps", {"metadata": {"name": "b"}})
    events = api.watch("configmaps", resourceVersion=start, fieldSelector="metadata.name=b")
    assert seen(events) == [("ADDED", "b")]


def test_a_watch_ends_after_its_time(api: Api) -> None:
    assert own(api.watch("configmaps", resourceVersion=version_of(api), timeoutSeconds="1")) == []


def test_a_streaming_list_ends_with_a_bookmark_that_says_so(api: Api, config_map: Object) -> None:
    events = api.watch(
        "configmaps",
        sendInitialEvents="true",
        allowWatchBookmarks="true",
        resourceVersionMatch="NotOlderThan",
    )
    bookmarks = [event for event in events if event["type"] == "BOOKMARK"]
    assert ("ADDED", "settings") in seen(events)
    assert bookmarks[0]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert bookmarks[0]["object"]["kind"] == "ConfigMap"
    assert events.index(bookmarks[0]) > seen(events).index(("ADDED", "settings"))


def test_initial_events_can_be_left_out(api: Api, config_map: Object) -> None:
    events = api.watch(
        "configmaps",
        sendInitialEvents="false",
        allowWatchBookmarks="true",
        resourceVersionMatch="NotOlderThan",
    )
    assert ("ADDED", "settings") not in seen(events)


def test_a_streaming_list_must_name_its_version_match(api: Api) -> None:
    refusal = api.get("configmaps", watch="true", sendInitialEvents="true", allowWatchBookmarks="true")
    assert refusal.status_code == 422
    assert "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan" in refusal.json()["message"]


def test_a_watch_without_initial_events_takes_no_version_match(api: Api) -> None:
    refusal = api.get("configmaps", watch="true", resourceVersionMatch="NotOlderThan", resourceVersion="1")
    assert refusal.status_code == 422


def test_a_watch_can_show_tables(api: Api, config_map: Object) -> None:
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
    params = {"watch": "true", "timeoutSeconds": "1", "fieldSelector": "metadata.name=settings"}
    answer = api.http.get(api.path("configmaps"), params=params, headers={"Accept": accept})
    line = answer.text.splitlines()[0]
    assert '"kind":"Table"' in line
    assert '"settings"' in line


def test_a_watch_can_show_metadata_only(api: Api, config_map: Object) -> None:
    accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    params = {"watch": "true", "timeoutSeconds": "1", "fieldSelector": "metadata.name=settings"}
    answer = api.http.get(api.path("configmaps"), params=params, headers={"Accept": accept})
    assert '"kind":"PartialObjectMetadata"' in answer.text
    assert '"data"' not in answer.text


def test_a_watch_from_a_version_to_come_is_refused_or_waits(api: Api) -> None:
    answer = api.get("configmaps", watch="true", resourceVersion=str(10**15), timeoutSeconds="1")
    assert answer.status_code in (200, 504)

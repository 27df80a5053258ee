"""The store's promises: order, versions, history, consistency."""

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.local.kubernetes.store import Exists, HistoryLost, Indexing, Key, Missing, Stale, StorageName, Store

NAME = StorageName("", "things")


def new_store(window: int = 1000) -> Store:
    store = Store(window=window)
    store.open(NAME, Indexing(lambda obj: {}))
    return store


def thing(name: str, value: int = 0) -> dict[str, Any]:
    return {"metadata": {"name": name}, "value": value}


def write(store: Store, name: str, value: int) -> None:
    """Creates, changes, or (for 0) deletes."""
    key = Key("", name)
    stored = store.collection(NAME).get(key)
    if stored is None:
        store.create(NAME, key, thing(name, value))
    elif value:
        store.update(NAME, key, thing(name, value), expected=stored.revision)
    else:
        store.delete(NAME, key, expected=stored.revision)


def content(store: Store, revision: int | None = None) -> list[tuple[str, int]]:
    collection = store.collection(NAME)
    items = collection.values() if revision is None else collection.at(revision)
    return [(item.key.name, item.object()["value"]) for item in items]


WRITES = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3)), max_size=30)


@given(WRITES)
def test_the_past_is_shown_as_it_was(writes: list[tuple[str, int]]) -> None:
    store = new_store()
    past = []
    for name, value in writes:
        write(store, name, value)
        past.append((store.revision, content(store)))
    assert [content(store, revision) for revision, _ in past] == [then for _, then in past]


@given(WRITES, st.integers(0, 30))
def test_the_changes_since_a_version_lead_from_then_to_now(writes: list[tuple[str, int]], cut: int) -> None:
    store = new_store()
    for name, value in writes[:cut]:
        write(store, name, value)
    state = dict(content(store))
    start = store.revision
    for name, value in writes[cut:]:
        write(store, name, value)
    for event in store.collection(NAME).log.since(start):
        if event.type == "DELETED":
            del state[event.stored.key.name]
        else:
            state[event.stored.key.name] = event.stored.object()["value"]
    assert sorted(state.items()) == content(store)


def test_a_reader_cannot_change_what_is_stored() -> None:
    store = new_store()
    store.create(NAME, Key("", "a"), thing("a", 1))
    stored = store.collection(NAME).get(Key("", "a"))
    assert stored is not None
    stored.object()["value"] = 2
    assert stored.object()["value"] == 1


def test_a_key_is_given_once() -> None:
    store = new_store()
    store.create(NAME, Key("", "a"), thing("a"))
    with pytest.raises(Exists):
        store.create(NAME, Key("", "a"), thing("a"))


def test_a_writer_must_know_the_latest_version() -> None:
    store = new_store()
    first = store.create(NAME, Key("", "a"), thing("a"))
    store.update(NAME, Key("", "a"), thing("a", 1), expected=first.revision)
    with pytest.raises(Stale):
        store.update(NAME, Key("", "a"), thing("a", 2), expected=first.revision)
    with pytest.raises(Stale):
        store.delete(NAME, Key("", "a"), expected=first.revision)


def test_what_is_not_there_cannot_be_changed() -> None:
    with pytest.raises(Missing):
        new_store().update(NAME, Key("", "a"), thing("a"), expected=1)


def test_the_history_has_an_end() -> None:
    store = new_store(window=4)
    start = store.revision
    for value in range(1, 20):
        write(store, "a", value)
    log = store.collection(NAME).log
    with pytest.raises(HistoryLost):
        log.since(start)
    assert [event.revision for event in log.since(store.revision - 2)] == [store.revision - 1, store.revision]


def test_namespaces_are_kept_apart() -> None:
    store = new_store()
    for namespace in ("a", "a-b", "b"):
        store.create(NAME, Key(namespace, "x"), thing("x"))
    assert [item.key.namespace for item in store.collection(NAME).values("a")] == ["a"]


def test_an_object_costs_little_more_memory_than_its_json() -> None:
    store = new_store()
    number, size = 200, 5000
    objects = [thing(f"thing-{each}") | {"text": "x" * size} for each in range(number)]

    tracemalloc.start()
    for each, obj in enumerate(objects):
        store.create(NAME, Key("", f"thing-{each}"), obj)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < number * (size + 1024)

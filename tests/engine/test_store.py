"""What reconciles may rely on when they read a store."""

import pytest

from albc.engine.store import ObjectKey, Store
from albc.kube.objects import Service
from albc.kube.objects.meta import ObjectMeta


def service(name: str, namespace: str = "shop", **labels: str) -> Service:
    return Service(metadata=ObjectMeta(name=name, namespace=namespace, labels=labels))


def by_team(obj: Service) -> list[str]:
    return [obj.metadata.labels["team"]]


@pytest.fixture
def store() -> Store[Service]:
    store: Store[Service] = Store("services", {"team": by_team})
    for obj in (service("b", team="red"), service("a", team="blue"), service("a", "blog", team="red")):
        store.put(obj)
    return store


def names(found: object) -> list[str]:
    assert isinstance(found, list)
    return [f"{obj.namespace}/{obj.name}" for obj in found]


def test_objects_are_found_by_namespace_and_name_and_listed_in_order(store: Store[Service]) -> None:
    found = store.get(("shop", "a"))
    assert found is not None
    assert found.name == "a"
    assert store.get(("shop", "nobody")) is None
    assert names(store.list()) == ["blog/a", "shop/a", "shop/b"]
    assert names(store.list("shop")) == ["shop/a", "shop/b"]
    assert names(store.list("nowhere")) == []


def test_an_index_follows_every_change(store: Store[Service]) -> None:
    assert names(store.by_index("team", "red")) == ["blog/a", "shop/b"]
    store.put(service("b", team="blue"))
    assert names(store.by_index("team", "red")) == ["blog/a"]
    store.remove(ObjectKey("blog", "a"))
    assert names(store.by_index("team", "red")) == []
    assert store.index_values("team") == {"blue"}


def test_an_index_declared_late_holds_what_is_there_already(store: Store[Service]) -> None:
    store.add_index("name", lambda obj: [obj.name])
    assert names(store.by_index("name", "a")) == ["blog/a", "shop/a"]


def test_an_index_function_that_fails_gives_no_values_for_that_object(store: Store[Service]) -> None:
    store.put(service("without-a-team"))
    assert names(store.by_index("team", "red")) == ["blog/a", "shop/b"]
    assert store.get(("shop", "without-a-team")) is not None
    store.remove(ObjectKey("shop", "without-a-team"))


def test_one_index_declared_with_two_functions_is_a_mistake(store: Store[Service]) -> None:
    store.add_index("team", by_team)
    with pytest.raises(ValueError, match="declared twice"):
        store.add_index("team", lambda obj: [])


def test_an_index_that_nobody_declared_is_a_mistake(store: Store[Service]) -> None:
    with pytest.raises(KeyError):
        store.by_index("colour", "red")


def test_a_removed_object_is_gone_from_its_namespace(store: Store[Service]) -> None:
    removed = store.remove(ObjectKey("blog", "a"))
    assert removed is not None
    assert removed.metadata.labels == {"team": "red"}
    assert names(store.list("blog")) == []
    assert len(store) == 2
    assert store.remove(ObjectKey("blog", "a")) is None


def test_the_view_of_all_objects_follows_the_store_and_cannot_be_changed(store: Store[Service]) -> None:
    view = store.objects
    store.put(service("c"))
    assert ObjectKey("shop", "c") in view
    with pytest.raises(TypeError):
        view[ObjectKey("shop", "d")] = service("d")  # type: ignore[index]


def test_a_key_is_printed_as_kubectl_writes_it() -> None:
    assert str(ObjectKey("shop", "web")) == "shop/web"
    assert str(ObjectKey("", "node-1")) == "node-1"

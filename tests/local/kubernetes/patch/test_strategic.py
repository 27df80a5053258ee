"""Strategic merge patch as a function."""

from typing import Any

import pytest

from albc.local.kubernetes.errors import ApiError
from albc.local.kubernetes.patch.strategic import strategic_merge
from albc.local.kubernetes.types.notation import load

SCHEMA = load().of("core", "Pod")


def containers(*names: str) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": name, "image": "x"} for name in names]}}


def names(pod: dict[str, Any]) -> list[str]:
    return [container["name"] for container in pod["spec"]["containers"]]


def test_neither_argument_is_changed() -> None:
    target, patch = containers("a"), {"spec": {"containers": [{"name": "a", "image": "y"}]}}
    strategic_merge(target, patch, SCHEMA)
    assert target == containers("a")
    assert patch == {"spec": {"containers": [{"name": "a", "image": "y"}]}}


def test_items_that_the_order_does_not_name_stay_behind_their_neighbour() -> None:
    patch = {"spec": {"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}]}}
    assert names(strategic_merge(containers("a", "b", "c"), patch, SCHEMA)) == ["c", "a", "b"]


def test_an_order_alone_orders() -> None:
    patch = {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}}
    assert names(strategic_merge(containers("a", "b"), patch, SCHEMA)) == ["b", "a"]


def test_an_item_without_its_key_is_refused() -> None:
    with pytest.raises(ApiError, match="does not contain declared merge key: name"):
        strategic_merge(containers("a"), {"spec": {"containers": [{"image": "y"}]}}, SCHEMA)


def test_deleting_what_is_not_there_does_nothing() -> None:
    patch = {"spec": {"containers": [{"name": "z", "$patch": "delete"}]}}
    assert strategic_merge(containers("a"), patch, SCHEMA) == containers("a")

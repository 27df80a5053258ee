"""Server-side apply as a function."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from albc.local.kubernetes.patch.apply import apply, create
from albc.local.kubernetes.patch.managed import Manager, read
from albc.local.kubernetes.store import copy
from albc.local.kubernetes.types.notation import load

SCHEMA = load().of("core", "ConfigMap")
NOW = "2026-01-01T00:00:00Z"
DATA = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyz"), max_size=4)
INTENTS = st.lists(st.tuples(st.sampled_from(["alice", "bob"]), DATA), min_size=1, max_size=8)


def intent(data: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": dict(data)}


def applied(live: dict[str, Any] | None, manager: str, data: dict[str, str]) -> dict[str, Any]:
    who = Manager(manager, "Apply", "v1")
    if live is None:
        return create(intent(data), SCHEMA, who, NOW)
    return apply(copy(live), intent(data), SCHEMA, who, NOW, force=True, counts=lambda path: True)


def all_applied(intents: list[tuple[str, dict[str, str]]]) -> dict[str, Any]:
    live: dict[str, Any] | None = None
    for manager, data in intents:
        live = applied(live, manager, data)
    assert live is not None
    return live


@given(INTENTS)
def test_the_last_to_apply_has_what_it_wanted(intents: list[tuple[str, dict[str, str]]]) -> None:
    live = all_applied(intents)
    assert intents[-1][1].items() <= (live.get("data") or {}).items()


@given(INTENTS)
def test_what_is_there_is_wanted_by_someone(intents: list[tuple[str, dict[str, str]]]) -> None:
    live = all_applied(intents)
    owned = {path[1][2:] for entry in read(live) for path in entry.paths if len(path) == 2}
    assert set(live.get("data") or {}) <= owned


@given(INTENTS)
def test_applying_the_same_again_changes_nothing(intents: list[tuple[str, dict[str, str]]]) -> None:
    live = all_applied(intents)
    assert applied(live, *intents[-1]) == live


@given(INTENTS)
def test_everything_goes_when_everyone_wants_nothing(intents: list[tuple[str, dict[str, str]]]) -> None:
    live = all_applied([*intents, ("alice", {}), ("bob", {})])
    assert not live.get("data")

"""QUIC server ids (spec/targets.md §4.6)."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.webhooks.server_ids import (
    CONTAINERS_ANNOTATION,
    EPOCH_MS,
    WORKERS,
    CannotGenerate,
    SequenceUsedUp,
    ServerIds,
    containers_without_id,
    inject_server_ids,
    take_worker,
)

VARIABLE = "AWS_LBC_QUIC_SERVER_ID"


def ids(*times: int, worker: int = 100, roll: int = 5) -> ServerIds:
    """Milliseconds since 2020; the last one stays."""
    left = list(times)
    return ServerIds(worker, lambda: EPOCH_MS + (left.pop(0) if len(left) > 1 else left[0]), lambda _: roll)


def parts(text: str) -> tuple[int, int, int]:
    """Milliseconds, worker, sequence."""
    number = int.from_bytes(base64.b64decode(text), "big")
    return number >> 24, number >> 7 & 0x1FFFF, number & 0x7F


def test_an_id_has_the_known_form() -> None:
    assert ids(500).next() == "AAAAAfQAMgU="


def test_ids_of_one_millisecond_count_up_until_none_is_left() -> None:
    generator = ids(500, roll=125)

    assert [parts(generator.next())[2] for _ in range(3)] == [125, 126, 127]
    with pytest.raises(SequenceUsedUp):
        generator.next()


def test_a_new_millisecond_begins_anew() -> None:
    generator = ids(500, 501, roll=127)

    assert [parts(generator.next()) for _ in range(2)] == [(500, 100, 127), (501, 100, 127)]


def test_a_clock_that_runs_backwards_gives_no_id() -> None:
    generator = ids(500, 499)
    generator.next()

    with pytest.raises(CannotGenerate, match="moved backwards"):
        generator.next()


def test_a_clock_before_the_epoch_gives_no_id() -> None:
    with pytest.raises(CannotGenerate, match="moved backwards"):
        ids(-1).next()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=300), st.integers(0, 126))
def test_no_id_is_given_out_twice(steps: list[int], roll: int) -> None:
    now = EPOCH_MS
    generator = ServerIds(7, lambda: now, lambda _: roll)
    given_out = []
    for step in steps:
        now += step
        try:
            given_out.append(generator.next())
        except SequenceUsedUp:
            now += 1

    assert len(set(given_out)) == len(given_out)


def test_a_worker_takes_its_number_and_leaves_the_next() -> None:
    assert take_worker({"nextWorkerId": "41", "other": "x"}, lambda _: 0) == (41, {"nextWorkerId": "42", "other": "x"})


def test_the_first_worker_draws_a_number() -> None:
    assert take_worker({}, lambda limit: limit - 1) == (WORKERS - 1, {"nextWorkerId": "1"})


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", "٣", str(WORKERS)])
def test_a_number_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CannotGenerate, match="delete the key"):
        take_worker({"nextWorkerId": text}, lambda _: 0)


def pod(annotation: str | None) -> dict[str, Any]:
    return {
        "metadata": {"annotations": {} if annotation is None else {CONTAINERS_ANNOTATION: annotation}},
        "spec": {
            "containers": [
                {"name": "plain"},
                {"name": "with", "env": [{"name": "A", "value": "b"}]},
                {"name": "has", "env": [{"name": VARIABLE, "value": "mine"}]},
            ],
            "initContainers": [{"name": "side", "env": []}],
        },
    }


def test_named_containers_without_the_variable_get_an_id_each(review: Any, admitted: Any) -> None:
    asked = review(pod("plain,with,has,side,gone"))
    places = containers_without_id(asked, VARIABLE)

    changed = admitted(asked, inject_server_ids(asked, VARIABLE, {place: place for place in places}))

    assert changed["spec"]["containers"] == [
        {"name": "plain", "env": [{"name": VARIABLE, "value": "/spec/containers/0"}]},
        {"name": "with", "env": [{"name": "A", "value": "b"}, {"name": VARIABLE, "value": "/spec/containers/1"}]},
        {"name": "has", "env": [{"name": VARIABLE, "value": "mine"}]},
    ]
    assert changed["spec"]["initContainers"][0]["env"] == [{"name": VARIABLE, "value": "/spec/initContainers/0"}]


def test_names_are_not_trimmed(review: Any) -> None:
    assert containers_without_id(review(pod("plain, with")), VARIABLE) == ("/spec/containers/0",)


def test_a_pod_without_the_annotation_is_untouched(review: Any, admitted: Any) -> None:
    asked = review(pod(None))

    assert containers_without_id(asked, VARIABLE) == ()
    assert admitted(asked, inject_server_ids(asked, VARIABLE, {})) == asked.object

"""Who gets the next request."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from albc.local.dataplane.balancing import (
    Candidate,
    Health,
    TargetKey,
    eligible,
    pick_by_source,
    pick_group,
    pick_target,
)


def candidate(number: int, health: Health = Health.HEALTHY, outstanding: int = 0) -> Candidate:
    return Candidate(TargetKey(f"10.0.0.{number}", 80), health, outstanding)


candidates = st.lists(
    st.builds(candidate, st.integers(1, 20), st.sampled_from(Health), st.integers(0, 5)),
    unique_by=lambda candidate: candidate.key,
)
chances = st.floats(0, 1, exclude_max=True)


def test_only_healthy_targets_get_traffic_while_there_are_any() -> None:
    held = [candidate(1), candidate(2, Health.UNHEALTHY), candidate(3, Health.INITIAL)]

    assert eligible(held) == (candidate(1),)


def test_when_all_are_unhealthy_all_get_traffic() -> None:
    held = [candidate(1, Health.UNHEALTHY), candidate(2, Health.UNHEALTHY)]

    assert eligible(held) == tuple(held)


def test_below_the_minimum_of_healthy_targets_unhealthy_ones_get_traffic_too() -> None:
    held = [candidate(1), candidate(2, Health.UNHEALTHY)]

    assert eligible(held, minimum_healthy=2) == tuple(held)


@given(candidates)
def test_a_target_that_was_never_judged_gets_no_traffic(held: list[Candidate]) -> None:
    assert all(chosen.health is not Health.INITIAL for chosen in eligible(held))


@given(st.permutations([candidate(number) for number in range(1, 6)]))
def test_the_order_of_registration_does_not_change_the_rotation(held: list[Candidate]) -> None:
    assert eligible(held) == tuple(candidate(number) for number in range(1, 6))


def test_round_robin_gives_each_target_its_turn() -> None:
    held = [candidate(1), candidate(2), candidate(3)]

    picked = Counter(pick_target(held, "round_robin", turn, 0.0) for turn in range(9))

    assert set(picked.values()) == {3}


def test_least_outstanding_requests_picks_the_idlest() -> None:
    held = [candidate(1, outstanding=4), candidate(2, outstanding=1), candidate(3, outstanding=2)]

    assert pick_target(held, "least_outstanding_requests", turn=0, chance=0.0) == held[1].key


def test_equally_idle_targets_take_turns() -> None:
    held = [candidate(1, outstanding=1), candidate(2, outstanding=1), candidate(3, outstanding=9)]

    picked = {pick_target(held, "least_outstanding_requests", turn, 0.0) for turn in range(4)}

    assert picked == {held[0].key, held[1].key}


@given(candidates, st.sampled_from(["round_robin", "least_outstanding_requests", "weighted_random"]), chances)
def test_a_pick_is_one_of_those_offered_or_none_if_there_are_none(
    held: list[Candidate], algorithm: str, chance: float
) -> None:
    picked = pick_target(held, algorithm, turn=7, chance=chance)

    assert picked in {offered.key for offered in held} if held else picked is None


@given(chances)
def test_a_group_of_weight_zero_gets_nothing(chance: float) -> None:
    assert pick_group([("off", 0), ("on", 1), ("off too", 0)], chance) == "on"


def test_without_any_weight_nobody_gets_anything() -> None:
    assert pick_group([("off", 0)], 0.5) is None


def test_groups_share_by_their_weights() -> None:
    steps = 1000
    shares = Counter(pick_group([("a", 90), ("b", 10)], step / steps) for step in range(steps))

    assert shares == {"a": 900, "b": 100}


def digest(text: str) -> int:
    return sum(ord(character) * 31**place for place, character in enumerate(text))


@given(candidates.filter(lambda held: len(held) > 1), st.ip_addresses(v=4).map(str))
def test_a_client_keeps_its_target_when_another_one_goes(held: list[Candidate], client: str) -> None:
    before = pick_by_source(held, client, digest)
    remaining = [offered for offered in held if offered.key == before or offered is not held[0]]

    assert pick_by_source(remaining, client, digest) == before

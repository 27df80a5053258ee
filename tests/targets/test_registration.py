"""What is registered and what is deregistered."""

from hypothesis import given
from hypothesis import strategies as st

from albc.targets.registration import Target, TargetHealth, difference, within_cap

TARGETS = st.builds(Target, st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"]), st.integers(80, 82))
STATES = st.sampled_from([None, "initial", "healthy", "unhealthy", "draining"])
HEALTHS = st.lists(st.builds(TargetHealth, TARGETS, STATES), unique_by=lambda h: h.target)


@given(st.sets(TARGETS), HEALTHS)
def test_after_the_changes_the_live_targets_are_the_wanted_ones(
    wanted: set[Target], actual: list[TargetHealth]
) -> None:
    found = difference(wanted, actual, lambda target: target.identifier)
    live = {health.target for health in actual if health.live}
    after = live - {health.target for health in found.to_deregister} | set(found.to_register)
    assert after == wanted


def test_a_draining_target_that_is_wanted_again_is_registered_again() -> None:
    target = Target("10.0.0.1", 80)
    found = difference([target], [TargetHealth(target, "draining")], lambda t: t.identifier)
    assert found.to_register == (target,)


def test_a_draining_target_that_nobody_wants_is_left_to_drain() -> None:
    nobody: list[Target] = []
    found = difference(nobody, [TargetHealth(Target("10.0.0.1", 80), "draining")], lambda t: t.identifier)
    assert found.to_deregister == ()


def test_a_full_target_group_takes_no_more() -> None:
    assert within_cap(["a", "b"], listed=9, cap=10) == ["a"]
    assert within_cap(["a", "b"], listed=12, cap=10) == []
    assert within_cap(["a", "b"], listed=12, cap=0) == ["a", "b"]

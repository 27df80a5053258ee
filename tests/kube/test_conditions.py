"""Conditions change their time only with their status."""

from albc.kube.conditions import find_condition, with_condition
from albc.kube.objects.meta import Condition

OLD, NOW = "2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z"

ACCEPTED = Condition(type="Accepted", status="True", reason="Accepted", last_transition_time=OLD)
READY = Condition(type="Ready", status="False", reason="Pending", last_transition_time=OLD)


def test_a_new_type_is_added_at_the_end_with_the_time_of_now() -> None:
    found = with_condition((ACCEPTED,), Condition(type="Ready", status="True"), NOW)
    assert [each.type for each in found] == ["Accepted", "Ready"]
    assert found[1].last_transition_time == NOW


def test_another_status_takes_the_time_of_now_and_its_place() -> None:
    found = with_condition((READY, ACCEPTED), Condition(type="Ready", status="True"), NOW)
    assert [each.type for each in found] == ["Ready", "Accepted"]
    assert (found[0].status, found[0].last_transition_time) == ("True", NOW)


def test_another_message_keeps_the_time() -> None:
    found = with_condition((READY,), Condition(type="Ready", status="False", message="still"), NOW)
    assert (found[0].message, found[0].last_transition_time) == ("still", OLD)


def test_setting_what_is_there_already_changes_nothing() -> None:
    same = Condition(type="Accepted", status="True", reason="Accepted")
    assert with_condition((ACCEPTED, READY), same, NOW) == (ACCEPTED, READY)


def test_a_condition_is_found_by_its_type() -> None:
    assert find_condition((ACCEPTED, READY), "Ready") is READY
    assert find_condition((ACCEPTED,), "Ready") is None


def test_a_message_that_cites_a_user_is_one_line_of_a_length_that_the_api_takes() -> None:
    [condition] = with_condition((), Condition(type="Accepted", status="False", message="\x1b[2J\n" * 9000), "now")
    assert condition.message.isprintable()
    assert len(condition.message) == 32768

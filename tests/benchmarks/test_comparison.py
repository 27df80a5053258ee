"""Results of benchmarks are compared with those that were kept."""

from benchmarks.__main__ import moved, names


def test_what_has_moved_by_more_than_a_fifth_is_told_with_its_place() -> None:
    before = {"machine": {"load": 1.0}, "rows": [{"keys": 10, "seconds": 1.0}, {"keys": 20, "seconds": 2.0}]}
    after = {"machine": {"load": 9.0}, "rows": [{"keys": 10, "seconds": 1.1}, {"keys": 20, "seconds": 3.0}]}
    assert list(moved(before, after)) == [("rows[1] / seconds", 2.0, 3.0)]


def test_what_is_new_or_no_number_is_not_compared() -> None:
    assert list(moved({"a": "x", "b": True}, {"a": "y", "b": False, "c": 3})) == []


def test_helpers_are_no_benchmarks() -> None:
    found = names()
    assert {"queue", "informer", "controller"} <= set(found)
    assert not {"report", "stalls", "big_cluster", "watched_run", "__main__"} & set(found)

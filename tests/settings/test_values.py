"""Flag values are read as Go reads them."""

import pytest

from albc.settings.values import boolean, duration, pairs, strings


@pytest.mark.parametrize("text", ["1", "t", "T", "true", "TRUE", "True"])
def test_go_spellings_of_true(text: str) -> None:
    assert boolean(text) is True


@pytest.mark.parametrize("text", ["0", "f", "F", "false", "FALSE", "False"])
def test_go_spellings_of_false(text: str) -> None:
    assert boolean(text) is False


@pytest.mark.parametrize("text", ["yes", "", "tRUE", "on"])
def test_of_other_words_it_is_told_what_would_be_a_boolean(text: str) -> None:
    accepted = r"neither true \(1, t, T, TRUE, true, True\) nor false \(0, f, F, FALSE, false, False\)"
    with pytest.raises(ValueError, match=accepted):
        boolean(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15s", 15),
        ("2m0s", 120),
        ("10h", 36000),
        ("16m40s", 1000),
        ("1.5s", 1.5),
        ("300ms", 0.3),
        ("0", 0),
        ("-1s", -1),
    ],
)
def test_durations_are_seconds(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "15", "15x", "s", "1s 2s"])
def test_what_is_no_duration_is_told_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write for example 15s"):
        duration(text)


def test_a_map_is_key_value_pairs() -> None:
    assert pairs("a=b,c=d=e") == (("a", "b"), ("c", "d=e"))
    assert pairs("") == ()


def test_a_single_value_may_hold_commas() -> None:
    assert pairs("a=b,c") == (("a", "b,c"),)


def test_values_with_commas_are_quoted_when_there_are_several() -> None:
    assert pairs('"a=b,c",d=e') == (("a", "b,c"), ("d", "e"))


def test_a_pair_without_value_is_named() -> None:
    with pytest.raises(ValueError, match="'nonsense' must be written as key=value"):
        pairs("nonsense")


def test_a_list_is_comma_separated() -> None:
    assert strings("a,b") == ("a", "b")
    assert strings("") == ()

"""A bad value is answered with the form that was probably meant, and with no guess where none is likely."""

import pytest

from albc.mapping import nearest


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("Internal", "internal"),
        ("internet_facing", "internet-facing"),
        ("internetfacing ", "internet-facing"),
        ("intern", "internal"),
    ],
)
def test_a_word_is_known_by_its_letters(given: str, meant: str) -> None:
    assert nearest.word(given, ("internal", "internet-facing")) == f"; did you mean {meant}?"


@pytest.mark.parametrize("given", ["", "public", "x"])
def test_an_unlike_word_is_not_guessed_at(given: str) -> None:
    assert nearest.word(given, ("internal", "internet-facing")) == ""


@pytest.mark.parametrize(("given", "meant"), [("yes", "true"), ("On", "true"), (" true", "true"), ("no", "false")])
def test_a_truth_value_is_known_in_other_spellings(given: str, meant: str) -> None:
    assert nearest.truth(given) == f"; did you mean {meant}?"


@pytest.mark.parametrize(("given", "meant"), [(" 30", "30"), ("30s", "30"), ("20.0", "20"), ("1_000", "1000")])
def test_a_number_is_known_with_what_surrounds_it(given: str, meant: str) -> None:
    assert nearest.number(given) == f"; did you mean {meant}?"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("10.1.2.3", "10.1.2.3/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("010.0.0.0/8", "10.0.0.0/8"),
    ],
)
def test_a_cidr_block_is_known_by_its_address(given: str, meant: str) -> None:
    assert nearest.cidr(given) == f"; did you mean {meant}?"


@pytest.mark.parametrize("guess", [nearest.truth, nearest.number, nearest.cidr])
def test_nonsense_is_not_guessed_at(guess: "type[str]") -> None:
    assert guess("banana") == ""

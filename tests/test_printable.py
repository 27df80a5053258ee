"""Text of others steers no terminal."""

from hypothesis import given
from hypothesis import strategies as st

from albc.printable import printable


def test_what_does_not_print_is_escaped_and_the_rest_stays() -> None:
    assert printable("Grüße\n\x1b[31m\u202e") == "Grüße\\n\\x1b[31m\\u202e"


@given(st.text(st.characters()))
def test_whatever_the_text_is_it_is_one_line_that_prints(text: str) -> None:
    assert printable(text).isprintable()


def test_a_text_that_is_too_long_is_cut_after_it_was_escaped() -> None:
    assert printable("\n" * 100, 10) == "\\n\\n\\n\\n\\…"
    assert printable("abc", 3) == "abc"

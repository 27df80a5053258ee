"""Annotation values are read as the reference's library reads them (spec/ingress.md §1)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.mapping.annotations import Annotation, Annotations, Register
from albc.mapping.invalid import Invalid

PREFIX = "p/"


def annotations(**values: str) -> Annotations:
    return Annotations({PREFIX + name: value for name, value in values.items()}, PREFIX)


@pytest.mark.parametrize("text", ["1", "t", "T", "TRUE", "true", "True"])
def test_six_spellings_are_true(text: str) -> None:
    assert annotations(a=text).bool("a") is True


@pytest.mark.parametrize("text", ["0", "f", "F", "FALSE", "false", "False"])
def test_six_spellings_are_false(text: str) -> None:
    assert annotations(a=text).bool("a") is False


@pytest.mark.parametrize("text", ["", "yes", "on", "tRue", " true", "true\n", "2"])
def test_other_truth_values_are_refused_by_name_and_value(text: str) -> None:
    with pytest.raises(Invalid, match=r"p/a: the value .* must be true or false"):
        annotations(a=text).bool("a")


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("-7", -7), ("+7", 7), ("007", 7), ("2147483647", 2**31 - 1)])
def test_a_number_may_have_a_sign_and_leading_zeros(text: str, number: int) -> None:
    assert annotations(a=text).int32("a") == number


@pytest.mark.parametrize("text", ["", " 1", "1_000", "1.0", "0x1", "१", "2147483648", "-2147483649", "9" * 5000])
def test_what_is_no_number_of_32_bits_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="whole number of 32 bits"):
        annotations(a=text).int32("a")


def test_a_number_of_64_bits_may_be_larger() -> None:
    assert annotations(a="2147483648").int64("a") == 2**31


def test_a_list_is_trimmed_and_has_no_empty_pieces() -> None:
    assert annotations(a=" x , ,y,").string_list("a") == ("x", "y")


def test_an_empty_list_is_told_from_an_absent_one() -> None:
    assert annotations(a=",, ,").string_list("a") == ()
    assert annotations().string_list("a") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a=b", {"a": "b"}),
        ("a = b , c=d", {"a": "b", "c": "d"}),
        ("a=", {"a": ""}),
        ("k=Zm9v==", {"k": "Zm9v=="}),
        (r"a=b\,c,d=e", {"a": "b,c", "d": "e"}),
        (r"a=b\\c", {"a": r"b\c"}),
        ("a=b\\", {"a": "b\\"}),
        ("a=b,", {"a": "b,"}),
        ("a=b, ", {"a": "b,"}),
        ("a=1,a=2", {"a": "2"}),
    ],
)
def test_a_map_keeps_what_belongs_to_a_value(text: str, expected: dict[str, str]) -> None:
    assert annotations(a=text).string_map("a") == expected


@pytest.mark.parametrize("text", ["a", "=b", "a=b,c", "a=b,,c=d", ",a=b", "a=b, =c"])
def test_an_item_of_a_map_needs_a_key_and_an_equals_sign(text: str) -> None:
    with pytest.raises(Invalid, match="key=value"):
        annotations(a=text).string_map("a")


@given(st.text())
def test_every_text_is_a_map_or_invalid(text: str) -> None:
    try:
        result = annotations(a=text).string_map("a")
    except Invalid:
        return
    assert result is not None
    assert all(result)


@given(
    st.dictionaries(
        st.text("ab.-", min_size=1), st.text("xy=").filter(lambda value: not value.endswith("=")), min_size=1
    )
)
def test_a_map_without_commas_in_it_is_read_as_written(values: dict[str, str]) -> None:
    text = ",".join(f"{key}={value}" for key, value in values.items())

    assert annotations(a=text).string_map("a") == values


def test_a_document_is_decoded_by_its_decoder() -> None:
    assert annotations(a='{"x": [1]}').json("a", lambda document: document["x"]) == [1]


def test_the_fault_of_a_document_names_the_annotation_and_the_place() -> None:
    with pytest.raises(Invalid, match=r"p/a: the value .* is not valid JSON: .* at character 3"):
        annotations(a="[1").json("a", lambda document: document)


def test_what_a_decoder_refuses_is_a_fault_of_the_annotation() -> None:
    def refuse(_: Any) -> None:
        raise ValueError("must be a cat")

    with pytest.raises(Invalid, match='p/a: the value "1" must be a cat'):
        annotations(a="1").json("a", refuse)


def test_a_long_value_is_shortened_in_a_message() -> None:
    with pytest.raises(Invalid) as caught:
        annotations(a="x" * 10_000).bool("a")

    assert len(caught.value.message) < 250


def test_a_message_stays_on_one_line() -> None:
    with pytest.raises(Invalid) as caught:
        annotations(a="x\ny").bool("a")

    assert "\n" not in caught.value.message


def test_the_stronger_object_replaces_whole_values() -> None:
    service, ingress = annotations(a="k=1", b="2"), annotations(a="l=3", c="4")

    both = service.over(ingress)

    assert [both.string(name) for name in "abc"] == ["k=1", "2", "4"]


def _register(*names: str) -> Register:
    return Register(
        Annotation(name=name, type="string", family="ingress", rule=None, section="ingress.md §1", help="")
        for name in names
    )


def test_a_misspelt_annotation_is_found_with_its_nearest_name() -> None:
    [unknown] = _register("scheme", "subnets").unknown(annotations(schem="internal"))

    assert (unknown.name, unknown.nearest) == ("p/schem", "scheme")


def test_an_annotation_like_no_other_has_no_nearest_name() -> None:
    [unknown] = _register("scheme").unknown(annotations(zzz=""))

    assert unknown.nearest is None


def test_a_name_with_a_free_part_is_known_whatever_stands_there() -> None:
    found = _register("actions.NAME").unknown(Annotations({"p/actions.go": "", "p/actions.": "", "q/x": ""}, PREFIX))

    assert [unknown.name for unknown in found] == ["p/actions."]

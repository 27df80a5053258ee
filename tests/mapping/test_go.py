"""Documents are read as Go's encoding/json fills a struct (spec/ingress.md §1)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.mapping.go import JSONObject, json_maps, json_objects, parse_json


def test_field_names_match_whatever_their_case() -> None:
    assert JSONObject(parse_json('{"TargetGroupArn": "x"}')).string("targetGroupARN") == "x"


def test_of_several_spellings_the_last_one_counts() -> None:
    assert JSONObject(parse_json('{"a": "1", "A": "2", "a": "3"}')).string("a") == "3"


def test_null_is_as_if_the_field_were_absent() -> None:
    fields = JSONObject({"a": None})

    assert fields.string("a") is None
    assert fields.objects("a") is None
    assert fields.strings("a") == ()


@pytest.mark.parametrize("text", ["", "{", "1 2", "NaN", "[1,]", "'x'", "\x00", "[" * 100_000, "1" * 10_000])
def test_what_is_no_single_document_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not valid JSON|is nested too deeply"):
        parse_json(text)


def test_a_number_is_no_text_and_the_message_says_how_to_write_it() -> None:
    with pytest.raises(ValueError, match=r'text in quotes at a, not a number \(write "503"\)'):
        JSONObject({"a": 503}).string("a")


@pytest.mark.parametrize("value", [20.0, True, "20", [], {}])
def test_only_an_integer_literal_is_a_number(value: object) -> None:
    with pytest.raises(ValueError, match="whole number at a"):
        JSONObject({"a": value}).int32("a")


def test_a_number_beyond_32_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bits"):
        JSONObject({"a": 2**31}).int32("a")


def test_the_path_of_a_fault_leads_through_lists() -> None:
    outer = JSONObject({"groups": [{}, {"weight": "x"}]})

    with pytest.raises(ValueError, match=r"at groups\[1\].weight"):
        [group.int32("weight") for group in outer.objects("groups") or ()]


def test_keys_of_a_plain_map_keep_their_case() -> None:
    assert JSONObject({"a": {"Prompt": "x"}}).string_map("a") == {"Prompt": "x"}
    assert list(json_maps([{"HTTP": 80}, None])) == [{"HTTP": 80}, {}]


def test_half_a_surrogate_pair_becomes_a_character_that_can_be_written() -> None:
    text = JSONObject(parse_json(r'{"a": "x\ud800"}')).string("a")

    assert text is not None
    assert text.encode() == "x\ufffd".encode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_reading_any_document_gives_values_or_a_value_error(document: object) -> None:
    try:
        for fields in json_objects(parse_json(json.dumps(document))):
            fields.string("a")
            fields.int_or_string("b")
            fields.strings("c")
            fields.string_map("d")
            fields.object("e")
    except ValueError:
        pass

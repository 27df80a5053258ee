"""Selectors as text and as objects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.local.kubernetes.selectors import LabelSelector, Requirement, from_object, parse_fields, parse_labels

WORDS = st.from_regex(r"[a-z]{1,4}", fullmatch=True)
LABELS = st.dictionaries(WORDS, WORDS, max_size=4)
REQUIREMENTS = st.one_of(
    st.builds(Requirement, WORDS, st.sampled_from(["Exists", "DoesNotExist"])),
    st.builds(Requirement, WORDS, st.sampled_from(["In", "NotIn"]), st.lists(WORDS, min_size=1, max_size=3).map(tuple)),
)
SELECTORS = st.lists(REQUIREMENTS, max_size=4).map(lambda items: LabelSelector(tuple(items)))


@given(SELECTORS, LABELS)
def test_a_selector_means_the_same_as_its_text(selector: LabelSelector, labels: dict[str, str]) -> None:
    assert parse_labels(str(selector)).matches(labels) == selector.matches(labels)


@given(LABELS)
def test_labels_fit_the_selector_that_names_them(labels: dict[str, str]) -> None:
    assert from_object({"matchLabels": labels}).matches(labels)


@given(LABELS)
def test_no_selector_fits_everything(labels: dict[str, str]) -> None:
    assert from_object(None).matches(labels)
    assert parse_labels("").matches(labels)


@pytest.mark.parametrize("text", ["a in (b", "a=b=c", "=b", "a in b", "(a)", "a!b"])
def test_text_that_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="unable to parse requirement"):
        parse_labels(text)


def test_numbers_are_compared_as_numbers() -> None:
    assert parse_labels("cpus>9").matches({"cpus": "10"})
    assert not parse_labels("cpus<9").matches({"cpus": "many"})


def test_a_field_that_is_not_offered_is_refused() -> None:
    with pytest.raises(ValueError, match=r"field label not supported: spec\.x"):
        parse_fields("spec.x=1", frozenset({"spec.y"}))


def test_the_one_possible_name_is_known() -> None:
    assert parse_fields("metadata.name=a,spec.y!=b", frozenset({"spec.y"})).name() == "a"
    assert parse_fields("metadata.name!=a", frozenset()).name() == ""

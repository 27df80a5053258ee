"""docs/annotations.md says what the annotations are."""

import re
from pathlib import Path

import pytest

from albc.mapping.annotations import Annotation
from albc.mapping.ingress.annotations import REGISTER as INGRESS
from albc.mapping.reference import annotations_markdown
from albc.mapping.service.annotations import REGISTER as NETWORK
from albc.mapping.service.classic.annotations import REGISTER as CLASSIC

PAGE = Path(__file__).parents[2] / "docs" / "annotations.md"
ROWS = (*INGRESS.rows, *NETWORK.rows, *CLASSIC.rows)


def test_the_page_is_what_the_registers_print() -> None:
    assert PAGE.read_text(encoding="utf-8") == annotations_markdown(), "run: make references"


def test_every_annotation_stands_in_it_in_the_registers_order() -> None:
    listed = re.findall(r"^\| `([^`]+)` \|", annotations_markdown(), re.MULTILINE)
    assert listed == [row.name for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.section} {row.name}")
def test_each_is_explained_in_whole_sentences(row: Annotation) -> None:
    assert row.help.endswith((".", ".`"))
    assert row.help.count("`") % 2 == 0
    assert not {"\n", "|"} & set(row.help)


@pytest.mark.parametrize("flag", sorted({flag for row in ROWS for flag in re.findall(r"`--([a-z-]+)`", row.help)}))
def test_flags_that_are_named_exist(flag: str) -> None:
    flags = (PAGE.parent / "flags.md").read_text(encoding="utf-8")
    assert f"| `--{flag}` |" in flags

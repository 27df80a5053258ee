"""docs/flags.md says what the flags are."""

import re
from dataclasses import fields
from pathlib import Path

from albc.settings import Settings
from albc.settings.reference import flags_markdown

PAGE = Path(__file__).parents[2] / "docs" / "flags.md"


def test_the_page_is_what_the_flags_print() -> None:
    assert PAGE.read_text(encoding="utf-8") == flags_markdown(), "run: make references"


def test_every_flag_stands_in_it_once() -> None:
    listed = re.findall(r"^\| `--([a-z0-9-]+)`", flags_markdown(), re.MULTILINE)
    assert sorted(listed) == sorted(field.name.replace("_", "-") for field in fields(Settings))


def test_defaults_read_as_one_writes_them() -> None:
    page = flags_markdown()
    assert "| `--sync-period` | `10h0m0s` |" in page
    assert "| `--enable-waf` | true |" in page
    assert "| `--default-tags` | none |" in page

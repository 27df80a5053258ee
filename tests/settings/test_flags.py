"""docs/flags.md says what the flags are, and they are the reference's."""

import csv
import re
from dataclasses import fields
from pathlib import Path

import pytest

from albc.aws.throttle import DEFAULT_LIMITS
from albc.settings import GATES, Settings
from albc.settings.reference import flags_markdown
from albc.settings.values import boolean, duration

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "flags.md"


def table(name: str) -> list[list[str]]:
    """The lines of a recorded table, without its head (spec/runtime.md §2 and §4)."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t"))[1:]


def described(kind: str, text: str) -> object:
    """The default of a flag of the reference as ours has it."""
    match kind, text:
        case "bool", _:
            return boolean(text)
        case "int", _:
            return int(text)
        case "duration", _:
            return duration(text)
        case "throttle list", _:
            return DEFAULT_LIMITS
        case (("map" | "list" | "map of bool"), _):
            return ()
        case _, '""':
            return ""
        case _:
            return text


@pytest.mark.parametrize(("flag", "kind", "default"), table("reference_flags.tsv"))
def test_a_flag_of_the_reference_has_its_default(flag: str, kind: str, default: str) -> None:
    assert getattr(Settings(), flag.replace("-", "_")) == described(kind, default)


@pytest.mark.parametrize("flag", [flag for flag, _, _ in table("reference_flags.tsv")])
def test_a_flag_of_the_reference_is_documented(flag: str) -> None:
    assert f"| `--{flag}` |" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("gate", "default"), table("reference_gates.tsv"))
def test_a_gate_of_the_reference_has_its_default_and_is_documented(gate: str, default: str) -> None:
    assert GATES[gate].default is boolean(default)
    assert f"| `{gate}` | {default} |" in PAGE.read_text(encoding="utf-8")


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

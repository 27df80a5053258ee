"""What the documents quote and name exists: messages, reasons, flags, pages."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pages
import pytest
import yaml

OWN = sorted(
    [*(pages.DOCS / "guides").glob("*.md"), *(pages.DOCS / f"{n}.md" for n in ("index", "how-it-works", "security"))]
)
TROUBLE = pages.DOCS / "troubleshooting.md"
GUIDES_AND_TROUBLE = [*OWN, TROUBLE]


@cache
def texts() -> str:
    """Every string of the code, one a line; parts that differ from run to run are `…`."""
    return "\n".join(text for file in (pages.ROOT / "albc").rglob("*.py") for text in _strings(file))


def _strings(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=parts):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
            case _:
                pass


def first_column(page: Path, head: str) -> list[str]:
    """The code spans in the first cells of the table below `head`."""
    rows = page.read_text(encoding="utf-8").split(f"| {head} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [span for row in rows for span in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


@pytest.mark.parametrize("reason", first_column(TROUBLE, "Reason of an event"))
def test_a_reason_that_is_explained_is_given(reason: str) -> None:
    assert reason in texts().splitlines()


@pytest.mark.parametrize("message", [text for text in first_column(TROUBLE, "Text") if not text.startswith("(")])
def test_a_message_that_is_explained_is_said(message: str) -> None:
    assert message in texts()


@pytest.mark.parametrize("page", GUIDES_AND_TROUBLE, ids=pages.name)
def test_flags_that_are_named_exist(page: Path) -> None:
    known = set(re.findall(r"`(--[a-z0-9-]+)`", (pages.DOCS / "flags.md").read_text(encoding="utf-8")))
    assert set(re.findall(r"`(--[a-z0-9-]+)[=`]", page.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("page", GUIDES_AND_TROUBLE, ids=pages.name)
def test_files_of_the_repository_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`((?:deploy|examples|requirements)/[\w./-]+)`", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (pages.ROOT / path).exists()] == []


def test_every_page_stands_in_the_navigation_once() -> None:
    site = yaml.safe_load((pages.ROOT / "mkdocs.yml").read_text(encoding="utf-8"))

    def listed(entry: object) -> Iterator[str]:
        match entry:
            case str(path):
                yield path
            case dict() as group:
                for inner in group.values():
                    yield from listed(inner)
            case list() as entries:
                for inner in entries:
                    yield from listed(inner)

    there = sorted(page.relative_to(pages.DOCS).as_posix() for page in pages.DOCS.rglob("*.md"))
    assert sorted(listed(site["nav"])) == there

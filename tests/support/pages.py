"""The documents for users, taken apart: fenced blocks, tables, headings, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_CODE_SPAN = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def documents(self) -> list[Any]:
        """Of a YAML block."""
        return [document for document in yaml.safe_load_all(self.text) if document is not None]

    @property
    def is_manifest(self) -> bool:
        return self.language == "yaml" and all(
            isinstance(document, dict) and "apiVersion" in document and "kind" in document
            for document in self.documents
        )

    def __str__(self) -> str:
        return f"{name(self.page)}:{self.line}"


@dataclass(frozen=True)
class Mistake:
    """A row of a guide's table "When it is wrong": a change to the page's manifests, and what albc says to it."""

    page: Path
    right: str
    wrong: str
    says: str

    def __str__(self) -> str:
        return f"{name(self.page)}: {self.wrong}"


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def pages() -> tuple[Path, ...]:
    """Whatever a user may read."""
    return tuple(sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")]))


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        indent, language, body = found.groups()
        lines = [line.removeprefix(indent) for line in body.splitlines(keepends=True)]
        yield Block(page, text[: found.start()].count("\n") + 1, language, "".join(lines))


def manifests(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.is_manifest]


def mistakes(page: Path) -> Iterator[Mistake]:
    """The rows under a head `| In place of | Written | … |`."""
    rows = iter(page.read_text(encoding="utf-8").splitlines())
    for row in rows:
        if row.startswith("| In place of | Written |"):
            next(rows)
            for cells in rows:
                if not cells.startswith("|"):
                    break
                right, wrong, says = (cell.strip().strip("`") for cell in cells.strip("| ").split(" | "))
                yield Mistake(page, right, wrong, says)


def anchors(page: Path) -> set[str]:
    """Of a page's headings, as MkDocs and GitHub make them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    plain = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in _HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain}


def links(page: Path) -> Iterator[str]:
    """What a page links to, without those in code."""
    text = _CODE_SPAN.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))
    yield from _LINK.findall(text)

"""Commands of the documents exist: what is typed after `albc` and `make`, and the files that are named."""

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pages
import pytest
from cyclopts.exceptions import MissingArgumentError

from albc.cli import app

SPAN = re.compile(r"`([^`\n]+)`")
IN_A_BLOCK = re.compile(r"^(?:    \$ |\$ )?(?=albc |make )")
FORM = re.compile(r"[…\[]|\bCOMMAND\b")
"""No command, but how one looks: `albc local fault …`."""
AFTERWARDS = re.compile(r"(?: [|>#]|;|,| \\$|  ).*")
"""Pipes, comments, and what else the shell does with a line."""
PATH = re.compile(r"(?<![\w./{-])(?:albc|benchmarks|deploy|docs|examples|requirements|tests)/[\w./-]*\w")
STANDS_FOR_ANOTHER = re.compile(r"[A-Z]{3,}|\bx/")
TARGET = re.compile(r"^make ([a-z-]+)")


def typed(page: Path) -> Iterator[str]:
    text = page.read_text(encoding="utf-8")
    yield from SPAN.findall(text)
    blocks = "\n".join(block.text for block in pages.blocks(page))
    indented = "\n".join(line for line in text.splitlines() if line.startswith("    "))
    for line in f"{blocks}\n{indented}".splitlines():
        yield IN_A_BLOCK.sub("", line)


TYPED = [(pages.name(page), line) for page in pages.pages() for line in typed(page)]
COMMANDS = sorted(
    {(page, AFTERWARDS.sub("", line)) for page, line in TYPED if line.startswith("albc ") and not FORM.search(line)}
)
NAMED = sorted(
    {(page, path) for page, line in TYPED for path in PATH.findall(line) if not STANDS_FOR_ANOTHER.search(path)}
)
TARGETS = sorted({(page, target) for page, line in TYPED for target in TARGET.findall(line)})


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=str)
def test_the_parser_takes_a_command(page: str, command: str) -> None:
    with suppress(MissingArgumentError):  # a sentence may name a command without all that belongs to it
        app.parse_args(shlex.split(command)[1:], exit_on_error=False, print_error=False)


@pytest.mark.parametrize(("page", "path"), NAMED, ids=str)
def test_a_file_that_is_named_is_there(page: str, path: str) -> None:
    folders = (pages.ROOT, pages.ROOT / "albc", (pages.ROOT / page).parent)
    assert any((folder / path).exists() for folder in folders)


@pytest.mark.parametrize(("page", "target"), TARGETS, ids=str)
def test_make_has_the_target(page: str, target: str) -> None:
    assert re.search(rf"^{target}:", (pages.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE), page

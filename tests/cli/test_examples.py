"""What `--help` shows to copy can be copied."""

import shlex
from pathlib import Path

import pytest

from albc.cli import app
from albc.cli.examples import LINES

EACH = [
    pytest.param(command, part.strip(), id=part.strip())
    for command, lines in LINES.items()
    for _, line in lines
    for part in line.split(";")
]


@pytest.mark.parametrize(("command", "line"), EACH)
def test_the_parser_takes_every_line(command: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "albc.yaml").write_text("cluster-name: prod\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    program, *arguments = shlex.split(line)
    assert program == "albc"
    assert arguments[: len(command.split())] == command.split()
    app.parse_args(arguments, exit_on_error=False, print_error=False)  # raises for what it does not know


@pytest.mark.parametrize("command", LINES)
def test_help_ends_with_the_lines_unbroken(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    app([*command.split(), "--help"], result_action="return_value", exit_on_error=False)
    shown = capsys.readouterr().out
    for what, line in LINES[command]:
        assert f"# {what}" in shown
        assert line in shown

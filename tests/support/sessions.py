"""Sessions of the docs as data: what is typed there, and what is said to come of it."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_DOCS = Path(__file__).parents[2] / "docs"
_END_OF_ANSWER = "--- end of answer ---"


@dataclass(frozen=True)
class Step:
    """A command, and what the docs say it answers."""

    command: str
    answer: str

    def says(self, text: str) -> bool:
        """Whether the docs say this: lines may be broken otherwise there, and `…` stands for anything in a word."""
        pattern = " ".join(re.escape(word).replace("…", r"\S*") for word in words(self.answer))
        return re.fullmatch(pattern, " ".join(words(text))) is not None


def words(text: str) -> list[str]:
    return text.split()


def documented_session(page: str, heading: str) -> list[Step]:
    """Every `$ command` below a heading of a page of the docs."""
    section = (_DOCS / page).read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    steps = []
    for part in re.split(r"^    \$ ", section, flags=re.MULTILINE)[1:]:
        lines = [line[4:] for line in part.splitlines()[1:] if line.startswith("    ") or not line]
        text = [part.splitlines()[0]]
        while text[-1].endswith("\\"):
            text.append(lines.pop(0))
        steps.append(Step("\n".join(text), "\n".join(lines)))
    return steps


def answers_of(steps: Sequence[Step], environment: Mapping[str, str], folder: Path) -> list[str]:
    """What a shell that runs the steps prints after each, errors included."""
    script = "".join(f"{step.command}\necho '{_END_OF_ANSWER}'\n" for step in steps)
    run = subprocess.run(
        ["bash"],
        env=environment,
        input=f"exec 2>&1\n{script}",
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.split(f"{_END_OF_ANSWER}\n")[:-1]

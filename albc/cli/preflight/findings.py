"""What a preflight finds, as values, and how people and machines read it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from albc.cli.plan.words import Palette
from albc.printable import printable


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """albc would run; somebody will stumble here."""
    TROUBLE = "trouble"
    """albc would not do what is expected of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    area: str
    level: Level
    text: str
    remedy: str = ""


_MARKS = {Level.OK: ("✓", "green"), Level.WARNING: ("!", "yellow"), Level.TROUBLE: ("✗", "red")}


def worst(findings: Iterable[Finding]) -> Level:
    order = list(Level)
    return max((finding.level for finding in findings), key=order.index, default=Level.OK)


def table(findings: Iterable[Finding], palette: Palette) -> Iterator[str]:
    """By area, in the order in which they come."""
    area = None
    for finding in findings:
        if finding.area != area:
            area = finding.area
            yield printable(area)
        mark, colour = _MARKS[finding.level]
        yield f"  {palette.paint(mark, colour)} {printable(finding.text)}"
        if finding.remedy:
            yield f"      → {printable(finding.remedy)}"


def document(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [asdict(finding) for finding in findings]

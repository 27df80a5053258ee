"""Findings, for people and for machines."""

from albc.cli.plan.words import Palette
from albc.cli.preflight.findings import Finding, Level, document, table, worst

FINDINGS = [
    Finding("A", Level.OK, "fine"),
    Finding("A", Level.WARNING, "odd\x1b[31m", "do this"),
    Finding("B", Level.TROUBLE, "bad"),
]


def test_the_table_goes_by_area_and_is_harmless_for_a_terminal() -> None:
    assert list(table(FINDINGS, Palette(colours=False))) == [
        "A",
        "  ✓ fine",
        "  ! odd\\x1b[31m",
        "      → do this",
        "B",
        "  ✗ bad",
    ]


def test_machines_get_every_field() -> None:
    assert document(FINDINGS[:1]) == [{"area": "A", "level": "ok", "text": "fine", "remedy": ""}]


def test_the_worst_counts() -> None:
    assert worst(FINDINGS) is Level.TROUBLE
    assert worst(FINDINGS[:2]) is Level.WARNING
    assert worst([]) is Level.OK

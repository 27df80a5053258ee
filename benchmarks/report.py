"""What benchmarks share: tables, results as JSON, and the machine that they were taken on."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
"""One line of a table: numbers and names by column."""


def show(title: str, rows: Sequence[Row]) -> None:
    """Prints a table; columns are those of the first row."""
    columns = list(rows[0])
    cells = [columns, *([_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[position]) for line in cells) for position in range(len(columns))]
    print(f"\n{title}")
    for line in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def save(file: Path | None, results: Mapping[str, Any]) -> None:
    """Writes the results, with what they depend on, if a file was asked for."""
    if file is not None:
        content = {"machine": machine(), **results}
        file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }


def _cell(value: Any) -> str:
    match value:
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}"
        case None:
            return "-"
        case _:
            return str(value)

"""The conformance table of docs/gateway-api.md, made of the tests' markers and of `skipped`.

python -m tests.gateway_conformance.table        writes it into the page
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.gateway_conformance.skipped import SKIPPED

PAGE = Path(__file__).parents[2] / "docs" / "gateway-api.md"
BEGIN, END = "<!-- conformance table -->\n", "<!-- end of table -->\n"


class Scenario(NamedTuple):
    profile: str
    level: str
    name: str


def scenarios() -> Iterator[Scenario]:
    """Of every test that is marked with one or more."""
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.conformance":
                given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
                yield Scenario(given["profile"], given["level"], ast.literal_eval(node.args[0]))


def table() -> str:
    lines = ["| Scenario | Profile | Level | |", "|---|---|---|---|"]
    lines += [f"| {each.name} | {each.profile} | {each.level} | passed |" for each in sorted(scenarios())]
    lines += [f"| {name} | | | skipped: {reason} |" for name, reason in sorted(SKIPPED.items())]
    return "\n".join(lines) + "\n"


def with_table(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

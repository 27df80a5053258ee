"""Records the terminal picture of docs/plan.md: `albc plan` on examples/ingress, as an SVG beside the page.

    python docs/record_plan.py

A test holds the picture to what the command says now.
"""

import io
import json
from pathlib import Path

from rich.console import Console
from rich.text import Text

from albc.cli.plan.offline import look_at_files
from albc.cli.plan.tree import tree
from albc.cli.plan.words import Palette
from albc.settings import Settings

ROOT = Path(__file__).parents[1]
FACTS = ROOT / "tests" / "golden" / "facts.json"
PICTURE = ROOT / "docs" / "plan.svg"
COMMAND = "$ albc plan -f examples/ingress --facts facts.json --cluster-name prod"


def picture() -> str:
    """The SVG."""
    vpc_id = json.loads(FACTS.read_text(encoding="utf-8"))["vpc"]
    settings = Settings(cluster_name="prod", aws_region="us-west-2", aws_vpc_id=vpc_id)
    outlook = look_at_files([str(ROOT / "examples" / "ingress")], str(FACTS), settings)
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    console.print(Text(COMMAND))
    for line in tree(outlook, Palette(colours=True)):
        console.print(Text.from_ansi(line))
    return console.export_svg(title="albc plan", unique_id="plan")


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")

"""What stands under every plan for people: problems, notes, and how much would change."""

from collections.abc import Iterator

from albc.cli.plan.outlook import Outlook
from albc.cli.plan.words import Palette
from albc.deploy.plan import Verb
from albc.printable import printable


def summary(outlook: Outlook, palette: Palette) -> Iterator[str]:
    if outlook.problems:
        yield palette.paint("Problems", "bold")
    for problem in outlook.problems:
        sign = palette.paint("error  ", "red") if problem.severity == "error" else palette.paint("warning", "yellow")
        said = f"{problem.object}: {problem.reason}: {problem.message}"
        yield f"  {sign} {printable(said)}"
    if outlook.problems:
        yield ""
    for note in outlook.notes:
        yield palette.paint(printable(f"Note: {note}."), "dim")
    for one in outlook.planned:
        for note in one.plan.notes:
            yield palette.paint(printable(f"Note: {one.name}: {note}."), "dim")
        for left in one.plan.unmanaged:
            values = ", ".join(f"{key}={value}" for key, value in left.attributes.items())
            said = f"Unmanaged: {left.resource} of {one.name} has {values}, of which nothing is said; it stays."
            yield palette.paint(printable(said), "dim")
    counts = (
        f"{outlook.count(Verb.CREATE)} to create",
        f"{outlook.count(Verb.MODIFY)} to change",
        f"{outlook.count(Verb.REPLACE)} to replace",
        f"{outlook.count(Verb.DELETE)} to delete",
    )
    blocked = outlook.count(Verb.BLOCKED)
    said = ", ".join(counts) + (f", {blocked} blocked" if blocked else "")
    if not outlook.has_changes:
        said = "no changes"
    yield palette.paint(f"Plan: {said}.", "bold")

"""`albc plan`: what the controller would do, and nothing done.

`offline` and `live` find out what is wanted and what there is, with the controller's own mapping and planning; the
result is an `outlook`, which `tree`, `diff` and `document` show.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence

from albc.cli.plan.outlook import Outlook
from albc.cli.plan.words import Palette
from albc.cli.usage import UsageError
from albc.settings import Settings, check

OUTPUTS = ("tree", "diff", "json", "stack-json")


def show_plan(files: Sequence[str], facts: str, output: str, settings: Settings, *, detailed_exitcode: bool) -> int:
    """Prints the plan. Returns 0, or with `detailed_exitcode` 1 for problems, else 2 for changes.

    Raises `UsageError` for what the caller can mend: files, flags, credentials.
    """
    if output not in OUTPUTS:
        raise UsageError(f"--output {output} is unknown; it must be one of {', '.join(OUTPUTS)}")
    try:
        check(settings)
    except ValueError as error:
        raise UsageError(str(error)) from None
    outlook = _outlook(files, facts, settings)
    try:
        for line in _shown(outlook, output):
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has seen enough; what is still in the buffer goes nowhere when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not detailed_exitcode:
        return 0
    if outlook.has_errors:
        return 1
    return 2 if outlook.has_changes else 0


def _outlook(files: Sequence[str], facts: str, settings: Settings) -> Outlook:
    if files and facts:
        from albc.cli.plan.offline import look_at_files

        return look_at_files(files, facts, settings)
    import anyio

    from albc.cli.plan.live import look_live

    # What goes wrong is one sentence; libraries would show their tracebacks beside it.
    logging.getLogger().addHandler(logging.NullHandler())
    return anyio.run(look_live, files, facts, settings)


def _shown(outlook: Outlook, output: str) -> Iterator[str]:
    from albc.cli.plan.diff import diff
    from albc.cli.plan.document import plan_document, stack_document
    from albc.cli.plan.tree import tree

    palette = Palette(sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
    match output:
        case "json":
            yield json.dumps(plan_document(outlook), ensure_ascii=False, indent=2)
        case "stack-json":
            yield json.dumps(stack_document(outlook), ensure_ascii=False)
        case "diff":
            yield from diff(outlook, palette)
        case _:
            yield from tree(outlook, palette)
